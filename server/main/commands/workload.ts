/** `sallyport workload …`: which programs of this machine are which process. docs/spiffe.md tells what follows from it. */
import { createHash } from 'node:crypto';
import { createReadStream, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { withDesk } from '../desks/at-desk.ts';
import type { ShownWorkload } from '../desks/workloads-desk.ts';
import { processAt } from '../process/process-words.ts';
import { onlyHere } from '../remote/places.ts';
import { tellBy } from '../remote/refused.ts';
import { countWords, momentOf } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Problem } from '../terminal/output.ts';
import { byEndOfId, limitTyped, misused } from '../terminal/typed.ts';

interface AddOptions {
  readonly executable?: string;
}

interface ListOptions {
  readonly after?: string;
  readonly limit: string;
}

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('workload')
    .description('Programs of this machine that are told who they are (SPIFFE).');
  examples(
    group
      .command('add')
      .description('Have a program known as a process, where all that is said of it is so.')
      .argument('<process>', 'Name or id of the process.')
      .argument(
        '<selectors...>',
        'uid:NUMBER or unit:NAME.service, and with them path:/FILE or sha256:HEX.',
      )
      .option('--executable <file>', 'The file that it runs, as it is now: path and SHA-256.')
      .action(
        act(context, (process: string, selectors: string[], options: AddOptions) =>
          add(context, process, selectors, options),
        ),
      ),
    [
      {
        run: './sallyport workload add billing unit:billing.service',
        says: 'Whatever that unit of systemd runs.',
      },
      {
        run: './sallyport workload add nightly uid:1003 --executable /usr/local/bin/nightly',
        says: 'That user with that file, and no other version of it.',
      },
    ],
  );
  examples(
    group
      .command('list')
      .description('Show which programs are which process.')
      .argument('[process]', 'Name or id: those of one process alone.')
      .option('--after <id>', 'Go on behind this one.')
      .option('--limit <number>', 'How many at the most.', '100')
      .action(
        act(context, (process: string | undefined, options: ListOptions) =>
          list(context, process, options),
        ),
      ),
    [{ run: './sallyport workload list', says: 'Everything that gets an identity here.' }],
  );
  examples(
    group
      .command('remove')
      .description('Have a program known as that process no longer.')
      .argument('<workload>', 'Its id, or the last six characters of it or more.')
      .action(act(context, (typed: string) => remove(context, typed))),
    [{ run: './sallyport workload remove 4f2a91', says: 'A program that moved elsewhere.' }],
  );
}

async function add(
  context: CommandContext,
  typed: string,
  selectors: readonly string[],
  { executable }: AddOptions,
): Promise<ExitCode> {
  const output = context.output();
  const elsewhere = executable === undefined ? undefined : onlyHere(context, MEASURING);
  if (elsewhere !== undefined) return elsewhere;
  const measured = executable === undefined ? ok([]) : await measure(context.folder, executable);
  if (!measured.ok) return misused(output, measured.error);
  return withDesk(context, async ({ processes, workloads }) => {
    const process = await processAt(processes, typed, output);
    const added = await workloads.add(process.id, [...selectors, ...measured.value]);
    if (!added.ok) return refused(output, added.error);
    output.answer({
      says: `Programs with ${wordsOf(added.value)} are ${process.name} from now on.`,
      next: `${whereTheyAsk(workloads.socket)} docs/spiffe.md tells the rest.`,
      data: added.value,
    });
    return EXIT.ok;
  });
}

function whereTheyAsk(socket: string | null | undefined): string {
  if (socket === null) return 'They are told once spiffe.enabled is on in sallyport.yaml.';
  return socket === undefined
    ? 'They ask who they are at the socket that spiffe.socket names there.'
    : `They ask who they are with SPIFFE_ENDPOINT_SOCKET=unix:${socket}.`;
}

/** The programs are those of the server’s machine, and so is the file. */
const MEASURING = 'Measuring a file (--executable)';

