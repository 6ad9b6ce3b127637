/** `sallyport bench`: how fast it is here, beside what it is held against. The benches are in bench/, with how to add one. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { act, type CommandContext } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

interface BenchOptions {
  readonly quick?: true;
  readonly pairs?: string;
}

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('bench [name]')
      .description('Measure how fast it is on this machine. Without a name, list what can be.')
      .option('--quick', 'Small sizes and few pairs: shows that it works, and little else.')
      .option('--pairs <count>', 'How many pairs of runs; five by default, and at least five.')
      .action(
        act(context, (name: string | undefined, options: BenchOptions) =>
          bench(context, name, options),
        ),
      ),
    [
      { run: './sallyport bench', says: 'List what can be measured.' },
      { run: './sallyport bench session', says: 'Measure checks of a session.' },
      { run: './sallyport bench totp --pairs 9 --json', says: 'With more pairs, for a script.' },
    ],
  );
}

/** In a process of its own, with nothing loaded but what is measured. */
function bench(
  { output, environment }: CommandContext,
  name: string | undefined,
  { quick, pairs }: BenchOptions,
): Promise<ExitCode> {
  const root = dirname(dirname(dirname(import.meta.dirname)));
  const script = join(root, 'bench', 'main.ts');
  if (!existsSync(script)) {
    output().problem({
      what: 'The benches are not installed here.',
      mend: 'They are in a clone of the repository, in bench/.',
    });
    return Promise.resolve(EXIT.unavailable);
  }
  const args = [
    ...(name === undefined ? [] : [name]),
    ...(quick ? ['--quick'] : []),
    ...(pairs === undefined ? [] : ['--pairs', pairs]),
    ...(output().json ? ['--json'] : []),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], {
      stdio: 'inherit',
      env: environment,
    });
    child.on('error', reject);
    child.on('exit', (code) => resolve(codeOf(code)));
  });
}

function codeOf(code: number | null): ExitCode {
  return Object.values(EXIT).find((known) => known === code) ?? EXIT.failed;
}
