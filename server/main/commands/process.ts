/** `sallyport process …`: programs that prove themselves. docs/processes.md tells what they are. */
import { PlainName, ProcessStatus, processStatuses } from '@sallyport/contract/processes.ts';
import type { Command } from 'commander';
import type { PersonId } from '../../kernel/id.ts';
import { failed, type Result } from '../../kernel/result.ts';
import type { Tx } from '../../store/store.ts';
import type { Process } from '../../subjects/process.ts';
import type { ProcessChange, ProcessError } from '../../subjects/processes.ts';
import type { House } from '../house.ts';
import { AT_THE_MACHINE, namedPerson } from '../named-person.ts';
import { noSuch } from '../person-problems.ts';
import { entriesTyped, mergedEntries } from '../process/process-entries.ts';
import { registerProofs } from '../process/process-proof-commands.ts';
import {
  forMachines,
  noProcess,
  PROCESS_HEAD,
  processRow,
  proofRow,
  refusedProcess,
  resourceNames,
  weaknessSentences,
} from '../process/process-words.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Output, Problem } from '../terminal/output.ts';
import { withHouse } from '../with-house.ts';

const gather = (value: string, before: readonly string[] = []) => [...before, value];

interface AddOptions {
  readonly owner: string;
  readonly purpose: string;
  readonly group?: readonly string[];
  readonly enter?: readonly string[];
}

interface ChangeOptions extends Partial<AddOptions> {
  readonly name?: string;
  readonly leave?: readonly string[];
}

interface ListOptions {
  readonly status?: string;
  readonly orphaned?: true;
  readonly owner?: string;
  readonly after?: string;
  readonly limit: string;
}

export function register(program: Command, context: CommandContext): void {
  const group = program.command('process').description('The programs that prove themselves.');
  examples(
    group
      .command('add')
      .description('Add a process. It can do nothing until it has a proof.')
      .argument('<name>', 'Small letters, digits, dots, hyphens. Policies call it so.')
      .requiredOption('--owner <person>', 'Who answers for it: what they sign in as.')
      .requiredOption('--purpose <text>', 'What it is for, for whoever finds it later.')
      .option('--enter <resource:scopes>', 'What it may enter, as often as needed.', gather)
      .option('--group <group>', 'A group that policies name, as often as needed.', gather)
      .action(act(context, (name: string, options: AddOptions) => add(context, name, options))),
    [
      {
        run: './sallyport process add nightly --owner ada --purpose "Pays what is due" --enter payments:read,pay',
        says: 'A job that calls an API, with two of its scopes.',
      },
    ],
  );
  examples(
    group
      .command('list')
      .description('Show processes, and what is weak about them.')
      .option('--status <status>', 'Only those that are active or disabled.')
      .option('--orphaned', 'Only those whose owner is gone or disabled.')
      .option('--owner <person>', 'Only those of one owner.')
      .option('--after <id>', 'Go on behind this process.')
      .option('--limit <number>', 'How many at the most.', '100')
      .action(act(context, (options: ListOptions) => list(context, options))),
    [
      { run: './sallyport process list', says: 'Everything that can come in by itself.' },
      { run: './sallyport process list --orphaned', says: 'What nobody answers for.' },
    ],
  );
  examples(
    group
      .command('show')
      .description('Show one process: what it may enter, how it proves itself, when it last did.')
      .argument('<process>', 'Name or id.')
      .action(act(context, (typed: string) => show(context, typed))),
    [{ run: './sallyport process show nightly', says: 'When it last came, and from where.' }],
  );
  examples(
    group
      .command('change')
      .description('Change a process. What is not named stays.')
      .argument('<process>', 'Name or id.')
      .option('--name <name>', 'Another name; policies that call it by the old one must change.')
      .option('--owner <person>', 'Who answers for it from now on.')
      .option('--purpose <text>', 'What it is for.')
      .option('--enter <resource:scopes>', 'What it may enter too, or with other scopes.', gather)
      .option('--leave <resource>', 'What it may enter no more, as often as needed.', gather)
      .option('--group <group>', 'Its groups, all of them, in place of those before.', gather)
      .action(
        act(context, (typed: string, options: ChangeOptions) => change(context, typed, options)),
      ),
    [
      { run: './sallyport process change nightly --owner grace', says: 'Ada leaves.' },
      { run: './sallyport process change nightly --leave payments', says: 'It need not pay.' },
    ],
  );
  setStatus(group, context, 'disable', 'Shut a process out at once; nothing of it is lost.', {
    done: (name) => `${name} is disabled, and what it was granted is void.`,
    next: (name) => `Undo it with ./sallyport process enable ${name}.`,
    work: ({ processes }, tx, { id }) => processes.disable(tx, id, AT_THE_MACHINE),
  });
  setStatus(group, context, 'enable', 'Let a disabled process in again.', {
    done: (name) => `${name} may come in again.`,
    work: ({ processes }, tx, { id }) => processes.enable(tx, id, AT_THE_MACHINE),
  });
  registerProofs(group, context);
}