function list(
  context: CommandContext,
  typed: string | undefined,
  { after, ...options }: ListOptions,
): Promise<ExitCode> | ExitCode {
  const output = context.output();
  const limit = limitTyped(options.limit);
  if (!limit.ok) return misused(output, limit.error);
  return withDesk(context, async ({ processes, workloads }) => {
    const process = typed === undefined ? undefined : await processAt(processes, typed, output);
    const found = await workloads.list({
      ...(process === undefined ? {} : { process: process.id }),
      ...(after === undefined ? {} : { after }),
      limit: limit.value,
    });
    if (!found.ok) return refused(output, found.error);
    const { items, next } = found.value;
    output.answer({
      says:
        items.length === 0
          ? 'No program gets an identity here yet. ./sallyport workload add PROCESS SELECTOR… has one known.'
          : `${countWords(items.length, 'workload', 'workloads')}.`,
      table: {
        head: ['process', 'state', 'where all of this is so', 'since', 'id'],
        rows: items.map(row),
      },
      ...(next === null ? {} : { next: `There are more: --after ${next}` }),
      data: { workloads: items, next },
    });
    return EXIT.ok;
  });
}

const MOST_LOOKED_THROUGH = 10_000;

function remove(context: CommandContext, typed: string): Promise<ExitCode> {
  return withDesk(context, async ({ workloads }) => {
    const output = context.output();
    const all = await workloads.list({ limit: MOST_LOOKED_THROUGH });
    if (!all.ok) return refused(output, all.error);
    const chosen = byEndOfId(all.value.items, typed);
    if (!chosen.ok) return misused(output, chosen.error);
    const none = tellBy({
      'not-found': () => ({
        what: `There is no workload “${typed}”.`,
        mend: './sallyport workload list shows them.',
      }),
    });
    if (chosen.value === undefined) return none(output, { code: 'not-found', members: {} });
    const removed = await workloads.remove(chosen.value.id);
    if (!removed.ok) return none(output, removed.error);
    output.answer({
      says: `Programs with ${wordsOf(removed.value)} are ${removed.value.processName} no longer.`,
      data: removed.value,
    });
    return EXIT.ok;
  });
}

/** The file itself, whatever links lead to it: that is what its kernel says of a program. */
async function measure(folder: string, typed: string): Promise<Result<readonly string[], Problem>> {
  try {
    const path = realpathSync(resolve(folder, typed));
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) hash.update(chunk);
    return ok([`path:${path}`, `sha256:${hash.digest('hex')}`]);
  } catch {
    return failed({ what: `${typed} can’t be read.`, mend: 'Name a file on this machine.' });
  }
}

const SELECTORS: Readonly<Record<string, (selector: unknown) => Problem>> = {
  malformed: (selector) => ({
    what: `“${selector}” says nothing that a program can be known by.`,
    mend: 'Write uid:1003, unit:billing.service, path:/usr/bin/billing or sha256:HEX. Nobody is uid:65534: it stands for anyone.',
  }),
  anyones: () => ({
    what: 'Anyone can run that file, and look into it while it runs.',
    mend: 'Say whose it is too: uid:NUMBER or unit:NAME.service.',
  }),
  twice: (selector) => ({
    what: `“${selector}” is a second one of its kind, and no program is both.`,
    mend: 'Add two workloads.',
  }),
};

const refused = tellBy({
  'selector-not-valid': ({ why, selector }) => SELECTORS[String(why)]?.(selector),
  'workload-known-already': () => ({
    what: 'Programs like that are this process already.',
    mend: './sallyport workload list shows them.',
  }),
});

const wordsOf = ({ selectors }: ShownWorkload) => selectors.join(' and ');

function row(workload: ShownWorkload): Cell[] {
  const { id, processName, active, createdAt } = workload;
  return [
    processName,
    active ? ['granted', 'active'] : ['refused', 'disabled'],
    wordsOf(workload),
    momentOf(createdAt),
    id,
  ];
}
