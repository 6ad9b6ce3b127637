/** Where the root key comes from: a file of its own, an environment variable, or a command (a client of a key service). */

import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { SECOND } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { parseRootKeys, type RootKeys } from './root-key.ts';

export type RootKeySource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string }
  | { readonly kind: 'command'; readonly command: readonly [string, ...string[]] };

export interface RootKeyProblem {
  readonly reason: 'missing' | 'exposed' | 'malformed' | 'unreadable';
  /** What is wrong and how to mend it. Never any of the key. */
  readonly message: string;
}

export interface RootKeyDeps {
  readonly random: Random;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How long a command may take, in milliseconds. */
  readonly commandTime?: number;
}

const LARGEST_TEXT = 4096;
const COMMAND_TIME = 10 * SECOND;

export async function readRootKeys(
  source: RootKeySource,
  { random, environment, commandTime = COMMAND_TIME }: RootKeyDeps,
): Promise<Result<RootKeys, RootKeyProblem>> {
  if (source.kind === 'file') return readRootKeyFile(source.path, random);
  const text =
    source.kind === 'environment'
      ? readVariable(source.variable, environment)
      : await runCommand(source.command, commandTime);
  return keysIn(text, sourceName(source), random);
}

/** A file's keys, at once: for the vault, which reads them again in the middle of its work. */
export function readRootKeyFile(path: string, random: Random): Result<RootKeys, RootKeyProblem> {
  return keysIn(readFile(path), path, random);
}

function keysIn(text: Result<string, RootKeyProblem>, name: string, random: Random) {
  if (!text.ok) return text;
  const keys = parseRootKeys(text.value, random);
  return keys.ok
    ? keys
    : problem('malformed', `The root key in ${name} can’t be used: ${keys.error}.`);
}

function sourceName(source: Exclude<RootKeySource, { kind: 'file' }>): string {
  if (source.kind === 'environment') return `the environment variable ${source.variable}`;
  return `the output of ${source.command[0]}`;
}

function problem(reason: RootKeyProblem['reason'], message: string) {
  return failed({ reason, message });
}

function readFile(path: string): Result<string, RootKeyProblem> {
  let file: number;
  try {
    // Not blocking: a pipe in its place would hold the start up for ever.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // What node:fs throws.
    if (code === 'ENOENT') return problem('missing', `There is no root key at ${path}.`);
    return problem('unreadable', `The root key at ${path} can’t be read (${code}).`);
  }
  try {
    // Asked of the open file, so that what was judged is what is read.
    const stat = fstatSync(file);
    if (!stat.isFile())
      return problem('unreadable', `${path} is not a file, so it can’t be the root key.`);
    if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8);
      return problem(
        'exposed',
        `The root key at ${path} is open to others (mode ${mode}). Run \`chmod 600 ${path}\`; and if anyone else has an account here, change the key then (\`./sallyport key rotate --root\`).`,
      );
    }
    const bytes = Buffer.alloc(LARGEST_TEXT + 1);
    const length = readSync(file, bytes);
    if (length > LARGEST_TEXT)
      return problem('malformed', `${path} is too large to be a root key.`);
    const text = bytes.toString('utf8', 0, length);
    bytes.fill(0);
    return ok(text);
  } finally {
    closeSync(file);
  }
}

function readVariable(
  variable: string,
  environment: RootKeyDeps['environment'],
): Result<string, RootKeyProblem> {
  const text = environment[variable];
  return text
    ? ok(text)
    : problem(
        'missing',
        `The environment variable ${variable}, which is to hold the root key, is not set.`,
      );
}

/** No shell; bounded in time and output. What the command says on its standard error goes to ours, not to any log. */
function runCommand(
  command: readonly [string, ...string[]],
  longest: number,
): Promise<Result<string, RootKeyProblem>> {
  const [program, ...rest] = command;
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'], shell: false });
    let output = '';
    const end = (result: Result<string, RootKeyProblem>) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.kill('SIGKILL');
      resolve(result);
    };
    const refuse = (why: string) =>
      end(problem('unreadable', `The command for the root key, ${program}, ${why}.`));
    const timer = setTimeout(() => refuse(`took more than ${longest / SECOND} s`), longest);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (chunk: string) => {
      output += chunk;
      if (output.length > LARGEST_TEXT) refuse('said more than a key');
    });
    child.on('error', (cause: NodeJS.ErrnoException) => refuse(`can’t be run (${cause.code})`));
    child.on('close', (code, signal) => {
      if (code === 0) end(ok(output));
      else refuse(signal ? `was ended by ${signal}` : `failed with exit code ${code}`);
    });
  });
}