async function add(
  context: CommandContext,
  name: string,
  { owner, purpose, group = [], enter = [] }: AddOptions,
): Promise<ExitCode> {
  const output = context.output();
  const wrong = await malformed({ name, purpose, group });
  if (wrong !== undefined) return misused(output, wrong);
  return withHouse(context, async ({ house }) => {
    const person = await namedPerson(house, owner, output);
    if (person === undefined) return EXIT.notFound;
    const entries = await house.store.read((q) => entriesTyped(house, q, enter));
    if (!entries.ok) return misused(output, entries.error);
    const { writeOrUndo } = await import('../../store/undo.ts');
    const fresh = { name, owner: person.id, purpose, groups: group, entries: entries.value };
    const added = await writeOrUndo(house.store, (tx) =>
      house.processes.add(tx, fresh, AT_THE_MACHINE),
    );
    if (!added.ok) return refusedProcess(output, added.error);
    const { seen, names } = await seenOf(house, added.value);
    output.answer({
      says: `${name} is added, and ${owner} answers for it.`,
      next: `It has no proof yet. Add one: ./sallyport process proof add ${name} key --public-key FILE`,
      data: forMachines(seen, names),
    });
    return EXIT.ok;
  });
}

const seenOf = (house: House, process: Process) =>
  house.store.read(async (q) => ({
    seen: await house.processActs.see(q, process),
    names: await resourceNames(house, q, [process]),
  }));

function list(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const output = context.output();
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    return Promise.resolve(misused(output, { what: '--limit is a number from 1 to 1000.' }));
  }
  const { status, orphaned, owner, after } = options;
  if (status !== undefined && !ProcessStatus.safeParse(status).success) {
    return Promise.resolve(noSuch(output, 'status', status, processStatuses));
  }
  return withHouse(context, async ({ house }) => {
    let ownerId: PersonId | undefined;
    if (owner !== undefined) {
      ownerId = (await namedPerson(house, owner, output))?.id;
      if (ownerId === undefined) return EXIT.notFound;
    }
    const { page, names } = await house.store.read(async (q) => {
      const page = await house.processActs.list(q, {
        limit,
        ...(status === undefined ? {} : { status }),
        ...(orphaned === undefined ? {} : { orphaned: true }),
        ...(ownerId === undefined ? {} : { owner: ownerId }),
        ...(after === undefined ? {} : { after }),
      });
      const processes = page.items.map(({ process }) => process);
      return { page, names: await resourceNames(house, q, processes) };
    });
    const filtered = [status, orphaned, owner, after].some((one) => one !== undefined);
    const next = nextFor(
      page.next,
      page.items.some(({ weaknesses }) => weaknesses.length > 0),
    );
    output.answer({
      says: sentence(page.items.length, filtered),
      table: { head: PROCESS_HEAD, rows: page.items.map(processRow) },
      ...(next === undefined ? {} : { next }),
      data: {
        processes: page.items.map((seen) => forMachines(seen, names)),
        next: page.next ?? null,
      },
    });
    return EXIT.ok;
  });
}

function nextFor(more: string | undefined, weak: boolean): string | undefined {
  if (more !== undefined) return `There are more: --after ${more}`;
  return weak ? './sallyport process show NAME tells what to do about one of them.' : undefined;
}

function sentence(count: number, filtered: boolean): string {
  if (count > 0) return `${countWords(count, 'process', 'processes')}.`;
  return filtered
    ? 'No process is like that.'
    : 'No process is here yet. ./sallyport process add NAME --owner PERSON --purpose TEXT adds one.';
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const process = await house.store.read((q) => house.processes.find(q, typed));
    if (process === undefined) return noProcess(output, typed);
    const { seen, names } = await seenOf(house, process);
    const { name, lastSeenAt, entries } = process;
    const owner = seen.ownerName ?? 'nobody';
    const came =
      lastSeenAt === undefined
        ? 'It never came yet.'
        : `It last came at ${momentWords(lastSeenAt)}${seen.lastSeenFrom === undefined ? '' : ` from ${seen.lastSeenFrom}`}.`;
    const enters = entries.map(({ resource, scopes }) =>
      scopes.length === 0
        ? names.get(resource)
        : `${names.get(resource)} with ${scopes.join(', ')}`,
    );
    output.answer({
      says: [
        `${name} is ${process.status}. ${process.purpose}`,
        process.orphaned ? `Nobody answers for it (it was ${owner}).` : `${owner} answers for it.`,
        enters.length === 0 ? 'It may enter nothing yet.' : `It may enter ${enters.join('; ')}.`,
        came,
        ...(seen.weaknesses.length === 0 ? [] : [`Careful: ${weaknessSentences(seen)}.`]),
      ].join('\n'),
      table: {
        head: ['proof', 'name', 'last used', 'ends', 'what it is', 'id'],
        rows: seen.proofs.map(proofRow),
      },
      ...(seen.weaknesses[0] === undefined
        ? {}
        : { next: MENDS[seen.weaknesses[0]].replaceAll('NAME', name) }),
      data: forMachines(seen, names),
    });
    return EXIT.ok;
  });
}

