/**
 * Asks how guessable a new password is. The thread that knows is started by the first question and let go when none came for
 * a while; a question that takes too long ends the thread and is answered as if the password were guessable, since a
 * password that can't be judged is not accepted.
 */
import { Worker } from 'node:worker_threads';
import { Fault } from '../../kernel/fault.ts';
import type { GuessAnswer, GuessQuestion } from './guess-worker.ts';

export interface GuessJudge {
  /** The power of ten of the guesses that the password withstands; undefined when too many others are being judged. */
  guessesLog10(password: string, names: readonly string[]): Promise<number | undefined>;
  close(): Promise<void>;
}

export interface GuessLimits {
  readonly milliseconds: number;
  readonly idleMilliseconds: number;
  readonly waiting: number;
}

const LIMITS: GuessLimits = { milliseconds: 3000, idleMilliseconds: 30_000, waiting: 32 };

/** What follows is not looked at: the estimate only grows with length, and its cost faster. */
const LOOKED_AT = 64;

export function createGuessJudge(limits: GuessLimits = LIMITS): GuessJudge {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;

  function start(): Worker {
    const started = new Worker(new URL('./guess-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 },
    });
    // A thread that ends by itself, while asked or while idle, makes way for another.
    const forget = () => {
      if (worker === started) worker = undefined;
    };
    started.on('error', forget).on('exit', forget);
    return started;
  }

  async function stop(): Promise<void> {
    clearTimeout(idle);
    const stopping = worker;
    worker = undefined;
    await stopping?.terminate();
  }

  async function ask(question: GuessQuestion): Promise<number> {
    clearTimeout(idle);
    worker ??= start();
    const asked = worker;
    asked.ref();
    const answered = await answerOf(asked, question, limits.milliseconds);
    if (answered === 'late') {
      await stop();
      return 0;
    }
    if (answered instanceof Error) {
      throw new Fault('proof.engine', 'a password was not judged', { cause: answered });
    }
    asked.unref();
    idle = setTimeout(() => void stop(), limits.idleMilliseconds).unref();
    return answered;
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

function answerOf(
  asked: Worker,
  question: GuessQuestion,
  milliseconds: number,
): Promise<number | 'late' | Error> {
  return new Promise((resolve) => {
    const late = setTimeout(() => settle('late'), milliseconds);
    const answer = ({ guessesLog10 }: GuessAnswer) => settle(guessesLog10);
    const error = (cause: Error) => settle(cause);
    const exit = () => settle(new Error('the thread ended'));
    function settle(outcome: number | 'late' | Error) {
      clearTimeout(late);
      asked.off('message', answer).off('error', error).off('exit', exit);
      resolve(outcome);
    }
    asked.on('message', answer).on('error', error).on('exit', exit);
    asked.postMessage(question);
  });
}
