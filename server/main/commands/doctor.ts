/** `sallyport doctor`: looks at everything that can be wrong, and says how to mend it. The looks are in ../doctor/looks.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { SalvagedConfig } from '../../config/load-config.ts';
import { problemText } from '../../config/problem.ts';
import type { Config } from '../../config/sections.ts';
import type { Finding, LookContext, LookState } from '../doctor/look.ts';
import { act, type CommandContext, withConfig } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';
import type { Cell } from '../terminal/output.ts';

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('doctor')
      .description('Look at everything that can be wrong, and say how to mend it.')
      .option('--online', 'Also speak to the mail server, which may be far away.')
      .action(act(context, (options: { online?: boolean }) => doctor(context, options))),
    [
      { run: './sallyport doctor', says: 'Before the first start, and whenever something is odd.' },
      { run: './sallyport doctor --online', says: 'And try whether mail can be sent.' },
      {
        run: './sallyport doctor --json',
        says: 'For a script; the exit code is 1 when something is bad.',
      },
    ],
  );
}

/** What that look is called, which tells of settings that hold. */
const CONFIGURATION = 'configuration';

interface Found extends Finding {
  readonly name: string;
}

const SIGNS: Readonly<Record<LookState, Cell>> = {
  ok: ['granted', 'ok'],
  warn: ['challenged', 'careful'],
  bad: ['refused', 'bad'],
  unknown: ['unknown', 'unknown'],
};

async function doctor(
  context: CommandContext,
  { online = false }: { readonly online?: boolean },
): Promise<ExitCode> {
  const { loadConfig, salvageConfig } = await import('../../config/load-config.ts');
  const { systemClock } = await import('../../kernel/clock.ts');
  const { systemRandom } = await import('../../kernel/random.ts');
  const { output, environment, folder, configFile } = context;
  const input = { environment, folder, file: configFile() };
  const read = loadConfig(input);
  const whole = { problems: [], unclear: [] };
  const seen = read.ok ? { ...whole, loaded: read.value } : salvageConfig(input, read.error);
  // Without anything to go by there is nothing to look at, and it is told as for every command.
  if (seen === undefined) return withConfig(context, () => EXIT.usage);
  const { loaded } = seen;
  const found = await lookAtAll(
    { loaded, environment, clock: systemClock(), random: systemRandom(), online },
    seen,
    output,
  );
  const wrong = found.filter(({ state }) => state === 'bad').length;
  const careful = found.filter(({ state }) => state === 'warn' || state === 'unknown').length;
  output().answer({
    says: sentence(wrong, careful, nothingIn(loaded.config)),
    table: {
      head: ['', 'of', 'what'],
      rows: found.map(({ name, state, what, mend }) => [
        SIGNS[state],
        name,
        mend === undefined ? what : `${what}\n${mend}`,
      ]),
    },
    data: { ok: wrong === 0, found },
  });
  return wrong === 0 ? EXIT.ok : EXIT.failed;
}

async function lookAtAll(
  context: LookContext,
  { problems, unclear }: Pick<SalvagedConfig, 'problems' | 'unclear'>,
  output: CommandContext['output'],
): Promise<Found[]> {
  const { LOOKS } = await import('../doctor/looks.ts');
  const progress = output().progress('Looking', LOOKS.length);
  const found: Found[] = problems.map((problem) => ({
    name: CONFIGURATION,
    state: 'bad',
    what: problemText(problem),
    mend: 'Until that is mended no server starts, and no other command runs.',
  }));
  for (const { name, needs, look } of LOOKS) {
    if (name === CONFIGURATION && problems.length > 0) continue;
    const open = needs.filter((section) => unclear.includes(section));
    if (open.length > 0) {
      const what = `It can’t be found out: what is meant by ${open.join(' and ')} is not clear.`;
      found.push({ name, state: 'unknown', what, mend: 'Mend the configuration, and look again.' });
      progress.advance();
      continue;
    }
    try {
      found.push(...[await look(context)].flat().map((finding) => ({ name, ...finding })));
    } catch (error) {
      const what = `It can’t be found out: ${error instanceof Error ? error.message : String(error)}`;
      found.push({ name, state: 'unknown', what, mend: 'Mend that, and look again.' });
    }
    progress.advance();
  }
  progress.end();
  return found;
}

/** Most often another folder was meant. */
function nothingIn({ database, data }: Config): string | undefined {
  return database === 'sqlite' && !existsSync(join(data, 'sallyport.db')) ? data : undefined;
}

function sentence(wrong: number, careful: number, nothing: string | undefined): string {
  const things = (count: number) => (count === 1 ? 'One thing' : `${count} things`);
  if (wrong > 0) return `${things(wrong)} must be mended.`;
  if (careful > 0) return `Nothing is broken. ${things(careful)} should be looked at.`;
  if (nothing === undefined) return 'Everything is in order.';
  return `There is no Sallyport in ${nothing}; nothing stands in the way of a first start.`;
}