const MENDS = {
  orphaned: 'Have somebody answer for it: ./sallyport process change NAME --owner PERSON',
  'no-proof': 'Add a proof: ./sallyport process proof add NAME key --public-key FILE',
  secret:
    'A secret can be copied without a trace. Add a key, a certificate or a workload, then remove it.',
  ended: 'Remove what has ended: ./sallyport process proof remove NAME PROOF',
  'ends-soon': 'Put another in its place: ./sallyport process rotate NAME',
  unused: 'Remove what is not used: ./sallyport process proof remove NAME PROOF',
} as const;

async function change(
  context: CommandContext,
  typed: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  const output = context.output();
  const { name, owner, purpose, group, enter = [], leave = [] } = options;
  if (Object.keys(options).length === 0) {
    return misused(output, {
      what: 'Nothing was named to change.',
      mend: '--help tells what can be.',
    });
  }
  const wrong = await malformed({ name, purpose, group: group ?? [] });
  if (wrong !== undefined) return misused(output, wrong);
  return withHouse(context, async ({ house }) => {
    const process = await house.store.read((q) => house.processes.find(q, typed));
    if (process === undefined) return noProcess(output, typed);
    let ownerId: PersonId | undefined;
    if (owner !== undefined) {
      ownerId = (await namedPerson(house, owner, output))?.id;
      if (ownerId === undefined) return EXIT.notFound;
    }
    const add = await house.store.read((q) => entriesTyped(house, q, enter));
    if (!add.ok) return misused(output, add.error);
    const gone = await house.store.read(async (q) => {
      const found = await Promise.all(leave.map((one) => house.resources.find(q, one)));
      return found.map((resource) => resource?.id);
    });
    const strange = leave[gone.indexOf(undefined)];
    if (strange !== undefined) {
      return misused(output, { what: `There is no resource “${strange}”.` });
    }
    const listed = mergedEntries(
      process.entries,
      add.value,
      gone.filter((id) => id !== undefined),
    );
    const touched = enter.length > 0 || leave.length > 0;
    const changed: ProcessChange = {
      ...(name === undefined ? {} : { name }),
      ...(ownerId === undefined ? {} : { owner: ownerId }),
      ...(purpose === undefined ? {} : { purpose }),
      ...(group === undefined ? {} : { groups: group }),
      ...(touched ? { entries: listed } : {}),
    };
    const { writeOrUndo } = await import('../../store/undo.ts');
    const done = await writeOrUndo(house.store, (tx) =>
      house.processes.change(tx, process.id, changed, AT_THE_MACHINE),
    );
    if (!done.ok) return refusedProcess(output, done.error);
    const { seen, names } = await seenOf(house, done.value);
    output.answer({ says: `${done.value.name} is changed.`, data: forMachines(seen, names) });
    return EXIT.ok;
  });
}

interface StatusChange {
  readonly done: (name: string) => string;
  readonly next?: (name: string) => string;
  readonly work: (house: House, tx: Tx, process: Process) => Promise<Result<Process, ProcessError>>;
}

function setStatus(
  group: Command,
  context: CommandContext,
  verb: string,
  description: string,
  { done, next, work }: StatusChange,
): void {
  const run = (typed: string) =>
    withHouse(context, async ({ house }) => {
      const output = context.output();
      const { writeOrUndo } = await import('../../store/undo.ts');
      const changed = await writeOrUndo<Process, ProcessError>(house.store, async (tx) => {
        const process = await house.processes.find(tx, typed);
        return process === undefined ? failed({ code: 'not-found' }) : work(house, tx, process);
      });
      if (!changed.ok) {
        const { error } = changed;
        return error.code === 'not-found'
          ? noProcess(output, typed)
          : refusedProcess(output, error);
      }
      const { id, name, status } = changed.value;
      output.answer({
        says: done(name),
        ...(next === undefined ? {} : { next: next(name) }),
        data: { id, name, status },
      });
      return EXIT.ok;
    });
  examples(
    group
      .command(verb)
      .description(description)
      .argument('<process>', 'Name or id.')
      .action(act(context, run)),
    [{ run: `./sallyport process ${verb} nightly`, says: description }],
  );
}

/** The same rules as by the API: what stands on screens must not be able to pass for something else. */
async function malformed(given: {
  readonly name: string | undefined;
  readonly purpose: string | undefined;
  readonly group: readonly string[];
}): Promise<Problem | undefined> {
  const { Group } = await import('@sallyport/contract/api/people.ts');
  const { Purpose } = await import('@sallyport/contract/api/processes.ts');
  if (given.name !== undefined && !PlainName.safeParse(given.name).success) {
    return {
      what: `“${given.name}” can't be a name.`,
      mend: 'A name has 1 to 64 small letters, digits, dots, hyphens and underscores, begins with a letter or digit, and does not look like an id.',
    };
  }
  if (given.purpose !== undefined && !Purpose.safeParse(given.purpose).success) {
    return { what: 'A purpose has 1 to 512 characters, in one line.' };
  }
  return given.group.every((one) => Group.safeParse(one).success)
    ? undefined
    : { what: 'The name of a group has 1 to 64 small letters, digits, dots, hyphens.' };
}

function misused(output: Output, problem: Problem): ExitCode {
  output.problem(problem);
  return EXIT.usage;
}
