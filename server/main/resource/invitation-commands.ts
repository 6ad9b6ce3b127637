/** `sallyport resource invite`, `invitations` and `uninvite`: applications that register themselves (docs/openid-connect.md). */
import { Openness } from '@sallyport/contract/resources.ts';
import type { Command } from 'commander';
import {
  type Invitation,
  LONGEST_INVITATION,
  MOST_USES,
} from '../../gate/use-cases/apps/app-invitations.ts';
import { parseDuration } from '../../kernel/setting.ts';
import type { House } from '../house.ts';
import { AT_THE_MACHINE, namedPerson } from '../named-person.ts';
import { onlyHere } from '../remote/places.ts';
import { countWords, durationWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Output, Problem } from '../terminal/output.ts';
import { withHouse } from '../with-house.ts';

interface InviteOptions {
  readonly owner: string;
  readonly uses: string;
  readonly lifetime: string;
  readonly open: string;
  readonly member?: readonly string[];
}

const gather = (value: string, before: readonly string[] = []) => [...before, value];

export function registerInvitations(group: Command, context: CommandContext): void {
  examples(
    group
      .command('invite')
      .description('Make a token with which applications register themselves (RFC 7591).')
      .requiredOption('--owner <person>', 'Who answers for what registers by it.')
      .option('--uses <number>', `How many can register by it, ${MOST_USES} at most.`, '1')
      .option(
        '--lifetime <time>',
        `How long it is good, ${durationWords(LONGEST_INVITATION)} at most.`,
        '24h',
      )
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
      .action(act(context, () => invitations(context))),
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

async function typedWrong({ uses, lifetime, open, member = [] }: InviteOptions) {
  const { Group } = await import('@sallyport/contract/api/people.ts');
  const times = Number(uses);
  const lasts = parseDuration(lifetime);
  if (!/^\d+$/.test(uses) || times < 1 || times > MOST_USES) {
    return { what: `--uses is a number from 1 to ${MOST_USES}, and not “${uses}”.` };
  }
  if (lasts === undefined || lasts <= 0 || lasts > LONGEST_INVITATION) {
    return {
      what: `--lifetime is a time up to ${durationWords(LONGEST_INVITATION)}, and not “${lifetime}”.`,
      mend: 'Write --lifetime 12h, or 7d.',
    };
  }
  if (!Openness.safeParse(open).success) {
    return { what: `--open is everyone or listed, and not “${open}”.` };
  }
  return member.every((one) => Group.safeParse(one).success)
    ? undefined
    : { what: 'The name of a group has 1 to 64 small letters, digits, dots, hyphens.' };
}

async function invite(context: CommandContext, options: InviteOptions): Promise<ExitCode> {
  const output = context.output();
  const here = onlyHere(context, 'Inviting applications');
  if (here !== undefined) return here;
  const wrong: Problem | undefined = await typedWrong(options);
  if (wrong !== undefined) return misused(output, wrong);
  return withHouse(context, async ({ house, origin }, config) => {
    const owner = await namedPerson(house, options.owner, output);
    if (owner === undefined) return EXIT.notFound;
    const { writeOrUndo } = await import('../../store/undo.ts');
    const open = Openness.parse(options.open);
    const members = options.member ?? [];
    const uses = Number(options.uses);
    const lifetime = parseDuration(options.lifetime) ?? 0; // Looked at above.
    const terms = { owner: owner.id, uses, lifetime, open, members };
    const invited = await writeOrUndo(house.store, (tx) =>
      house.appInvitations.invite(tx, terms, AT_THE_MACHINE),
    );
    if (!invited.ok) {
      output.problem({
        what: `${options.owner} can’t sign in now, so they can answer for nothing.`,
        mend: 'Take someone who has set up their proofs and is not disabled.',
        data: invited.error,
      });
      return EXIT.failed;
    }
    const { id, token, expiresAt } = invited.value;
    const endpoint = `${origin}/oidc/register`;
    const enters =
      open === 'everyone'
        ? 'Everyone may sign in to what registers'
        : members.length === 0
          ? 'Nobody may sign in to what registers until somebody is listed'
          : `People of ${members.join(', ')} may sign in to what registers`;
    output.answer({
      says: `${countWords(uses, 'application')} can register by this token until ${momentWords(expiresAt)}. ${enters}; each is asked for their consent. It is shown now and never again.\n\n  ${token}`,
      next: config.oidc.registration
        ? `It goes as a bearer token to ${endpoint}. ./sallyport resource uninvite ${id} makes it worthless.`
        : 'It is of no use yet: set oidc.registration to true and start the server again.',
      data: {
        id,
        token,
        endpoint,
        owner: owner.id,
        uses,
        open,
        members,
        expiresAt: new Date(expiresAt).toISOString(),
      },
    });
    return EXIT.ok;
  });
}

function invitations(context: CommandContext): Promise<ExitCode> {
  const here = onlyHere(context, 'Looking at invitations');
  if (here !== undefined) return Promise.resolve(here);
  return withHouse(context, async ({ house }) => {
    const found = await house.store.read((q) => house.appInvitations.list(q));
    const now = house.clock.now();
    const rows: Cell[][] = [];
    for (const each of found) {
      rows.push([
        each.id,
        stateOf(each, now),
        `${each.used} of ${each.uses}`,
        momentWords(each.expiresAt),
        await nameOf(house, each),
        each.open === 'everyone' ? 'everyone' : each.members.join(', ') || 'no people',
      ]);
    }
    context.output().answer({
      says:
        found.length > 0
          ? `${countWords(found.length, 'invitation')}.`
          : 'No application is invited. ./sallyport resource invite --owner PERSON invites one.',
      table: { head: ['invitation', 'state', 'used', 'good until', 'owner', 'open to'], rows },
      data: { invitations: found.map((each) => forMachines(each, now)) },
    });
    return EXIT.ok;
  });
}

function uninvite(context: CommandContext, typed: string): Promise<ExitCode> {
  const here = onlyHere(context, 'Withdrawing an invitation');
  if (here !== undefined) return Promise.resolve(here);
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const { store, appInvitations, clock } = house;
    const found = await store.read((q) => appInvitations.list(q));
    const now = clock.now();
    const meant = found.filter(
      (each) => each.id.endsWith(typed) && each.withdrawnAt === undefined && each.expiresAt > now,
    );
    if (typed === '' || meant.length > 1) {
      return misused(output, {
        what: `“${typed}” is the end of several ids.`,
        mend: './sallyport resource invitations shows them in full.',
      });
    }
    const { writeOrUndo } = await import('../../store/undo.ts');
    const [one] = meant;
    const done =
      one &&
      (await writeOrUndo(store, (tx) => appInvitations.withdraw(tx, one.id, AT_THE_MACHINE)));
    if (one === undefined || !done?.ok) {
      output.problem({
        what: `There is no invitation “${typed}”, or it is over already.`,
        mend: './sallyport resource invitations shows those that are good.',
      });
      return EXIT.notFound;
    }
    output.answer({
      says: 'The invitation is worthless now. What registered by it stays.',
      ...(one.used > 0
        ? { next: './sallyport resource list --kind application shows what registered itself.' }
        : {}),
      data: { id: one.id },
    });
    return EXIT.ok;
  });
}

