/** What every command is given, and how it ends. */
import type { Environment } from '../../config/environment.ts';
import { type LoadedConfig, loadConfig } from '../../config/load-config.ts';
import { problemText } from '../../config/problem.ts';
import { Fault } from '../../kernel/fault.ts';
import { Ended, EXIT, type ExitCode } from './exit.ts';
import { faultMend } from './fault-mends.ts';
import { fileProblem } from './file-problem.ts';
import type { Output } from './output.ts';

export interface CommandContext {
  readonly environment: Environment;
  /** Where the command was started. */
  readonly folder: string;
  /** What `--config` named. */
  readonly configFile: () => string | undefined;
  /** What `--at` named: the server to work at, instead of this machine. */
  readonly at: () => string | undefined;
  /** False where `--no-wait` says that nobody is there to show a fresh proof. */
  readonly waits: () => boolean;
  readonly output: () => Output;
  /** Takes the code that the process ends with. */
  readonly end: (code: ExitCode) => void;
}

/** Makes an action of a function that gives its exit code. Nothing that it throws gets lost or shows a stack to people. */
export function act<A extends unknown[]>(
  context: CommandContext,
  work: (...args: A) => Promise<ExitCode> | ExitCode,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      context.end(await work(...args));
    } catch (error) {
      if (error instanceof Ended) {
        if (error.problem !== undefined) context.output().problem(error.problem);
        return context.end(error.code);
      }
      const file = context.environment.DEBUG ? undefined : fileProblem(error);
      context.output().problem(file ?? problemOf(error, context));
      context.end(file || isMissing(error) ? EXIT.unavailable : EXIT.failed);
    }
  };
}

/** Something that is needed is not there, or is not the right one. */
function isMissing(error: unknown): boolean {
  return (
    error instanceof Fault && (error.code === 'store.unavailable' || faultMend(error) !== undefined)
  );
}

function problemOf(error: unknown, { environment, at: server }: CommandContext) {
  const causes: string[] = [];
  for (let at = error; at instanceof Error && causes.length < 8; at = at.cause) {
    causes.push(environment.DEBUG ? (at.stack ?? at.message) : at.message);
  }
  const [first = String(error), ...rest] = causes;
  const because = rest.map((cause) => `\nbecause: ${cause}`).join('');
  const doctor =
    server() === undefined ? './sallyport doctor looks at all that can be wrong. ' : '';
  const hint = 'With DEBUG=1 in the environment it tells where this happened.';
  const own = error instanceof Fault ? faultMend(error) : undefined;
  const mend = environment.DEBUG ? undefined : (own ?? `${doctor}${hint}`);
  const what = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  return { what: `${what}${own === undefined ? '' : '.'}${because}`, mend };
}

/** Runs `work` on the configuration in force, or tells all that is wrong with it. */
export async function withConfig(
  { environment, folder, configFile, output }: CommandContext,
  work: (loaded: LoadedConfig) => Promise<ExitCode> | ExitCode,
): Promise<ExitCode> {
  const loaded = loadConfig({ environment, folder, file: configFile() });
  if (loaded.ok) return work(loaded.value);
  output().problem({
    what: `The configuration can’t be used:\n${loaded.error.map((one) => `- ${problemText(one)}`).join('\n')}`,
    data: loaded.error,
  });
  return EXIT.usage;
}
