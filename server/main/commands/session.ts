/** `sallyport session …`: who is in at this moment. */

import type { Command } from 'commander';
import { type PersonId, parseId } from '../../kernel/id.ts';
import { AT_THE_MACHINE, namedPerson } from '../named-person.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import { withHouse } from '../with-house.ts';

interface ListOptions {
  readonly person?: string;
  readonly after?: string;
}

interface RevokeOptions {
  readonly person?: string;
}

const PAGE = 100;

export function register(program: Command, context: CommandContext): void {
  const session = program.command('session').description('Who is in at this moment.');
  examples(
    session
      .command('list')
      .description('Show the sessions that are open, the newest first.')
      .option('--person <person>', 'Only those of one person.')
      .option('--after <id>', 'Go on behind this session.')
      .action(act(context, (options: ListOptions) => list(context, options))),
    [{ run: './sallyport session list --person ada', says: 'Where Ada is signed in.' }],
  );
  examples(
    session
      .command('revoke')
      .description('End a session, or all of a person’s, at once.')
      .argument('[session]', 'The id of a session.')
      .option('--person <person>', 'All sessions of this person instead.')
      .action(
        act(context, (id: string | undefined, options: RevokeOptions) =>
          revoke(context, id, options),
        ),
      ),
    [{ run: './sallyport session revoke --person ada', says: 'Ada’s laptop was stolen.' }],
  );
}

function list(context: CommandContext, { person: typed, after }: ListOptions): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const person = typed === undefined ? undefined : await namedPerson(house, typed, output);
    if (typed !== undefined && person === undefined) return EXIT.notFound;
    const { page, names } = await house.store.read(async (q) => {
      const found = await house.acts.sessions(q, {
        limit: PAGE,
        ...(person === undefined ? {} : { person: person.id }),
        ...(after === undefined ? {} : { after }),
      });
      const known = new Map<string, string>();
      for (const subject of new Set(found.items.map((one) => one.subject))) {
        const owner = await house.people.get(q, subject as PersonId); // People are all who have sessions so far.
        const profile = owner && (await house.people.profile(q, owner));
        if (profile !== undefined) known.set(subject, profile.identifier);
      }
      return { page: found, names: known };
    });
    const time = (at: number) => new Date(at).toISOString();
    output.answer({
      says:
        page.items.length === 0
          ? 'Nobody is in.'
          : `${countWords(page.items.length, 'open session')}.`,
      table: {
        head: ['who', 'kind', 'door', 'from', 'began', 'last used', 'id'],
        rows: page.items.map((one) => [
          names.get(one.subject) ?? one.subject,
          one.kind,
          one.door,
          one.about?.address ?? '',
          momentWords(one.createdAt),
          momentWords(one.seenAt),
          one.id,
        ]),
      },
      ...(page.next === undefined ? {} : { next: `There are more: --after ${page.next}` }),
      data: {
        sessions: page.items.map((one) => ({
          ...one,
          identifier: names.get(one.subject) ?? null,
          about: one.about ?? null,
          createdAt: time(one.createdAt),
          seenAt: time(one.seenAt),
          expiresAt: time(one.expiresAt),
        })),
        next: page.next ?? null,
      },
    });
    return EXIT.ok;
  });
}

async function revoke(
  context: CommandContext,
  id: string | undefined,
  { person: typed }: RevokeOptions,
): Promise<ExitCode> {
  const output = context.output();
  if ((id === undefined) === (typed === undefined)) {
    output.problem({
      what: 'Name one session, or a person with --person.',
      mend: './sallyport session list shows both.',
    });
    return EXIT.usage;
  }
  return withHouse(context, async ({ house }) => {
    if (typed !== undefined) {
      const person = await namedPerson(house, typed, output);
      if (person === undefined) return EXIT.notFound;
      const ended = await house.store.write((tx) =>
        house.acts.revokeSessionsOf(tx, person.id, AT_THE_MACHINE),
      );
      const sessions = ended.ok ? ended.value : 0;
      output.answer({
        says: `${countWords(sessions, 'session')} of ${typed} ${sessions === 1 ? 'is' : 'are'} over.`,
        data: { sessions },
      });
      return EXIT.ok;
    }
    const session = parseId<'session'>(id ?? '');
    const ended =
      session !== undefined &&
      (await house.store.write((tx) => house.acts.revokeSession(tx, session, AT_THE_MACHINE)));
    if (ended === false || !ended.ok) {
      output.problem({
        what: 'There is no open session with that id.',
        mend: './sallyport session list shows those that are open.',
      });
      return EXIT.notFound;
    }
    output.answer({ says: 'That session is over.', data: { sessions: 1 } });
    return EXIT.ok;
  });
}
