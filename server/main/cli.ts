/**
 * The command line. Reads what was asked, loads the one group of commands that it is for (groups.ts), and ends with its exit
 * code. `./sallyport` runs this file.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { nearest } from '../config/nearest.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT, EXIT_WORDS } from './exit.ts';
import { GROUPS } from './groups.ts';
import { rootPage } from './help.ts';
import { createOutput, type Output, wantsColours } from './output.ts';

const COLOURS = wantsColours(process.env);

export function createProgram(version: string): Command {
  return new Command('sallyport')
    .description(
      'One gate for people, devices and software processes. Every subject comes through a door, is judged by one gate against one policy, and leaves one record.',
    )
    .option('--config <file>', 'The configuration file, instead of ./sallyport.yaml.')
    .option('--json', 'Answer in JSON, for scripts.')
    .option('--no-color', 'No colours. NO_COLOR in the environment means the same.')
    .version(version, '--version', 'Tell the version.')
    .helpOption('--help', 'Tell how a command is used.')
    .helpCommand(false)
    .configureHelp({
      showGlobalOptions: true,
      helpWidth: Math.min(process.stdout.columns ?? 100, 100),
    })
    .configureOutput({ writeErr: () => {} }) // Told in our own words below.
    .exitOverride();
}

/** The first word that is not an option, nor the value of one. */
export function firstWord(args: readonly string[]): string | undefined {
  return args.find((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--config');
}

async function main(args: readonly string[]): Promise<void> {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  const program = createProgram(manifest.version);
  const output = (): Output => {
    const { json, color } = program.opts<{ json?: true; color: boolean }>();
    const { stdout, stderr } = process;
    return createOutput({ stdout, stderr, json: json === true, colours: COLOURS && color });
  };
  const context: CommandContext = {
    environment: process.env,
    folder: process.cwd(),
    configFile: () => program.opts<{ config?: string }>().config,
    output,
    end: (code) => {
      process.exitCode = code;
    },
  };

  const word = firstWord(args);
  const group = GROUPS.find(({ name }) => name === word);
  if (group !== undefined) {
    (await group.load()).register(program, context);
    for (const command of program.commands) command.helpCommand(false);
  } else if (word === undefined || word === 'help') {
    if (args.includes('--version')) return void process.stdout.write(`${manifest.version}\n`);
    for (const { load } of GROUPS) (await load()).register(program, context);
    const { columns = 100, isTTY } = process.stdout;
    const page = rootPage(program, GROUPS, { width: columns, colours: COLOURS && isTTY === true });
    return void process.stdout.write(page);
  } else {
    const meant = nearest(
      word,
      GROUPS.map(({ name }) => name),
    );
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    output().problem({
      what: `There is no command ${word}.${hint}`,
      mend: './sallyport --help lists them all.',
    });
    process.exitCode = EXIT.usage;
    return;
  }

  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return; // It was --help.
    // Told first by commander as `error: unknown option …`.
    const what = error.message.replace(/^error: /, '').replace(/\n\(([^)]*)\)$/, '. $1');
    const called = args
      .slice(0, 2)
      .filter((arg) => !arg.startsWith('-'))
      .join(' ');
    if (error.code !== 'commander.help') {
      output().problem({
        what: sentence(what),
        mend: `./sallyport ${called} --help tells how it is used.`,
      });
    }
    process.exitCode = EXIT.usage;
  }
}

function sentence(text: string): string {
  const end = /[.?]$/.test(text) ? '' : '.';
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${end}`;
}

await main(process.argv.slice(2));
