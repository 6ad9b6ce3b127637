/** Reads what was asked, loads the one group of commands that it is for (groups.ts), and gives its exit code. */
import { Command, CommanderError } from 'commander';
import type { Environment } from '../../config/environment.ts';
import { nearest } from '../../config/nearest.ts';
import { VERSION } from '../version.ts';
import type { CommandContext } from './command-context.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { GROUPS } from './groups.ts';
import { createOutput, type Output, type Stream, wantsColours, widthFor } from './output.ts';
import { rootPage } from './root-page.ts';

export interface CommandLineInput {
  /** The words behind `sallyport`. */
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly folder: string;
  readonly stdout: Stream;
  readonly stderr: Stream;
}

export async function runCommandLine(input: CommandLineInput): Promise<ExitCode> {
  const { environment, folder, stdout, stderr } = input;
  const args = helpOf(input.args);
  const program = createProgram(stdout);
  const coloured = wantsColours(environment) && !args.includes('--no-color');
  const output = (): Output =>
    createOutput({ stdout, stderr, json: args.includes('--json'), colours: coloured });
  let code: ExitCode = EXIT.ok;
  const context: CommandContext = {
    environment,
    folder,
    configFile: () => program.opts<{ config?: string }>().config,
    at: () => program.opts<{ at?: string }>().at,
    waits: () => program.opts<{ wait: boolean }>().wait,
    output,
    end: (given) => {
      code = given;
    },
  };

  const word = firstWord(args);
  const group = GROUPS.find(({ name }) => name === word);
  if (group === undefined && word !== undefined) {
    const meant = nearest(
      word,
      GROUPS.map(({ name }) => name),
    );
    const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
    output().problem({
      what: `There is no command ${word}.${hint}`,
      mend: './sallyport --help lists them all.',
    });
    return EXIT.usage;
  }
  for (const { load } of group === undefined ? GROUPS : [group]) {
    (await load()).register(program, context);
  }
  for (const command of program.commands) command.helpCommand(false);
  if (group === undefined && !args.includes('--version')) {
    const colours = coloured && stdout.isTTY === true;
    stdout.write(rootPage(program, GROUPS, { width: widthFor(stdout, 100), colours }));
    return EXIT.ok;
  }
  if (group !== undefined && !group.remote && !args.includes('--help')) {
    const at = atIn(args) ?? environment.SALLYPORT_AT;
    if (at) {
      output().problem({
        what: `${group.name} works on this machine alone, not at ${at}.`,
        mend: `Run it there, or here without --at and SALLYPORT_AT.`,
      });
      return EXIT.usage;
    }
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return usageError(error, calledIn(program, args), output);
  }
}

function createProgram(stdout: Stream): Command {
  return new Command('sallyport')
    .description(
      'One gate for people, devices and software processes. Every subject comes through a door, is judged by one gate against one policy, and leaves one record.',
    )
    .option('--config <file>', 'The configuration file, instead of ./sallyport.yaml.')
    .option('--at <origin>', 'Work at this server, as whoever signed in there with login.')
    .option(
      '--no-wait',
      'With --at: end with 3 where the policy wants a fresh proof in the browser.',
    )
    .option('--json', 'Answer in JSON, for scripts.')
    .option('--no-color', 'No colours. NO_COLOR in the environment means the same.')
    .version(VERSION, '--version', 'Tell the version.')
    .helpOption('--help', 'Tell how a command is used.')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true, helpWidth: widthFor(stdout, 100) })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: () => {}, // Told in our own words, by usageError.
    })
    .exitOverride();
}

const VALUED: ReadonlySet<string> = new Set(['--config', '--at']);

/** The first word that is not an option, nor the value of one. */
function firstWord(args: readonly string[]): string | undefined {
  return args.find((arg, index) => !arg.startsWith('-') && !VALUED.has(args[index - 1] ?? ''));
}

/** `help device add` is `device add --help`, and `help` alone is `--help`. */
function helpOf(args: readonly string[]): readonly string[] {
  if (firstWord(args) !== 'help') return args;
  const at = args.indexOf('help');
  return [...args.slice(0, at), ...args.slice(at + 1), '--help'];
}

function atIn(args: readonly string[]): string | undefined {
  const at = args.findIndex((arg) => arg === '--at' || arg.startsWith('--at='));
  const [name, value] = (args[at] ?? '').split('=', 2);
  return name === '' ? undefined : (value ?? args[at + 1]);
}

/** The command that was meant, as far as there is one. */
function calledIn(program: Command, args: readonly string[]): string {
  const called: string[] = [];
  let at = program;
  for (const [index, arg] of args.entries()) {
    if (arg.startsWith('-') || VALUED.has(args[index - 1] ?? '')) continue;
    const next = at.commands.find((command) => command.name() === arg);
    if (next === undefined) break;
    called.push(arg);
    at = next;
  }
  return called.join(' ');
}

function usageError(error: CommanderError, called: string, output: () => Output): ExitCode {
  if (error.exitCode === 0) return EXIT.ok; // It was --help or --version.
  // Many servers have it as an option; here it is a setting, so that every command knows it.
  const asked = called === 'serve' ? /'--(port|host|origin)/.exec(error.message)?.[1] : undefined;
  const setting =
    asked === undefined
      ? ''
      : `Set listen.${asked} in sallyport.yaml, or SALLYPORT_LISTEN__${asked.toUpperCase()} in the environment. `;
  const mend = `${setting}./sallyport ${called} --help tells how it is used.`;
  if (error.code === 'commander.help') {
    output().problem({ what: `What should ${called} do?`, mend });
    return EXIT.usage;
  }
  const what = error.message.replace(/^error: /, '').replace(/\n\(([^)]*)\)$/, '. $1');
  const end = /[.?]$/.test(what) ? '' : '.';
  output().problem({ what: `${what.charAt(0).toUpperCase()}${what.slice(1)}${end}`, mend });
  return EXIT.usage;
}
