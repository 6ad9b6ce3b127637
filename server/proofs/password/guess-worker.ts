/**
 * Estimates how many guesses a password withstands, in a thread of its own: the dictionaries take sixty mebibytes and an
 * estimate up to a quarter of a second, neither of which the server's own thread should bear. Started by guess-judge.ts.
 */
import { parentPort } from 'node:worker_threads';
import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary as common } from '@zxcvbn-ts/language-common';
import { dictionary as english } from '@zxcvbn-ts/language-en';

export interface GuessQuestion {
  readonly password: string;
  readonly names: readonly string[];
}

export interface GuessAnswer {
  readonly guessesLog10: number;
}

/** Said first, once the dictionaries are read. */
export interface GuessReady {
  readonly ready: true;
}

const zxcvbn = new ZxcvbnFactory({
  dictionary: { ...common, ...english },
  graphs: adjacencyGraphs,
});

parentPort?.on('message', ({ password, names }: GuessQuestion) => {
  const { guessesLog10 } = zxcvbn.check(password, [...names]);
  parentPort?.postMessage({ guessesLog10 } satisfies GuessAnswer);
});
parentPort?.postMessage({ ready: true } satisfies GuessReady);
