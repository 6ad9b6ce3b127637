/** `sallyport password …`: which passwords nobody may choose. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Progress } from '../terminal/progress.ts';
import { misused } from '../terminal/typed.ts';

interface ImportOptions {
  readonly to: string;
  readonly least: string;
}

export function register(program: Command, context: CommandContext): void {
  const password = program.command('password').description('Which passwords nobody may choose.');
  examples(
    password
      .command('import')
      .description('Make a compact filter of breached passwords from their public range files.')
      .argument('<folder>', 'Range files, one for each five digits: 00000.txt to FFFFF.txt.')
      .option('--to <file>', 'The filter to write.', 'breached.filter')
      .option('--least <number>', 'Leave out what was seen less often than this.', '1')
      .action(
        act(context, (folder: string, options: ImportOptions) => load(context, folder, options)),
      ),
    [
      {
        run: './sallyport password import ranges --to data/breached.filter',
        says: 'Then set proofs.password.breachFilter to that file.',
      },
    ],
  );
}

async function load(
  { output, folder: from }: CommandContext,
  typed: string,
  { to, least }: ImportOptions,
): Promise<ExitCode> {
  const minCount = Number(least);
  if (!Number.isInteger(minCount) || minCount < 1) {
    output().problem({ what: '--least is a whole number from 1.' });
    return EXIT.usage;
  }
  const wrong = folderProblem(resolve(from, typed));
  if (wrong !== undefined) return misused(output(), wrong);
  const { importRangeFiles } = await import('../../proofs/password/make-breach-filter.ts');
  const folder = resolve(from, typed);
  const target = resolve(from, to);
  let bar: Progress | undefined;
  let shown = 0;
  const made = await importRangeFiles({
    folder,
    target,
    minCount,
    progress(done, total) {
      bar ??= output().progress('Reading range files', total);
      bar.advance(done - shown);
      shown = done;
    },
  }).finally(() => bar?.end());
  if (!made.ok) {
    const { error } = made;
    output().problem(
      error.code === 'no-range-files'
        ? {
            what: `There are no range files in ${folder}.`,
            mend: 'They are named by five hexadecimal digits, such as 00A3F.txt.',
          }
        : {
            what: `${error.file}, line ${error.line}, is not a line of a range file. Nothing was written.`,
            mend: 'Each line is the rest of a SHA-1 in hex, a colon, and a count.',
          },
    );
    return EXIT.failed;
  }
  const { keys, missing, falsePositives } = made.value;
  const bytes = statSync(target).size;
  const number = new Intl.NumberFormat('en');
  output().answer({
    says: `${number.format(keys)} breached passwords are in ${target} (${number.format(bytes)} bytes).${
      missing > 0 ? ` ${number.format(missing)} range files were not there.` : ''
    }`,
    next: `Put this into sallyport.yaml, and start again:\n\n  proofs:\n    password:\n      breachFilter: ${target}`,
    data: { file: target, keys, bytes, missing, falsePositives },
  });
  return EXIT.ok;
}

function folderProblem(folder: string) {
  const is = statSync(folder, { throwIfNoEntry: false });
  if (is?.isDirectory() === true) return undefined;
  return {
    what: is === undefined ? `There is no folder ${folder}.` : `${folder} is a file.`,
    mend: 'Name the folder of the range files, such as 00A3F.txt.',
  };
}
