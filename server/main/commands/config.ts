/**
 * `sallyport config …`: the settings in force, and what is wrong with them.
 *
 * This file is the one to copy for a new group of commands:
 * - export `register`, and add a line to GROUPS in ../groups.ts;
 * - one `command(…)` a verb: a description that is one sentence, options with a sentence each, `examples(…)`, and an action made
 *   by `act`, which gives an exit code of EXIT; usage errors, faults and stacks are seen to there;
 * - say what is so through `output().answer`: a sentence, then a table, and the same facts as `data` for --json. Problems go
 *   through `output().problem`, each with what to do. Work that may take over a second shows `output().progress`;
 * - import what is heavy (the house, the database) inside the action: a command that is not called costs nothing.
 */
import type { Command } from 'commander';
import { act, type CommandContext, withConfig } from '../terminal/command-context.ts';
import { EXIT, type ExitCode } from '../terminal/exit.ts';
import { examples } from '../terminal/help.ts';

export function register(program: Command, context: CommandContext): void {
  const config = program.command('config').description('The settings in force.');
  examples(
    config
      .command('check')
      .description('Tell all that is wrong with the configuration, and what makes it less safe.')
      .action(act(context, () => check(context))),
    [
      {
        run: './sallyport config check',
        says: 'Look at ./sallyport.yaml and the SALLYPORT_* variables.',
      },
      {
        run: './sallyport config check --config new.yaml',
        says: 'Look at another file before you put it in place.',
      },
    ],
  );
  examples(
    config
      .command('show')
      .description('Show the settings in force, and where each of them comes from.')
      .option('--all', 'Also those that are left as they are by default.')
      .action(act(context, ({ all }: { all?: true }) => show(context, all === true))),
    [
      { run: './sallyport config show', says: 'What you have set.' },
      { run: './sallyport config show --all --json', says: 'Everything, for a script.' },
    ],
  );
  examples(
    config
      .command('schema')
      .description('Print the JSON Schema of sallyport.yaml, for editors.')
      .action(act(context, () => schema(context))),
    [
      {
        run: './sallyport config schema > sallyport.schema.json',
        says: 'Keep it beside your file.',
      },
    ],
  );
}

async function check({
  environment,
  folder,
  configFile,
  output,
}: CommandContext): Promise<ExitCode> {
  const { byPlace, loadConfig, salvageConfig } = await import('../../config/load-config.ts');
  const { warnings } = await import('../../config/warnings.ts');
  const { namedFileProblems } = await import('../named-files.ts');
  const { systemRandom } = await import('../../kernel/random.ts');
  const input = { environment, folder, file: configFile() };
  const loaded = loadConfig(input);
  const whole = loaded.ok ? loaded.value : salvageConfig(input, loaded.error)?.loaded;
  const files =
    whole === undefined
      ? []
      : await namedFileProblems({ loaded: whole, environment, random: systemRandom() });
  const problems = byPlace([...(loaded.ok ? [] : loaded.error), ...files]);
  // Of what can be read, where not all of it can be.
  const careful = whole === undefined ? [] : warnings(whole);
  const file = loaded.ok ? loaded.value.file : undefined;
  output().answer({
    says: sentence(
      problems.length,
      careful.length,
      problems.length === 0 ? (file ?? 'the defaults') : undefined,
    ),
    table: {
      head: ['', 'where', 'what'],
      rows: [
        ...problems.map(({ where, setting, says }) => [
          ['refused', 'wrong'] as const,
          where || setting,
          says,
        ]),
        ...careful.map(({ where, setting, says }) => {
          // What is so by default stands nowhere; it is changed where its setting is written.
          return [['challenged', 'careful'] as const, where || `${setting} (default)`, says];
        }),
      ],
    },
    data: { ok: problems.length === 0, file: file ?? null, problems, warnings: careful },
  });
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}

function sentence(problems: number, careful: number, sound: string | undefined): string {
  if (sound === undefined) {
    return problems === 1
      ? 'One thing is wrong with the configuration.'
      : `${problems} things are wrong with the configuration.`;
  }
  const of =
    sound === 'the defaults'
      ? 'There is no sallyport.yaml; the defaults are in force'
      : `${sound} is in order`;
  if (careful === 0) return `${of}.`;
  return careful === 1
    ? `${of}, but one setting makes it less safe.`
    : `${of}, but ${careful} settings make it less safe.`;
}

function show(context: CommandContext, all: boolean): Promise<ExitCode> {
  return withConfig(context, async (loaded) => {
    const { showConfig } = await import('../../config/show-config.ts');
    const settings = showConfig(loaded).filter(({ from }) => all || from !== 'default');
    const { output } = context;
    output().answer({
      says:
        settings.length === 0
          ? 'Everything is as it is by default.'
          : `${loaded.file ?? 'No file, only variables and defaults'}:`,
      table: {
        head: ['setting', 'from', 'value'],
        rows: settings.map(({ setting, from, value }) => [setting, from, inWords(value)]),
      },
      ...(all ? {} : { next: 'With --all it shows the defaults too.' }),
      data: { file: loaded.file ?? null, settings },
    });
    return EXIT.ok;
  });
}

function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? '(none)' : value.map(inWords).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

async function schema({ output }: CommandContext): Promise<ExitCode> {
  const { configJsonSchema } = await import('../../config/json-schema.ts');
  output().raw(JSON.stringify(configJsonSchema(), null, 2));
  return EXIT.ok;
}
