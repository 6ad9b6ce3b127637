/** Reads what was asked, loads the one group of commands that it is for (groups.ts), and gives its exit code. */
import { Command, CommanderError } from 'commander';
import type { Environment } from '../../config/environment.ts';
import { VERSION } from '../version.ts';
import type { CommandContext } from './command-context.ts';
import { commandPage } from './command-page.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { GROUPS } from './groups.ts';
import { wordsOf } from './help.ts';
import {
  createOutput,
  type Output,
  type Problem,
  type Stream,
  wantsColours,
  widthFor,
} from './output.ts';
import { rootPage } from './root-page.ts';
import { unknownCommand, unknownOption, usageProblem } from './usage-problem.ts';

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
  const word = firstWord(args);
  const group = GROUPS.find(({ name }) => name === word);
  const coloured = wantsColours(environment) && !args.includes('--no-color');
  const look = { width: widthFor(stdout, 100), colours: coloured && stdout.isTTY === true };
  const program = createProgram(stdout, (command) =>
    commandPage(command, { ...look, without: group?.remote ? [] : ELSEWHERE }),
  );
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

  const misused = (problem: Problem): ExitCode => {
    output().problem(problem);
    return EXIT.usage;
  };
  if (group === undefined && word !== undefined) {
    const names = GROUPS.map(({ name }) => name);
    return misused(unknownCommand('', word, names));
  }
  for (const { load } of group === undefined ? GROUPS : [group]) {
    (await load()).register(program, context);
  }
  for (const command of program.commands) command.helpCommand(false);
  if (group === undefined && !args.includes('--version')) {
    const stray = args.find((arg) => arg.startsWith('-') && !isKnown(program, arg));
    if (stray !== undefined) return misused(unknownOption(program, stray));
    stdout.write(rootPage(program, GROUPS, look));
    return EXIT.ok;
  }
  const { command, unknown } = calledIn(program, args);
  if (unknown !== undefined) {
    const names = command.commands.map((one) => one.name());
    return misused(unknownCommand(wordsOf(command), unknown, names));
  }
  if (group !== undefined && !group.remote && !asksHelp(args)) {
    const at = atIn(args) ?? environment.SALLYPORT_AT;
    if (at) {
      return misused({
        what: `${group.name} works on this machine alone, not at ${at}.`,
        mend: `Run it there, or here without --at and SALLYPORT_AT.`,
      });
    }
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.ok : misused(usageProblem(error, command)); // 0: --help, --version.
  }
}

function createProgram(stdout: Stream, page: (command: Command) => string): Command {
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
    .helpOption(HELP.join(', '), 'Tell how a command is used.')
    .helpCommand(false)
    .configureHelp({ formatHelp: page })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      getOutHasColors: () => true, // It is given the text as it is to be.
      writeErr: () => {}, // Told in our own words, by usageProblem.
    })
    .exitOverride();
}

const HELP = ['-h', '--help'];

/** What a command that works on this machine alone has no use for. */
const ELSEWHERE = ['--at', '--no-wait'];

const asksHelp = (args: readonly string[]) => args.some((arg) => HELP.includes(arg));

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

/** The command that was meant, as far as there is one; and the word that is none where one was wanted. */
function calledIn(
  program: Command,
  args: readonly string[],
): { readonly command: Command; readonly unknown?: string } {
  let command = program;
  for (const [index, arg] of args.entries()) {
    if (VALUED.has(args[index - 1] ?? '')) continue;
    if (arg.startsWith('-')) {
      // What stands behind an option that we don't know may be its value.
      if (command.commands.length > 0 && !isKnown(program, arg)) return { command };
      continue;
    }
    const next = command.commands.find((one) => one.name() === arg);
    if (next !== undefined) command = next;
    else return command.commands.length > 0 ? { command, unknown: arg } : { command };
  }
  return { command };
}

function isKnown(program: Command, arg: string): boolean {
  const flag = arg.split('=', 1)[0] ?? arg;
  return HELP.includes(flag) || program.options.some(({ long }) => long === flag);
}
