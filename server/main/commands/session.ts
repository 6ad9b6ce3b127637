/** `sallyport session …`: who is in at this moment. */

import type { Command } from 'commander';
import { withPeople } from '../desks/at-desk.ts';
import { personAt, refusedPerson } from '../person/person-words.ts';
import { tellBy } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

interface ListOptions {
  readonly person?: string;
  readonly after?: string;
}

interface RevokeOptions {
  readonly person?: string;
}

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
  return withPeople(context, async (desk) => {
    const output = context.output();
    const person = typed === undefined ? undefined : await personAt(desk, typed, output);
    const page = await desk.sessions({
      ...(person === undefined ? {} : { person: person.id }),
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return refusedPerson(output, page.error);
    const { items, next } = page.value;
    const none = nobodyIn(typed, after);
    output.answer({
      says: items.length === 0 ? none.says : `${countWords(items.length, 'open session')}.`,
      table: {
        head: ['who', 'kind', 'door', 'from', 'began', 'last used', 'id'],
        rows: items.map((one) => [
          one.identifier ?? one.person,
          one.kind,
          one.door,
          one.from?.address ?? '',
          momentOf(one.createdAt),
          momentOf(one.seenAt),
          one.id,
        ]),
      },
      ...(items.length === 0
        ? { next: none.next }
        : next === null
          ? {}
          : { next: `There are more: --after ${next}` }),
      data: { sessions: items, next },
    });
    return EXIT.ok;
  });
}

function nobodyIn(person: string | undefined, after: string | undefined) {
  if (after !== undefined) {
    return {
      says: 'No session is behind that one.',
      next: '--after takes the id that the page before told; without it the list begins with the newest.',
    };
  }
  return person === undefined
    ? {
        says: 'Nobody is in.',
        next: './sallyport pass issue NAME makes a link by which somebody gets in; ./sallyport record search --type signin.refused tells who tried in vain.',
      }
    : {
        says: `${person} is in nowhere.`,
        next: `./sallyport record search --subject ${person} tells what became of their sessions.`,
      };
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
  return withPeople(context, async (desk) => {
    if (typed !== undefined) {
      const person = await personAt(desk, typed, output);
      const ended = await desk.revokeSessionsOf(person.id);
      if (!ended.ok) return refusedPerson(output, ended.error);
      const sessions = ended.value;
      output.answer({
        says:
          sessions === 0
            ? `${typed} is in nowhere: there was no session to end.`
            : `${countWords(sessions, 'session')} of ${typed} ${sessions === 1 ? 'is' : 'are'} over.`,
        data: { sessions },
      });
      return EXIT.ok;
    }
    const ended = await desk.revokeSession(id ?? '');
    if (!ended.ok) return refusedSession(output, ended.error);
    output.answer({ says: 'That session is over.', data: { sessions: 1 } });
    return EXIT.ok;
  });
}

const refusedSession = tellBy({
  'not-found': () => ({
    what: 'There is no open session with that id.',
    mend: './sallyport session list shows those that are open.',
  }),
});
