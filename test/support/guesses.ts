/**
 * How guessable the passwords of tests are. The house's own thread reads sixty mebibytes of dictionaries before its first answer, for
 * each house anew: what it says of the password that most tests use stands here, and test/proofs/password.test.ts asks it for that.
 */
import { createGuessJudge, type GuessJudge } from '../../server/proofs/password/guess-judge.ts';

/** Of people in tests. */
export const PASSWORD = 'correct horse battery staple';
export const GUESSES_OF_PASSWORD = 19;

export function testJudge(): GuessJudge {
  const real = createGuessJudge();
  return {
    guessesLog10: async (password, names) =>
      password === PASSWORD ? GUESSES_OF_PASSWORD : real.guessesLog10(password, names),
    close: real.close,
  };
}
