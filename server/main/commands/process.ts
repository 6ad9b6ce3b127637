/** `sallyport process …`: programs that prove themselves. docs/processes.md tells what they are. */
import { ProcessStatus, processStatuses } from '@sallyport/contract/processes.ts';
import type { Command } from 'commander';
import { withDesk } from '../desks/at-desk.ts';
import { registerStatus } from '../desks/status-commands.ts';
import { personAt } from '../person/person-words.ts';
import { entriesTyped, mergedEntries } from '../process/process-entries.ts';
import { registerProofs } from '../process/process-proof-commands.ts';
import {
  PROCESS_HEAD,
  processAt,
  processRow,
  proofRow,
  refusedProcess,
  refusedProcessNamed,
  weaknessSentences,
} from '../process/process-words.ts';
import { resourceAt } from '../resource/resource-words.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import {
  gather,
  groupProblem,
  limitTyped,
  misused,
  NOTHING_TO_CHANGE,
  nameProblem,
  noSuch,
} from '../terminal/typed.ts';

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
  const setStatus = registerStatus(group, context, {
    noun: 'process',
    example: 'nightly',
    desk: ({ processes }) => processes,
    at: processAt,
    refused: refusedProcess,
  });
  setStatus('disable', 'Shut a process out at once; nothing of it is lost.', {
    done: (name) => `${name} is disabled, and what it was granted is void.`,
    next: (name) => `Undo it with ./sallyport process enable ${name}.`,
    work: (desk, id) => desk.disable(id),
  });
  setStatus('enable', 'Let a disabled process in again.', {
    done: (name) => `${name} may come in again.`,
    work: (desk, id) => desk.enable(id),
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
  return withDesk(context, async ({ people, processes, resources }) => {
    const person = await personAt(people, owner, output);
    const entries = await entriesTyped(resources, enter, output);
    const fresh = { name, owner: person.id, purpose, groups: group, entries };
    const added = await processes.add(fresh);
    if (!added.ok) {
      return refusedProcessNamed({ resources, processes }, name, output, added.error);
    }
    output.answer({
      says: `${name} is added, and ${owner} answers for it.`,
      next: `It has no proof yet. Add one: ./sallyport process proof add ${name} key --public-key FILE, or for a program of this machine, which needs none: ./sallyport workload add ${name} unit:UNIT.service`,
      data: added.value,
    });
    return EXIT.ok;
  });
}

function list(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const output = context.output();
  const limit = limitTyped(options.limit);
  if (!limit.ok) return Promise.resolve(misused(output, limit.error));
  const { status, orphaned, owner, after } = options;
  if (status !== undefined && !ProcessStatus.safeParse(status).success) {
    return Promise.resolve(misused(output, noSuch('status', status, processStatuses)));
  }
  return withDesk(context, async ({ people, processes }) => {
    const person = owner === undefined ? undefined : await personAt(people, owner, output);
    const page = await processes.list({
      limit: limit.value,
      ...(status === undefined ? {} : { status: ProcessStatus.parse(status) }),
      ...(orphaned === undefined ? {} : { orphaned }),
      ...(person === undefined ? {} : { owner: person.id }),
      ...(after === undefined ? {} : { after }),
    });
    if (!page.ok) return refusedProcess(output, page.error);
    const { items, next: more } = page.value;
    const filtered = [status, orphaned, owner, after].some((one) => one !== undefined);
    const next = nextFor(
      more,
      items.some(({ weaknesses }) => weaknesses.length > 0),
    );
    output.answer({
      says: sentence(items.length, filtered),
      table: { head: PROCESS_HEAD, rows: items.map(processRow) },
      ...(next === undefined ? {} : { next }),
      data: { processes: items, next: more },
    });
    return EXIT.ok;
  });
}

function nextFor(more: string | null, weak: boolean): string | undefined {
  if (more !== null) return `There are more: --after ${more}`;
  return weak ? './sallyport process show NAME tells what to do about one of them.' : undefined;
}

function sentence(count: number, filtered: boolean): string {
  if (count > 0) return `${countWords(count, 'process', 'processes')}.`;
  return filtered
    ? 'No process is like that. ./sallyport process list without options shows them all.'
    : 'No process is here yet. ./sallyport process add NAME --owner PERSON --purpose TEXT adds one.';
}

function show(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ processes }) => {
    const output = context.output();
    const process = await processAt(processes, typed, output);
    const { name, lastSeenAt, lastSeenFrom, entries, weaknesses } = process;
    const owner = process.ownerName ?? 'nobody';
    const came =
      lastSeenAt === null
        ? 'It never came yet.'
        : `It last came at ${momentOf(lastSeenAt)}${lastSeenFrom === null ? '' : ` from ${lastSeenFrom}`}.`;
    const enters = entries.map(({ resource, resourceName, scopes }) => {
      const entered = resourceName ?? resource;
      return scopes.length === 0 ? entered : `${entered} with ${scopes.join(', ')}`;
    });
    output.answer({
      says: [
        `${name} is ${process.status}. ${process.purpose}`,
        process.orphaned ? `Nobody answers for it (it was ${owner}).` : `${owner} answers for it.`,
        enters.length === 0 ? 'It may enter nothing yet.' : `It may enter ${enters.join('; ')}.`,
        came,
        ...(weaknesses.length === 0 ? [] : [`Careful: ${weaknessSentences(process)}.`]),
      ].join('\n'),
      table: {
        head: ['proof', 'name', 'last used', 'ends', 'what it is', 'id'],
        rows: process.proofs.map(proofRow),
      },
      ...(weaknesses[0] === undefined
        ? {}
        : { next: MENDS[weaknesses[0]].replaceAll('NAME', name) }),
      data: process,
    });
    return EXIT.ok;
  });
}

