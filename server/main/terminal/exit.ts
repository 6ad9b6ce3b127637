/** How a command ended, in numbers that scripts can rely on. Closed; the words stand in --help and in docs/command-line.md. */
import type { Problem } from './output.ts';

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  notFound: 4,
  unavailable: 5,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_WORDS: Readonly<Record<ExitCode, string>> = {
  0: 'It is done, and nothing is wrong.',
  1: 'It failed, or what was looked at is wrong.',
  2: 'The command line or the configuration is wrong; nothing was done.',
  3: 'The policy refused it; nothing was done.',
  4: 'What was named does not exist.',
  5: 'Something that is needed is not available: the database, a key, a server, a package, a place for a file.',
};

/** Ends a command from deep within. With what went wrong, where that is still to be told, by whoever knows what was done before. */
export class Ended extends Error {
  readonly code: ExitCode;
  readonly problem: Problem | undefined;
  constructor(code: ExitCode, problem?: Problem) {
    super('the command is over');
    this.code = code;
    this.problem = problem;
  }
}
