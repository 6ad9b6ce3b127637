/** `sallyport person …`: the people who may come in, here or at a server elsewhere. */

import { PersonStatus, personStatuses, roles as ROLES, Role } from '@sallyport/contract/people.ts';
import type { Command } from 'commander';
import { withPeople } from '../desks/at-desk.ts';
import type { Done } from '../desks/done.ts';
import type { Force, PeopleDesk, ShownPerson } from '../desks/people-desk.ts';
import { registerCompanyToken } from '../person/company-token-command.ts';
import { registerChange } from '../person/person-change.ts';
import { notAdded, personAt, personRefusal, refusedPerson } from '../person/person-words.ts';
import { momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell } from '../terminal/output.ts';
import { rolesWords } from '../terminal/roles-words.ts';
import { gather, groupProblem, limitTyped, misused, noSuch } from '../terminal/typed.ts';

interface EraseOptions extends Partial<Force> {
  readonly yes: string;
}

interface AddOptions {
  readonly name?: string;
  readonly mail?: string;
  readonly role?: readonly string[];
  readonly group?: readonly string[];
}

export function register(program: Command, context: CommandContext): void {
  const person = program.command('person').description('The people who may come in.');
  examples(
    person
      .command('add')
      .description('Add a person, and print a link with which they set up their proofs.')
      .argument('<identifier>', 'What they will sign in with: a name or a mail address.')
      .option('--name <text>', 'Their name, as people say it.')
      .option('--mail <address>', 'A mail address, which they can sign in with too.')
      .option('--role <role>', `A role, as often as needed: ${ROLES.join(', ')}.`, gather)
      .option('--group <group>', 'A group that policies name, as often as needed.', gather)
      .action(act(context, (typed: string, options: AddOptions) => add(context, typed, options))),
    [
      {
        run: './sallyport person add ada --name "Ada Lovelace" --mail ada@example.com',
        says: 'Someone who signs in.',
      },
      {
        run: './sallyport person add grace --role administrator',
        says: 'Someone who administers.',
      },
    ],
  );
  registerCompanyToken(person, context);
  examples(
    person
      .command('list')
      .description('Show everyone.')
      .option('--status <status>', 'Only those who are enrolling, active, disabled or erased.')
      .option('--role <role>', 'Only those with a role.')
      .option('--after <id>', 'Go on behind this person.')
      .option('--limit <number>', 'How many at the most.', '100')
      .action(act(context, (options: Record<string, string>) => list(context, options))),
    [{ run: './sallyport person list --role administrator', says: 'Who administers.' }],
  );
  examples(
    person
      .command('show')
      .description('Show one person, with the proofs that they hold.')
      .argument('<person>', 'Name, mail address or id.')
      .action(act(context, (typed: string) => show(context, typed))),
    [{ run: './sallyport person show ada', says: 'Whether Ada has a second proof.' }],
  );
  registerChange(person, context);
  change(person, context, 'disable', 'Shut a person out at once; nothing of theirs is lost.', {
    done: (name) => `${name} is disabled, and all their sessions are over.`,
    next: (name) => `Undo it with ./sallyport person enable ${name}.`,
    force: true,
    work: (desk, id, how) => desk.disable(id, how),
  });
  change(person, context, 'enable', 'Let a disabled person in again.', {
    done: (name) => `${name} may sign in again.`,
    work: (desk, id) => desk.enable(id),
  });
  examples(
    person
      .command('erase')
      .description('Destroy all that is personal of a person. It can not be undone.')
      .argument('<person>', 'Name, mail address or id.')
      .requiredOption('--yes <identifier>', 'Their identifier again, to show that you mean them.')
      .option(...FORCE)
      .action(
        act(context, (typed: string, options: EraseOptions) => erase(context, typed, options)),
      ),
    [
      {
        run: './sallyport person erase ada --yes ada',
        says: 'The record keeps that somebody was there, and verifies as before.',
      },
    ],
  );
}

