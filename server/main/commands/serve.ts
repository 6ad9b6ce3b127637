/** `sallyport serve`: run the server until it is told to stop. */
import type { Command } from 'commander';
import { problemText } from '../../config/problem.ts';
import { FIRST_IDENTIFIER } from '../start/first-administrator.ts';
import { letGoOfStart } from '../start/let-go-of-start.ts';
import { act, type CommandContext, withConfig } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

interface ServeOptions {
  readonly workers?: string;
}

export function register(program: Command, context: CommandContext): void {
  examples(
    program
      .command('serve')
      .description('Run the server. Ctrl-C stops it in good order.')
      .option(
        '--workers <count>',
        'Processes that share the port, on PostgreSQL; the setting listen.workers, for this start.',
      )
      .action(act(context, (options: ServeOptions) => run(context, options))),
    [
      { run: './sallyport serve', says: 'On http://localhost:8080, with everything in ./data.' },
      {
        run: 'SALLYPORT_LISTEN__PORT=9000 ./sallyport serve',
        says: 'On another port. Every setting can be given like this.',
      },
      { run: './sallyport serve --workers 4', says: 'Four processes on one PostgreSQL.' },
    ],
  );
}

/** The option is the setting, given as a variable would give it: so it is read, refused and explained as the setting is. */
function run(started: CommandContext, { workers }: ServeOptions): Promise<ExitCode> {
  const context =
    workers === undefined
      ? started
      : {
          ...started,
          environment: { ...started.environment, SALLYPORT_LISTEN__WORKERS: workers },
        };
  return withConfig(context, async (loaded) => {
    const { createLog } = await import('../start/log.ts');
    const { warnings, warningText } = await import('../../config/warnings.ts');
    const output = context.output();
    const { config } = loaded;
    for (const warning of warnings(loaded)) output.warn(warningText(warning));
    const { namedFileProblems } = await import('../named-files.ts');
    const { systemRandom } = await import('../../kernel/random.ts');
    const { environment } = context;
    const wrong = await namedFileProblems({ loaded, environment, random: systemRandom() });
    if (wrong.length > 0) {
      output.problem({ what: wrong.map(problemText).join('\n'), data: wrong });
      return EXIT.unavailable;
    }
    const { whyExposed } = await import('../writable.ts');
    const exposed = whyExposed(config.data);
    if (exposed?.toEveryone === false) output.warn(`${exposed.what} ${exposed.mend}`);
    const input = { config, environment, log: createLog(config.log) };
    const served =
      config.listen.workers === 1
        ? await (await import('../serve.ts')).serve(input)
        : await (await import('../workers/serve-workers.ts')).serveWorkers(input);
    if (!served.ok) {
      output.problem(served.error);
      return EXIT.unavailable;
    }
    const { origin, folder, firstLink, stop } = served.value;
    const where = `Sallyport serves ${origin}, with its data in ${folder}.`;
    output.answer({
      says: where,
      ...(firstLink === undefined
        ? {}
        : {
            next: `There is no administrator yet. Whoever opens this link becomes one, and signs in as “${FIRST_IDENTIFIER}” from then on:\n\n  ${firstLink}`,
          }),
      data: { origin, folder, firstLink: firstLink ?? null },
    });
    letGoOfStart();
    await told();
    output.word('Stopping, when what is under way is done. Ctrl-C again ends it at once.');
    await stop();
    output.word('Stopped.');
    return EXIT.ok;
  });
}

/** Resolves with the first signal to stop; the second one ends the process at once, as people expect. */
function told(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(EXIT.failed));
        resolve();
      });
    }
  });
}
