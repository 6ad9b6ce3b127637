/** `sallyport workload …`: which programs of this machine are which process. docs/spiffe.md tells what follows from it. */
import { createHash } from 'node:crypto';
import { createReadStream, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { selectorText } from '@sallyport/contract/workloads.ts';
import type { Command } from 'commander';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { writeOrUndo } from '../../store/undo.ts';
import type { Process } from '../../subjects/process.ts';
import type { Workload, WorkloadError } from '../../subjects/workloads.ts';
import { AT_THE_MACHINE } from '../desks/at-the-machine.ts';
import type { House } from '../house.ts';
import { countWords, momentWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell, Output, Problem } from '../terminal/output.ts';
import { byEndOfId, misused } from '../terminal/typed.ts';
import { withHouse } from '../with-house.ts';

interface AddOptions {
  readonly executable?: string;
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
      .action(act(context, (process: string | undefined) => list(context, process))),
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
  const measured = executable === undefined ? ok([]) : await measure(context.folder, executable);
  if (!measured.ok) return misused(output, measured.error);
  return withHouse(context, async ({ house }) => {
    const process = await processOf(house, typed, output);
    if (process === undefined) return EXIT.notFound;
    const all = [...selectors, ...measured.value];
    const added = await writeOrUndo(house.store, (tx) =>
      house.workloads.add(tx, process.id, all, AT_THE_MACHINE),
    );
    if (!added.ok) return refused(output, added.error);
    output.answer({
      says: `Programs with ${wordsOf(added.value)} are ${process.name} from now on.`,
      next: 'They ask who they are at the socket that spiffe.socket names: docs/spiffe.md.',
      data: shown(added.value),
    });
    return EXIT.ok;
  });
}

function list(context: CommandContext, typed: string | undefined): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const process = typed === undefined ? undefined : await processOf(house, typed, output);
    if (typed !== undefined && process === undefined) return EXIT.notFound;
    const found = await house.store.read((q) => house.workloads.list(q, { process: process?.id }));
    output.answer({
      says:
        found.length === 0
          ? 'No program gets an identity here yet. ./sallyport workload add PROCESS SELECTOR… has one known.'
          : `${countWords(found.length, 'workload', 'workloads')}.`,
      table: {
        head: ['process', 'state', 'where all of this is so', 'since', 'id'],
        rows: found.map(row),
      },
      data: { workloads: found.map(shown) },
    });
    return EXIT.ok;
  });
}

function remove(context: CommandContext, typed: string): Promise<ExitCode> {
  return withHouse(context, async ({ house }) => {
    const output = context.output();
    const all = await house.store.read((q) => house.workloads.list(q));
    const chosen = byEndOfId(all, typed);
    if (!chosen.ok) return misused(output, chosen.error);
    if (chosen.value === undefined) return refused(output, { code: 'not-found' }, typed);
    const { id } = chosen.value;
    const removed = await writeOrUndo(house.store, (tx) =>
      house.workloadActs.remove(tx, id, AT_THE_MACHINE),
    );
    if (!removed.ok) return refused(output, removed.error, typed);
    const { process } = removed.value;
    output.answer({
      says: `Programs with ${wordsOf(removed.value)} are ${process.name} no longer.`,
      data: shown(removed.value),
    });
    return EXIT.ok;
  });
}

async function processOf(
  house: House,
  typed: string,
  output: Output,
): Promise<Process | undefined> {
  const process = await house.store.read((q) => house.processes.find(q, typed));
  if (process === undefined) {
    output.problem({
      what: `There is no process “${typed}”.`,
      mend: './sallyport process list shows them; ./sallyport process add adds one.',
      data: { code: 'not-found' },
    });
  }
  return process;
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

function refused(output: Output, error: WorkloadError, typed = ''): ExitCode {
  output.problem({ ...problemOf(error, typed), data: error });
  return error.code === 'not-found' ? EXIT.notFound : EXIT.usage;
}

function problemOf(error: WorkloadError, typed: string): Problem {
  switch (error.code) {
    case 'not-found':
      return {
        what: `There is no workload “${typed}”.`,
        mend: './sallyport workload list shows them.',
      };
    case 'malformed':
      return {
        what: `“${error.selector}” says nothing that a program can be known by.`,
        mend: 'Write uid:1003, unit:billing.service, path:/usr/bin/billing or sha256:HEX. Nobody is uid:65534: it stands for anyone.',
      };
    case 'anyones':
      return {
        what: 'Anyone can run that file, and look into it while it runs.',
        mend: 'Say whose it is too: uid:NUMBER or unit:NAME.service.',
      };
    case 'twice':
      return {
        what: `“${error.selector}” is a second one of its kind, and no program is both.`,
        mend: 'Add two workloads.',
      };
    case 'held-already':
      return {
        what: 'Programs like that are this process already.',
        mend: './sallyport workload list shows them.',
      };
  }
}

const wordsOf = ({ selectors }: Workload) => selectors.map(selectorText).join(' and ');

const shown = ({ id, process, selectors, createdAt }: Workload) => ({
  id,
  process: process.id,
  processName: process.name,
  selectors: selectors.map(selectorText),
  createdAt: new Date(createdAt).toISOString(),
});

function row(workload: Workload): Cell[] {
  const { id, process, createdAt } = workload;
  return [
    process.name,
    process.active ? ['granted', 'active'] : ['refused', 'disabled'],
    wordsOf(workload),
    momentWords(createdAt),
    id,
  ];
}