async function add(
  context: CommandContext,
  identifier: string,
  { name = identifier, mail, role: roles = [], group: groups = [] }: AddOptions,
): Promise<ExitCode> {
  const output = context.output();
  const unknown = roles.find((role) => !Role.safeParse(role).success);
  if (unknown !== undefined) return misused(output, noSuch('role', unknown, ROLES));
  // The same as by the API: what stands on screens must not be able to pass for something else.
  const { DisplayName } = await import('@sallyport/contract/api/people.ts');
  const displayName = DisplayName.safeParse(name);
  if (!displayName.success) {
    output.problem({
      what: 'A name has 1 to 256 characters, in one line and without control characters.',
      mend: `Give one with --name; people read it, and sign in as ${identifier}.`,
    });
    return EXIT.usage;
  }
  const wrong = await groupProblem(groups);
  if (wrong !== undefined) return misused(output, wrong);
  return withPeople(context, async (desk) => {
    const added = await desk.add({
      identifier,
      displayName: displayName.data,
      email: mail ?? null,
      roles: roles.map((role) => Role.parse(role)),
      groups,
    });
    if (!added.ok) return notAdded(identifier, mail)(output, added.error);
    const { person, pass, because } = added.value;
    if (pass === undefined) {
      const why = because && ('code' in because ? personRefusal(because) : because);
      const { id, status } = person;
      output.problem({
        what: `${why === undefined ? '' : `${why.what} `}${identifier} is added, but has no link yet.`,
        mend: `./sallyport pass issue ${identifier} makes one.`,
        data: {
          ...(why?.data as object | undefined), // Its code, and what goes with it.
          added: { id, identifier, status, roles: person.roles, link: null },
        },
      });
      return EXIT.failed;
    }
    const { link, expiresAt } = pass;
    output.answer({
      says: `${identifier} is added. With this link they set up their proofs, once, until ${momentOf(expiresAt)}:\n\n  ${link}`,
      next: 'Give it to them by a way that you trust. ./sallyport pass issue makes another.',
      data: {
        id: person.id,
        identifier,
        status: person.status,
        roles: person.roles,
        link,
        expiresAt,
      },
    });
    return EXIT.ok;
  });
}

