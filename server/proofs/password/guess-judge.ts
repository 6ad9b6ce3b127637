/**
 * Asks how guessable a new password is. The thread that knows is started by the first question and let go when none came for
 * a while; a question that takes too long ends the thread and is answered as if the password were guessable, since a
 * password that can't be judged is not accepted.
 */

import { Worker } from 'node:worker_threads';
import { SECOND } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { GuessAnswer, GuessQuestion, GuessReady } from './guess-worker.ts';

export interface GuessJudge {
  /** The power of ten of the guesses that the password withstands; undefined when there is no room for it now. */
  guessesLog10(password: string, names: readonly string[]): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface GuessLimits {
  readonly milliseconds: number;
  readonly idleMilliseconds: number;
  readonly waiting: number;
}

const LIMITS: GuessLimits = {
  milliseconds: 3 * SECOND,
  idleMilliseconds: 30 * SECOND,
  waiting: 32,
};

/** How long the thread may take to read its dictionaries. That counts against no password: a busy machine is told as busy. */
const START_MILLISECONDS = 20_000;

/** What follows is not looked at: the estimate only grows with length, and its cost faster. */
const LOOKED_AT = 64;

/** A thread, and what resolves once it takes questions. */
interface Judging {
  readonly worker: Worker;
  readonly ready: Promise<'ready' | 'late' | Error>;
}

export function createGuessJudge(limits: GuessLimits = LIMITS): GuessJudge {
  let judging: Judging | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function start(): Judging {
    const worker = new Worker(new URL('./guess-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 },
    });
    // A thread that ends by itself, while asked or while idle, makes way for another.
    const forget = () => {
      if (judging?.worker === worker) judging = undefined;
    };
    worker.on('error', forget).on('exit', forget);
    const ready = messageOf<GuessReady>(worker, START_MILLISECONDS).then((said) =>
      said instanceof Error || said === 'late' ? said : 'ready',
    );
    return { worker, ready };
  }

  async function stop(): Promise<void> {
    clearTimeout(idle);
    const stopping = judging;
    judging = undefined;
    await stopping?.worker.terminate();
  }

  async function ask(question: GuessQuestion): Promise<number | undefined> {
    clearTimeout(idle);
    judging ??= start();
    const { worker, ready } = judging;
    worker.ref();
    const started = await ready;
    if (started === 'late') {
      await stop();
      return undefined;
    }
    if (started instanceof Error) throw unjudged(started);
    const answered = messageOf<GuessAnswer>(worker, limits.milliseconds);
    worker.postMessage(question);
    const answer = await answered;
    if (answer === 'late') {
      await stop();
      return 0;
    }
    if (answer instanceof Error) throw unjudged(answer);
    worker.unref();
    idle = setTimeout(() => void stop(), limits.idleMilliseconds).unref();
    return answer.guessesLog10;
  }

  return {
    async guessesLog10(password, names) {
      if (waiting >= limits.waiting) return undefined;
      waiting++;
      const question = {
        password: [...password].slice(0, LOOKED_AT).join(''),
        names: names.slice(0, 16).map((name) => name.slice(0, LOOKED_AT)),
      };
      const turn = last.then(() => ask(question));
      last = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        waiting--;
      }
    },
    async close() {
      await last;
      await stop();
    },
  };
}

function unjudged(cause: Error): Fault {
  return new Fault('proof.engine', 'a password was not judged', { cause });
}

/** The next thing that a thread says. */
function messageOf<T>(worker: Worker, milliseconds: number): Promise<T | 'late' | Error> {
  return new Promise((resolve) => {
    const late = setTimeout(() => settle('late'), milliseconds);
    const said = (message: T) => settle(message);
    const error = (cause: Error) => settle(cause);
    const exit = () => settle(new Error('the thread ended'));
    function settle(outcome: T | 'late' | Error) {
      clearTimeout(late);
      worker.off('message', said).off('error', error).off('exit', exit);
      resolve(outcome);
    }
    worker.on('message', said).on('error', error).on('exit', exit);
  });
}
