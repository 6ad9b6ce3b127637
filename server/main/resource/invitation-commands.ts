/** `sallyport resource invite`, `invitations` and `uninvite`: applications that register themselves (docs/openid-connect.md). */
import { type InvitationState, invitationLimits, Openness } from '@sallyport/contract/resources.ts';
import type { Command } from 'commander';
import { DAY } from '../../kernel/clock.ts';
import { parseDuration } from '../../kernel/setting.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { ShownInvitation } from '../desks/invitations-desk.ts';
import { personAt } from '../person-problems.ts';
import { tellRefused } from '../remote/refused.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Problem } from '../terminal/output.ts';
import { gather, groupProblem, limitTyped, misused } from '../terminal/typed.ts';
import { refusedResource } from './resource-words.ts';

interface InviteOptions {
  readonly owner: string;
  readonly uses: string;
  readonly lifetime: string;
  readonly open: string;
  readonly member?: readonly string[];
}

const MOST_USES = invitationLimits.uses;
const LONGEST = `${invitationLimits.days} days`;

export function registerInvitations(group: Command, context: CommandContext): void {
  examples(
    group
      .command('invite')
      .description('Make a token with which applications register themselves (RFC 7591).')
      .requiredOption('--owner <person>', 'Who answers for what registers by it.')
      .option('--uses <number>', `How many can register by it, ${MOST_USES} at most.`, '1')
      .option('--lifetime <time>', `How long it is good, ${LONGEST} at most.`, '24h')
      .option('--open <to>', 'Who may enter them: everyone, or listed.', 'listed')
      .option('--member <group>', 'A group whose people are listed, as often as needed.', gather)
      .action(act(context, (options: InviteOptions) => invite(context, options))),
    [
      {
        run: './sallyport resource invite --owner ada --member developers',
        says: 'One application, within a day; the developers may sign in to it.',
      },
      {
        run: './sallyport resource invite --owner ada --uses 20 --lifetime 7d --open everyone',
        says: 'For a tool that registers on each computer. The token is shown once.',
      },
    ],
  );
  examples(
    group
      .command('invitations')
      .description('Show the invitations of the last weeks, and what is left of them.')
      .option('--limit <number>', 'How many at the most, the newest first.', '100')
      .action(act(context, (options: { limit: string }) => invitations(context, options.limit))),
    [{ run: './sallyport resource invitations', says: 'Which are good, and who answers.' }],
  );
  examples(
    group
      .command('uninvite')
      .description('Withdraw an invitation. What registered by it stays.')
      .argument('<invitation>', 'Its id, or the end of it.')
      .action(act(context, (typed: string) => uninvite(context, typed))),
    [{ run: './sallyport resource uninvite 4f2a91', says: 'Its token was sent to a whole list.' }],
  );
}

async function typedWrong({
  uses,
  lifetime,
  open,
  member = [],
}: InviteOptions): Promise<Problem | undefined> {
  const times = Number(uses);
  const lasts = parseDuration(lifetime);
  if (!/^\d+$/.test(uses) || times < 1 || times > MOST_USES) {
    return { what: `--uses is a number from 1 to ${MOST_USES}, and not “${uses}”.` };
  }
  if (lasts === undefined || lasts <= 0 || lasts > invitationLimits.days * DAY) {
    return {
      what: `--lifetime is a time up to ${LONGEST}, and not “${lifetime}”.`,
      mend: 'Write --lifetime 12h, or 7d.',
    };
  }
  if (!Openness.safeParse(open).success) {
    return { what: `--open is everyone or listed, and not “${open}”.` };
  }
  return groupProblem(member);
}

