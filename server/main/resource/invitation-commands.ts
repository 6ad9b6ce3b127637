/** `sallyport resource invite`, `invitations` and `uninvite`: applications that register themselves (docs/openid-connect.md). */
import { type InvitationState, invitationLimits, Openness } from '@sallyport/contract/resources.ts';
import type { Command } from 'commander';
import { DAY } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { NewInvitation, ShownInvitation } from '../desks/invitations-desk.ts';
import { personAt } from '../person/person-words.ts';
import { tellBy, tellRefused } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Problem } from '../terminal/output.ts';
import {
  byEndOfId,
  durationTyped,
  gather,
  groupProblem,
  limitTyped,
  misused,
  usesTyped,
} from '../terminal/typed.ts';
import { refusedResource } from './resource-words.ts';

interface InviteOptions {
  readonly owner: string;
  readonly uses: string;
  readonly lifetime: string;
  readonly open: string;
  readonly member?: readonly string[];
}

interface ListOptions {
  readonly after?: string;
  readonly limit: string;
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
      .option('--after <id>', 'Go on behind this invitation.')
      .option('--limit <number>', 'How many at the most, the newest first.', '100')
      .action(act(context, (options: ListOptions) => invitations(context, options))),
    [{ run: './sallyport resource invitations', says: 'Which are good, and who answers.' }],
  );
  examples(
    group
      .command('uninvite')
      .description('Withdraw an invitation. What registered by it stays.')
      .argument('<invitation>', 'Its id, or the last six characters of it or more.')
      .action(act(context, (typed: string) => uninvite(context, typed))),
    [{ run: './sallyport resource uninvite 4f2a91', says: 'Its token was sent to a whole list.' }],
  );
}

/** What was typed, as the desk takes it; whoever is to answer is not looked up yet. */
async function termsTyped(
  options: InviteOptions,
): Promise<Result<Omit<NewInvitation, 'owner'>, Problem>> {
  const { open: typed, member: members = [] } = options;
  const uses = usesTyped(options.uses, MOST_USES);
  if (!uses.ok) return uses;
  const lifetime = durationTyped('--lifetime', options.lifetime, {
    most: invitationLimits.days * DAY,
  });
  if (!lifetime.ok) return lifetime;
  const open = Openness.safeParse(typed);
  if (!open.success) return failed({ what: `--open is everyone or listed, and not “${typed}”.` });
  const wrong = await groupProblem(members);
  if (wrong !== undefined) return failed(wrong);
  return ok({ uses: uses.value, lifetime: lifetime.value, open: open.data, members });
}

async function invite(context: CommandContext, options: InviteOptions): Promise<ExitCode> {
  const output = context.output();
  const terms = await termsTyped(options);
  if (!terms.ok) return misused(output, terms.error);
  return withDesk(context, async ({ people, invitations: desk }) => {
    const { uses, open, members } = terms.value;
    const owner = await personAt(people, options.owner, output);
    const invited = await desk.invite({ ...terms.value, owner: owner.id });
    if (!invited.ok) return refusedResource(output, invited.error);
    const { id, token, expiresAt, endpoint } = invited.value;
    output.answer({
      says: `${countWords(uses, 'application')} can register by this token until ${momentOf(expiresAt)}. ${whoEnters(open, members)}; each is asked for their consent. It is shown now and never again.\n\n  ${token}`,
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

function invitations(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const output = context.output();
  const { after } = options;
  const limit = limitTyped(options.limit);
  if (!limit.ok) return Promise.resolve(misused(output, limit.error));
  return withDesk(context, async ({ invitations: desk }) => {
    const page = await desk.list({
      limit: limit.value,
      ...(after === undefined ? {} : { after }),
    });
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
      ...(next === null ? {} : { next: `There are more: --after ${next}` }),
      data: { invitations: items, next },
    });
    return EXIT.ok;
  });
}

function uninvite(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ invitations: desk }) => {
    const output = context.output();
    const page = await desk.list({ limit: 1000 });
    if (!page.ok) return tellRefused(output, page.error);
    const meant = byEndOfId(
      page.value.items.filter(({ state }) => !OVER.includes(state)),
      typed,
    );
    if (!meant.ok) return misused(output, meant.error);
    const one = meant.value;
    if (one === undefined) return notThere(typed)(output, { code: 'not-found', members: {} });
    const done = await desk.withdraw(one.id);
    if (!done.ok) return notThere(typed)(output, done.error);
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

const notThere = (typed: string) =>
  tellBy({
    'not-found': () => ({
      what: `There is no invitation “${typed}”, or it is over already.`,
      mend: './sallyport resource invitations shows those that are good.',
    }),
  });

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
  const until = momentOf(expiresAt);
  return [id, STATES[state], `${used} of ${uses}`, until, ownerName ?? owner, enters];
}