type State = 'good' | 'withdrawn' | 'over' | 'used up' | 'without an owner';

function stateWord({ withdrawnAt, expiresAt, used, uses, good }: Invitation, now: number): State {
  if (withdrawnAt !== undefined) return 'withdrawn';
  if (expiresAt <= now) return 'over';
  if (used >= uses) return 'used up';
  return good ? 'good' : 'without an owner';
}

function stateOf(invitation: Invitation, now: number): Cell {
  const state = stateWord(invitation, now);
  return [state === 'good' ? 'granted' : 'refused', state];
}

async function nameOf({ store, people }: House, { owner }: Invitation): Promise<string> {
  return store.read(async (q) => {
    const person = await people.get(q, owner);
    const profile = person && (await people.profile(q, person));
    return profile?.identifier ?? owner;
  });
}

function forMachines(invitation: Invitation, now: number) {
  const { id, owner, uses, used, open, members, createdAt, expiresAt, withdrawnAt } = invitation;
  return {
    id,
    state: stateWord(invitation, now),
    owner,
    uses,
    used,
    open,
    members,
    createdAt: new Date(createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    withdrawnAt: withdrawnAt === undefined ? null : new Date(withdrawnAt).toISOString(),
  };
}

function misused(output: Output, problem: Problem): ExitCode {
  output.problem(problem);
  return EXIT.usage;
}
