/** `sallyport person …`: people, as whoever runs this machine looks after them. */

import { PersonStatus, personStatuses, roles as ROLES, Role } from '@sallyport/contract/people.ts';
import type { Command } from 'commander';
import type { ActError, Force, SeenPerson } from '../../gate/use-cases/acts.ts';
import type { PersonId } from '../../kernel/id.ts';
import type { Result } from '../../kernel/result.ts';
import type { Tx } from '../../store/store.ts';
import type { Person } from '../../subjects/person.ts';
import type { House } from '../house.ts';
import { AT_THE_MACHINE, namedPerson } from '../named-person.ts';
import { noSuch, refused } from '../person-problems.ts';
import { momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell } from '../terminal/output.ts';
import { withHouse } from '../with-house.ts';

interface EraseOptions extends Partial<Force> {
  readonly yes: string;
}

interface AddOptions {
  readonly name?: string;
  readonly mail?: string;
  readonly role?: readonly string[];
  readonly group?: readonly string[];
}

const gather = (value: string, before: readonly string[] = []) => [...before, value];

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
  change(person, context, 'disable', 'Shut a person out at once; nothing of theirs is lost.', {
    done: (name) => `${name} is disabled, and all their sessions are over.`,
    next: 'Undo it with ./sallyport person enable.',
    force: true,
    work: (house, tx, id, how) => house.acts.disable(tx, id, AT_THE_MACHINE, how),
  });
  change(person, context, 'enable', 'Let a disabled person in again.', {
    done: (name) => `${name} may sign in again.`,
    work: (house, tx, id) => house.acts.enable(tx, id, AT_THE_MACHINE),
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
  if (unknown !== undefined) return noSuch(output, 'role', unknown, ROLES);
  // The same as by the API: what stands on screens must not be able to pass for something else.
  const { DisplayName, Group } = await import('@sallyport/contract/api/people.ts');
  const displayName = DisplayName.safeParse(name);
  if (!displayName.success) {
    output.problem({
      what: 'A name has 1 to 256 characters, in one line and without control characters.',
      mend: `Give one with --name; people read it, and sign in as ${identifier}.`,
    });
    return EXIT.usage;
  }
  if (groups.some((group) => !Group.safeParse(group).success)) {
    output.problem({
      what: 'The name of a group has 1 to 64 small letters, digits, dots, hyphens and underscores, and begins with a letter or digit.',
    });
    return EXIT.usage;
  }
  return withHouse(context, async ({ house, origin }) => {
    const { enrolLink } = await import('../enrol-link.ts');
    const { writeOrUndo } = await import('../../store/undo.ts');
    const { failed, ok } = await import('../../kernel/result.ts');
    const added = await writeOrUndo(house.store, async (tx) => {
      const person = await house.people.add(
        tx,
        {
          identifier,
          displayName: displayName.data,
          email: mail ?? null,
          roles: roles.map((role) => Role.parse(role)),
          groups,
        },
        AT_THE_MACHINE,
      );
      if (!person.ok) return person;
      const pass = await house.passes.issue(
        tx,
        person.value.id,
        { purpose: 'link' },
        AT_THE_MACHINE,
      );
      return pass.ok
        ? ok({ person: person.value, pass: pass.value })
        : failed({ code: 'not-found' as const });
    });
    if (!added.ok) return refused(output, added.error);
    const { person, pass } = added.value;
    const link = enrolLink(origin, pass);
    const expiresAt = new Date(pass.expiresAt).toISOString();
    output.answer({
      says: `${identifier} is added. With this link they set up their proofs, once, until ${momentWords(pass.expiresAt)}:\n\n  ${link}`,
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
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    output.problem({ what: '--limit is a number from 1 to 1000.' });
    return Promise.resolve(EXIT.usage);
  }
  const { role: inRole, status: inState } = options;
  if (inRole !== undefined && !Role.safeParse(inRole).success) {
    return Promise.resolve(noSuch(output, 'role', inRole, ROLES));
  }
  if (inState !== undefined && !PersonStatus.safeParse(inState).success) {
    return Promise.resolve(noSuch(output, 'status', inState, personStatuses));
  }
  return withHouse(context, async ({ house }) => {
    const { status, role, after } = options;
    const page = await house.store.read((q) =>
      house.acts.list(q, {
        limit,
        ...(status === undefined ? {} : { status }),
        ...(role === undefined ? {} : { role }),
        ...(after === undefined ? {} : { after }),
      }),
    );
    const filtered = status !== undefined || role !== undefined || after !== undefined;
    output.answer({
      says: sentence(page.items.length, filtered),
      table: {
        head: ['who', 'name', 'state', 'roles', 'id'],
        rows: page.items.map(({ person, profile }) => [
          profile?.identifier ?? '(erased)',
          profile?.displayName ?? '',
          stateOf(person.status),
          person.roles.join(', '),
          person.id,
        ]),
      },
      ...(page.next === undefined ? {} : { next: `There are more: --after ${page.next}` }),
      data: { people: page.items.map(forMachines), next: page.next ?? null },
    });
    return EXIT.ok;
  });
}

function sentence(count: number, filtered: boolean): string {
  if (count === 0) {
    return filtered
      ? 'Nobody is like that.'
      : 'Nobody is here yet. ./sallyport person add NAME adds someone.';
  }
  return count === 1 ? 'One person.' : `${count} people.`;
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const { listHeld } = await import('../../proofs/held-proofs.ts');
    const output = context.output();
    const person = await namedPerson(house, typed, output);
    if (person === undefined) return EXIT.notFound;
    const { seen, held } = await house.store.read(async (q) => ({
      seen: await house.acts.see(q, person),
      held: await listHeld(q, person.id),
    }));
    const at = (time: number | null) => (time === null ? 'never' : momentWords(time));
    const forMachine = (time: number) => new Date(time).toISOString();
    const name = seen.profile?.displayName ?? '(erased)';
    const roles = person.roles.length === 0 ? 'no role' : person.roles.join(', ');
    output.answer({
      says: `${name} (${seen.profile?.identifier ?? person.id}) is ${person.status}, with ${roles}. ${held.length === 0 ? 'They hold no proofs yet.' : 'They hold:'}`,
      table: {
        head: ['proof', 'name', 'enrolled', 'last used'],
        rows: held.map((proof) => [
          proof.kind,
          proof.name,
          at(proof.createdAt),
          at(proof.lastUsedAt),
        ]),
      },
      data: {
        ...forMachines(seen),
        proofs: held.map(({ id, kind, name, createdAt, lastUsedAt }) => ({
          id,
          kind,
          name,
          createdAt: forMachine(createdAt),
          lastUsedAt: lastUsedAt === null ? null : forMachine(lastUsedAt),
        })),
      },
    });
    return EXIT.ok;
  });
}

interface Change {
  readonly done: (name: string) => string;
  readonly next?: string;
  /** Whether it has --force. */
  readonly force?: true;
  readonly work: (
    house: House,
    tx: Tx,
    id: PersonId,
    how: Force,
  ) => Promise<Result<Person, ActError>>;
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
    withHouse(context, async ({ house }) => {
      const output = context.output();
      const person = await namedPerson(house, typed, output);
      if (person === undefined) return EXIT.notFound;
      const { writeOrUndo } = await import('../../store/undo.ts');
      const changed = await writeOrUndo(house.store, (tx) =>
        work(house, tx, person.id, { force: options.force === true }),
      );
      if (!changed.ok) return refused(output, changed.error);
      output.answer({
        says: done(typed),
        ...(next === undefined ? {} : { next }),
        data: { id: person.id, status: changed.value.status },
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
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const person = await namedPerson(house, typed, output);
    if (person === undefined) return EXIT.notFound;
    const profile = await house.store.read((q) => house.people.profile(q, person));
    if (profile !== undefined && profile.identifier !== yes) {
      output.problem({
        what: `Their identifier is not “${yes}”. Nothing was erased.`,
        mend: './sallyport person show tells it.',
      });
      return EXIT.usage;
    }
    const { writeOrUndo } = await import('../../store/undo.ts');
    const erased = await writeOrUndo(house.store, (tx) =>
      house.acts.erase(tx, person.id, AT_THE_MACHINE, { force }),
    );
    if (!erased.ok) return refused(output, erased.error);
    output.answer({
      says: `${yes} is erased: their key is destroyed, and with it all that was personal, in the record too.`,
      data: { id: person.id, status: 'erased' },
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

const stateOf = (status: PersonStatus): Cell => STATES[status];

function forMachines({ person, profile }: SeenPerson) {
  return {
    id: person.id,
    identifier: profile?.identifier ?? null,
    displayName: profile?.displayName ?? null,
    email: profile?.email ?? null,
    status: person.status,
    roles: person.roles,
    groups: person.groups,
    createdAt: new Date(person.createdAt).toISOString(),
  };
}