async function invite(context: CommandContext, options: InviteOptions): Promise<ExitCode> {
  const output = context.output();
  const wrong = await typedWrong(options);
  if (wrong !== undefined) return misused(output, wrong);
  return withDesk(context, async ({ people, invitations: desk }) => {
    const owner = await personAt(people, options.owner, output);
    const open = Openness.parse(options.open);
    const members = options.member ?? [];
    const uses = Number(options.uses);
    const lifetime = parseDuration(options.lifetime) ?? 0; // Looked at above.
    const invited = await desk.invite({ owner: owner.id, uses, lifetime, open, members });
    if (!invited.ok) return refusedResource(output, invited.error);
    const { id, token, expiresAt, endpoint } = invited.value;
    output.answer({
      says: `${countWords(uses, 'application')} can register by this token until ${momentWords(Date.parse(expiresAt))}. ${whoEnters(open, members)}; each is asked for their consent. It is shown now and never again.\n\n  ${token}`,
      next:
        endpoint === null
          ? 'It is of no use yet: set oidc.registration to true and start the server again.'
          : `It goes as a bearer token to ${endpoint}. ./sallyport resource uninvite ${id} makes it worthless.`,
      data: { id, token, endpoint, owner: owner.id, uses, open, members, expiresAt },
    });
    return EXIT.ok;
  });
}

function whoEnters(open: Openness, members: readonly string[]): string {
  if (open === 'everyone') return 'Everyone may sign in to what registers';
  return members.length === 0
    ? 'Nobody may sign in to what registers until somebody is listed'
    : `People of ${members.join(', ')} may sign in to what registers`;
}

function invitations(context: CommandContext, typed: string): Promise<ExitCode> {
  const output = context.output();
  const limit = limitTyped(typed);
  if (!limit.ok) return Promise.resolve(misused(output, limit.error));
  return withDesk(context, async ({ invitations: desk }) => {
    const page = await desk.list({ limit: limit.value });
    if (!page.ok) return tellRefused(output, page.error);
    const { items, next } = page.value;
    output.answer({
      says:
        items.length > 0
          ? `${countWords(items.length, 'invitation')}.`
          : 'No application is invited. ./sallyport resource invite --owner PERSON invites one.',
      table: {
        head: ['invitation', 'state', 'used', 'good until', 'owner', 'open to'],
        rows: items.map(rowOf),
      },
      ...(next === null ? {} : { next: 'There are more: --limit 1000' }),
      data: { invitations: items },
    });
    return EXIT.ok;
  });
}

function uninvite(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ invitations: desk }) => {
    const output = context.output();
    const page = await desk.list({ limit: 1000 });
    if (!page.ok) return tellRefused(output, page.error);
    const meant = page.value.items.filter(
      ({ id, state }) => typed !== '' && id.endsWith(typed) && !OVER.includes(state),
    );
    if (meant.length > 1) {
      return misused(output, {
        what: `“${typed}” is the end of several ids.`,
        mend: './sallyport resource invitations shows them in full.',
      });
    }
    const [one] = meant;
    const done = one && (await desk.withdraw(one.id));
    if (done?.ok === false && done.error.code !== 'not-found') {
      return tellRefused(output, done.error);
    }
    if (one === undefined || !done?.ok) {
      output.problem({
        what: `There is no invitation “${typed}”, or it is over already.`,
        mend: './sallyport resource invitations shows those that are good.',
      });
      return EXIT.notFound;
    }
    output.answer({
      says: 'The invitation is worthless now. What registered by it stays.',
      ...(one.used === 0
        ? {}
        : { next: './sallyport resource list --kind application shows what registered itself.' }),
      data: { id: one.id },
    });
    return EXIT.ok;
  });
}

const OVER: readonly InvitationState[] = ['expired', 'withdrawn'];

const STATES: Readonly<Record<InvitationState, Cell>> = {
  good: ['granted', 'good'],
  used: ['challenged', 'used up'],
  expired: ['unknown', 'over'],
  withdrawn: ['refused', 'withdrawn'],
  orphaned: ['refused', 'nobody answers'],
};

function rowOf(invitation: ShownInvitation): Cell[] {
  const { id, state, used, uses, expiresAt, owner, ownerName, open, members } = invitation;
  const enters = open === 'everyone' ? open : members.join(', ') || 'no people';
  const until = momentWords(Date.parse(expiresAt));
  return [id, STATES[state], `${used} of ${uses}`, until, ownerName ?? owner, enters];
}
