/** What is typed the same way in many commands, and what can be wrong with it. */
import { PlainName } from '@sallyport/contract/processes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Output, Problem } from './output.ts';

/** Takes an option that may stand there several times. */
export const gather = (value: string, before: readonly string[] = []) => [...before, value];

export function misused(output: Output, problem: Problem): ExitCode {
  output.problem(problem);
  return EXIT.usage;
}

/** How an option is typed that is read as `publicKey`. */
const flagOf = (option: string) =>
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

export const NOTHING_TO_CHANGE: Problem = {
  what: 'Nothing was named to change.',
  mend: '--help tells what can be.',
};

/** The same rules as by the API: what stands on screens must not be able to pass for something else. */
export function nameProblem(name: string | undefined): Problem | undefined {
  if (name === undefined || PlainName.safeParse(name).success) return undefined;
  return {
    what: `“${name}” can't be a name.`,
    mend: 'A name has 1 to 64 small letters, digits, dots, hyphens and underscores, begins with a letter or digit, and does not look like an id.',
  };
}

export async function groupProblem(groups: readonly string[]): Promise<Problem | undefined> {
  const { Group } = await import('@sallyport/contract/api/people.ts');
  return groups.every((group) => Group.safeParse(group).success)
    ? undefined
    : {
        what: 'The name of a group has 1 to 64 small letters, digits, dots, hyphens and underscores, and begins with a letter or digit.',
      };
}