function list(context: CommandContext, options: Record<string, string>): Promise<ExitCode> {
  const output = context.output();
  const limit = limitTyped(options.limit);
  if (!limit.ok) return Promise.resolve(misused(output, limit.error));
  const { role: inRole, status: inState } = options;
  if (inRole !== undefined && !Role.safeParse(inRole).success) {
    return Promise.resolve(misused(output, noSuch('role', inRole, ROLES)));
  }
  if (inState !== undefined && !PersonStatus.safeParse(inState).success) {
    return Promise.resolve(misused(output, noSuch('status', inState, personStatuses)));
  }
  return withPeople(context, async (desk) => {
    const { after } = options;
    const page = await desk.list({
      limit: limit.value,
      ...(inState === undefined ? {} : { status: PersonStatus.parse(inState) }),
      ...(inRole === undefined ? {} : { role: Role.parse(inRole) }),
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return refusedPerson(output, page.error);
    const { items, next } = page.value;
    const filtered = inState !== undefined || inRole !== undefined || after !== undefined;
    output.answer({
      says: sentence(items.length, filtered),
      table: {
        head: ['who', 'name', 'state', 'roles', 'id'],
        rows: items.map(({ id, identifier, displayName, status, roles }) => [
          identifier ?? '(erased)',
          displayName ?? '',
          STATES[status],
          roles.join(', '),
          id,
        ]),
      },
      ...(next === null ? {} : { next: `There are more: --after ${next}` }),
      data: { people: items, next },
    });
    return EXIT.ok;
  });
}

function sentence(count: number, filtered: boolean): string {
  if (count === 0) {
    return filtered
      ? 'Nobody is like that. ./sallyport person list without options shows everyone.'
      : 'Nobody is here yet. ./sallyport person add NAME adds someone.';
  }
  return count === 1 ? 'One person.' : `${count} people.`;
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withPeople(context, async (desk) => {
    const output = context.output();
    const { id } = await personAt(desk, typed, output);
    const shown = await desk.show(id);
    if (!shown.ok) return refusedPerson(output, shown.error);
    const { proofs, status, groups, identifier, displayName } = shown.value;
    const at = (time: string | null) => (time === null ? 'never' : momentOf(time));
    const roles = rolesWords(shown.value.roles);
    output.answer({
      says: `${displayName ?? '(erased)'} (${identifier ?? id}) is ${status}, ${roles}${groups.length === 0 ? '' : `, in ${groups.join(', ')}`}. ${proofs.length === 0 ? 'They hold no proofs yet.' : 'They hold:'}`,
      table: {
        head: ['proof', 'name', 'enrolled', 'last used'],
        rows: proofs.map((proof) => [
          proof.kind,
          proof.otherHost === undefined ? proof.name : `${proof.name} (for ${proof.otherHost})`,
          at(proof.createdAt),
          at(proof.lastUsedAt),
        ]),
      },
      ...(status === 'active' ? elsewhere(proofs, identifier ?? id) : {}),
      ...(status === 'enrolling' && proofs.some(({ kind }) => kind !== 'pass')
        ? {
            next: 'They come in nowhere until they press “Finish” on the page of their link. ./sallyport pass issue makes another link.',
          }
        : {}),
      data: shown.value,
    });
    return EXIT.ok;
  });
}

/** What to do about passkeys that no browser shows here any more. */
function elsewhere(
  proofs: readonly { readonly kind: string; readonly otherHost?: string | undefined }[],
  who: string,
): { readonly next?: string } {
  const passkeys = proofs.filter(({ kind }) => kind === 'webauthn');
  const gone = passkeys.filter(({ otherHost }) => otherHost !== undefined);
  if (gone.length === 0) return {};
  const hosts = [...new Set(gone.map(({ otherHost }) => otherHost))].join(', ');
  const only = gone.length === passkeys.length;
  return {
    next: `${gone.length === 1 ? 'A passkey was' : `${gone.length} passkeys were`} made for ${hosts}, and no browser shows ${gone.length === 1 ? 'it' : 'them'} here. ${
      only
        ? `./sallyport pass issue ${who} makes a link with which they set up a new one.`
        : 'They can remove what is of no use on their account (/me).'
    }`,
  };
}

interface Change {
  readonly done: (name: string) => string;
  readonly next?: (name: string) => string;
  /** Whether it has --force. */
  readonly force?: true;
  readonly work: (desk: PeopleDesk, id: string, how: Force) => Done<ShownPerson>;
}

const FORCE = ['--force', 'Even the only administrator: nobody could administer then.'] as const;

function change(
  group: Command,
  context: CommandContext,
  verb: string,
  description: string,
  { done, next, force, work }: Change,
): void {
  const run = (typed: string, options: Partial<Force>) =>
    withPeople(context, async (desk) => {
      const output = context.output();
      const { id } = await personAt(desk, typed, output);
      const changed = await work(desk, id, { force: options.force === true });
      if (!changed.ok) return refusedPerson(output, changed.error);
      output.answer({
        says: done(typed),
        ...(next === undefined ? {} : { next: next(typed) }),
        data: { id, status: changed.value.status },
      });
      return EXIT.ok;
    });
  const command = group
    .command(verb)
    .description(description)
    .argument('<person>', 'Name, mail address or id.');
  if (force) command.option(...FORCE);
  examples(command.action(act(context, run)), [
    { run: `./sallyport person ${verb} ada`, says: description },
  ]);
}

function erase(
  context: CommandContext,
  typed: string,
  { yes, force = false }: EraseOptions,
): Promise<ExitCode> {
  return withPeople(context, async (desk) => {
    const output = context.output();
    const { id, identifier } = await personAt(desk, typed, output);
    if (identifier !== null && identifier !== yes) {
      output.problem({
        what: `Their identifier is not “${yes}”. Nothing was erased.`,
        mend: './sallyport person show tells it.',
      });
      return EXIT.usage;
    }
    const erased = await desk.erase(id, { force });
    if (!erased.ok) return refusedPerson(output, erased.error);
    output.answer({
      says: `${yes} is erased: their key is destroyed, and with it all that was personal, in the record too.`,
      data: { id, status: 'erased' },
    });
    return EXIT.ok;
  });
}

const STATES: Readonly<Record<PersonStatus, Cell>> = {
  active: ['granted', 'active'],
  enrolling: ['challenged', 'enrolling'],
  disabled: ['refused', 'disabled'],
  erased: ['unknown', 'erased'],
};
