/** What is typed the same way in many commands, and what can be wrong with it. */
import { PlainName } from '@sallyport/contract/processes.ts';
import { type Command, Option } from 'commander';
import { nearest } from '../../config/nearest.ts';
import { MINUTE } from '../../kernel/clock.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { parseDuration } from '../../kernel/setting.ts';
import { durationWords } from './amounts.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Output, Problem } from './output.ts';

/** Takes an option that may stand there several times. */
export const gather = (value: string, before: readonly string[] = []) => [...before, value];

/** A name that an option had before. Scripts may still say it; --help does not. */
export function formerly(command: Command, flags: string, now: string): Command {
  const option = new Option(flags, 'Goes by another name now.').hideHelp();
  return command
    .addOption(option)
    .on(`option:${option.name()}`, (value: string) =>
      command.setOptionValueWithSource(now, value, 'cli'),
    );
}

/** What is asked of whoever typed what is none of these: ` Did you mean list?`, where one of them is like it. */
export function didYouMean(typed: string, names: Iterable<string>): string {
  const meant = nearest(typed, names);
  return meant === undefined ? '' : ` Did you mean ${meant}?`;
}

/** A word that is to be one of a few, and is none. */
export function noSuch(what: string, typed: string, known: readonly string[]): Problem {
  return {
    what: `There is no ${what} “${typed}”.${didYouMean(typed, known)}`,
    mend: `There is ${known.join(', ')}.`,
  };
}

export function misused(output: Output, problem: Problem): ExitCode {
  output.problem(problem);
  return EXIT.usage;
}

/** How an option is typed that is read as `publicKey`. */
export const flagOf = (option: string) =>
  `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Of options that go with one kind or another: those that go with this one, and the first that was typed and does not. */
export function takenBy<K extends string>(
  taken: Readonly<Record<K, readonly string[]>>,
  kind: K,
  options: object,
): { readonly flags: string; readonly stray: string | undefined } {
  const all = Object.values<readonly string[]>(taken).flat();
  const typed = Object.keys(options).filter((option) => all.includes(option));
  const stray = typed.find((option) => !taken[kind].includes(option));
  return {
    flags: taken[kind].map(flagOf).join(', '),
    stray: stray === undefined ? undefined : flagOf(stray),
  };
}

const MOST_LISTED = 1000;

/** How many are wanted of a list. */
export function limitTyped(typed: string | undefined): Result<number, Problem> {
  const limit = Number(typed);
  return Number.isInteger(limit) && limit >= 1 && limit <= MOST_LISTED
    ? ok(limit)
    : failed({ what: `--limit is a number from 1 to ${MOST_LISTED}.` });
}

/** How often something can be used. */
export function usesTyped(typed: string, most?: number): Result<number, Problem> {
  const uses = Number(typed);
  const fits = /^\d{1,9}$/.test(typed) && uses >= 1 && (most === undefined || uses <= most);
  if (fits) return ok(uses);
  const bounds = most === undefined ? 'a whole number from 1 on' : `a number from 1 to ${most}`;
  return failed({ what: `--uses is ${bounds}, and not “${typed}”.` });
}

interface DurationBounds {
  /** Milliseconds. */
  readonly most?: number;
  /** What can last no time at all. */
  readonly none?: true;
  /** What is kept in minutes: rounded, it would be good for longer or shorter than was said. */
  readonly minutes?: true;
}

/** How long something is good, in milliseconds. */
export function durationTyped(
  option: string,
  typed: string,
  { most = Number.MAX_SAFE_INTEGER, none, minutes }: DurationBounds = {},
): Result<number, Problem> {
  const lasts = parseDuration(typed) ?? -1;
  const fits = lasts >= (none ? 0 : 1) && lasts <= most && !(minutes && lasts % MINUTE !== 0);
  if (fits) return ok(lasts);
  const whole = minutes ? ' of whole minutes' : '';
  const bound = most === Number.MAX_SAFE_INTEGER ? '' : ` up to ${durationWords(most)}`;
  return failed({
    what: `${option} is a time${whole}${bound}, and not “${typed}”.`,
    mend: `Write ${option} 12h, or 7d.`,
  });
}

/** Ids made at one time begin alike, and fewer letters could mean another by a slip. */
const LEAST_OF_AN_ID = 6;

/** What is meant by the end of its id: undefined when there is nothing like that; a problem when it is unclear. */
export function byEndOfId<T extends { readonly id: string }>(
  items: readonly T[],
  typed: string,
): Result<T | undefined, Problem> {
  if (typed.length < LEAST_OF_AN_ID) {
    return failed({
      what: `“${typed}” is too short to tell which is meant. Nothing was done.`,
      mend: `Write the last ${LEAST_OF_AN_ID} characters of its id, or more.`,
    });
  }
  const meant = items.filter(({ id }) => id.endsWith(typed));
  if (meant.length <= 1) return ok(meant[0]);
  return failed({
    what: `“${typed}” is the end of several ids. Nothing was done.`,
    mend: 'Write more of the one that is meant.',
  });
}

export const NOTHING_TO_CHANGE: Problem = {
  what: 'Nothing was named to change.',
  mend: 'Say it with options: the same command with --help tells which there are.',
};

/** How the public half of a key in PEM is got. */
export const PUBLIC_HALF = 'Give the public half: openssl pkey -in KEY.pem -pubout -out PUBLIC.pem';

/** Why a file that was given as a public key is not sent anywhere; undefined when it is no private key. */
export function privateKeyProblem(file: string, text: string, mend: string): Problem | undefined {
  return text.includes('PRIVATE KEY')
    ? { what: `${file} is a private key. It was not read any further.`, mend }
    : undefined;
}

/** The same rules as by the API: what stands on screens must not be able to pass for something else. */
export function nameProblem(name: string | undefined): Problem | undefined {
  if (name === undefined || PlainName.safeParse(name).success) return undefined;
  return {
    what: `“${name}” can’t be a name.`,
    mend: 'A name has 1 to 64 small letters, digits, dots, hyphens and underscores, begins with a letter or digit, and does not look like an id.',
  };
}

export async function groupProblem(groups: readonly string[]): Promise<Problem | undefined> {
  const { Group } = await import('@sallyport/contract/api/people.ts');
  const wrong = groups.find((group) => !Group.safeParse(group).success);
  if (wrong === undefined) return undefined;
  return {
    what: `“${wrong}” is no name of a group. One has 1 to 64 small letters, digits, dots, hyphens and underscores, and begins with a letter or digit.`,
    ...(wrong.includes(',') ? { mend: 'Write --group once for each group.' } : {}),
  };
}
