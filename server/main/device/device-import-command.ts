/** `sallyport device import`: many devices at once, looked at before anything is done. */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { importLimits } from '@sallyport/contract/api/devices.ts';
import type { Command } from 'commander';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { withDesk } from '../desks/at-desk.ts';
import { countWords } from '../terminal/amounts.ts';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Problem } from '../terminal/output.ts';
import { misused } from '../terminal/typed.ts';
import { refusedDevice } from './device-words.ts';

export function registerImport(group: Command, context: CommandContext): void {
  examples(
    group
      .command('import')
      .description('Look at a CSV file of devices, and with --apply add all of them or none.')
      .argument(
        '<file>',
        'Columns: name, kind, owner; zone, serial, mac, addresses, groups, purpose.',
      )
      .option('--apply', 'Add them. Without it nothing is changed.')
      .action(
        act(context, (file: string, { apply = false }: { apply?: boolean }) =>
          importFile(context, file, apply),
        ),
      ),
    [
      {
        run: './sallyport device import devices.csv',
        says: 'What it would add, and what is wrong.',
      },
      { run: './sallyport device import devices.csv --apply', says: 'All of it, or nothing.' },
    ],
  );
}

async function importFile(
  context: CommandContext,
  file: string,
  apply: boolean,
): Promise<ExitCode> {
  const output = context.output();
  const csv = readFile(resolve(context.folder, file), file);
  if (!csv.ok) return misused(output, csv.error);
  return withDesk(context, async ({ devices }) => {
    const done = await devices.import(csv.value, apply);
    if (!done.ok) return refusedDevice(output, done.error);
    const { applied, devices: rows, problems } = done.value;
    if (problems.length > 0) {
      output.problem({
        what: `${countWords(problems.length, 'problem')} in ${file}. Nothing was added.`,
        mend: 'Mend them and look again.',
        table: {
          head: ['line', 'column', 'what is wrong'],
          rows: problems.map(({ line, column, says }) => [String(line), column ?? '', says]),
        },
        data: { code: 'not-valid', problems },
      });
      return EXIT.failed;
    }
    output.answer({
      says: applied
        ? `${countWords(rows.length, 'device')} added.`
        : `${countWords(rows.length, 'device')} would be added. Nothing was changed yet.`,
      table: {
        head: ['line', 'device', 'kind', 'zone', 'owner'],
        rows: rows.map(({ line, name, kind, zone, owner }) => [
          String(line),
          name,
          kind,
          zone,
          owner,
        ]),
      },
      next: applied
        ? 'They have no proofs yet: ./sallyport device list shows what to look at.'
        : `./sallyport device import ${file} --apply adds all of them.`,
      data: done.value,
    });
    return EXIT.ok;
  });
}

function readFile(path: string, typed: string): Result<string, Problem> {
  let bytes: Uint8Array;
  try {
    // Before it is read: a file can be larger than memory.
    if (statSync(path).size > importLimits.bytes) {
      return failed({ what: `${typed} is larger than 1 MiB.`, mend: 'Cut it into several.' });
    }
    bytes = readFileSync(path);
  } catch {
    return failed({ what: `${typed} can’t be read.`, mend: 'Name a file that is there.' });
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    return failed({
      what: `${typed} is not in UTF-8.`,
      mend: `Save it as UTF-8, or: iconv -f WINDOWS-1252 -t UTF-8 ${typed}`,
    });
  }
}