const MENDS = {
  orphaned: 'Have somebody answer for it: ./sallyport process change NAME --owner PERSON',
  'no-proof': 'Add a proof: ./sallyport process proof add NAME key --public-key FILE',
  secret:
    'A secret can be copied without a trace. Add a key, a certificate or a workload, then remove it.',
  distrusted:
    'Remove what is distrusted, or trust its CA again: ./sallyport process proof remove NAME PROOF',
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
    return misused(output, NOTHING_TO_CHANGE);
  }
  const wrong = await malformed({ name, purpose, group: group ?? [] });
  if (wrong !== undefined) return misused(output, wrong);
  return withDesk(context, async ({ people, processes, resources }) => {
    const process = await processAt(processes, typed, output);
    const person = owner === undefined ? undefined : await personAt(people, owner, output);
    const add = await entriesTyped(resources, enter, output);
    const gone: string[] = [];
    for (const one of leave) gone.push((await resourceAt(resources, one, output)).id);
    const touched = enter.length > 0 || leave.length > 0;
    const done = await processes.change(process.id, {
      ...(name === undefined ? {} : { name }),
      ...(person === undefined ? {} : { owner: person.id }),
      ...(purpose === undefined ? {} : { purpose }),
      ...(group === undefined ? {} : { groups: group }),
      ...(touched ? { entries: mergedEntries(process.entries, add, gone) } : {}),
    });
    if (!done.ok) {
      return refusedProcessNamed({ resources, processes }, name, output, done.error);
    }
    output.answer({ says: `${done.value.name} is changed.`, data: done.value });
    return EXIT.ok;
  });
}

async function malformed(given: {
  readonly name: string | undefined;
  readonly purpose: string | undefined;
  readonly group: readonly string[];
}): Promise<Problem | undefined> {
  const { Purpose } = await import('@sallyport/contract/api/processes.ts');
  const wrong = nameProblem(given.name);
  if (wrong !== undefined) return wrong;
  if (given.purpose !== undefined && !Purpose.safeParse(given.purpose).success) {
    return { what: 'A purpose has 1 to 512 characters, in one line.' };
  }
  return groupProblem(given.group);
}
