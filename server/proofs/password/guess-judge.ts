/**
 * Asks how guessable a new password is. The thread that knows is started by the first question and let go when none came for
 * a while; a question that takes too long ends the thread and is answered as if the password were guessable, since a
 * password that can't be judged is not accepted. How long it takes is counted in what the thread computes: where a busy machine
 * lets it compute too little, that is no judgement of the password.
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
  /** Of processor time, for one question. */
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

/** How often a thread that has computed too little is looked at again, each time when it could have been enough. */
const LOOKS = 10;
const SHORTEST_LOOK = SECOND / 10;

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
    const left = await budgetOf(worker, limits.milliseconds).catch((cause) => {
      throw unjudged(cause);
    });
    const answered = messageOf<GuessAnswer>(worker, limits.milliseconds, left);
    worker.postMessage(question);
    const answer = await answered;
    if (answer === 'late') {
      const judged = (await left()) <= 0;
      await stop();
      return judged ? 0 : undefined;
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

/** Tells how many milliseconds of its processor time a thread still has for what it is asked next. */
async function budgetOf(worker: Worker, milliseconds: number): Promise<() => Promise<number>> {
  const before = await worker.cpuUsage();
  return async () => {
    try {
      const { user, system } = await worker.cpuUsage(before);
      return milliseconds - (user + system) / 1000;
    } catch {
      return 0; // It has ended, and says so itself.
    }
  };
}

const NOTHING = async () => 0;

/** The next thing that a thread says. It is late after so long, unless something is `left` to it. */
function messageOf<T>(
  worker: Worker,
  milliseconds: number,
  left: () => Promise<number> = NOTHING,
): Promise<T | 'late' | Error> {
  return new Promise((resolve) => {
    let looks = 0;
    let timer = setTimeout(look, milliseconds);
    const said = (message: T) => settle(message);
    const error = (cause: Error) => settle(cause);
    const exit = () => settle(new Error('the thread ended'));
    function settle(outcome: T | 'late' | Error) {
      clearTimeout(timer);
      worker.off('message', said).off('error', error).off('exit', exit);
      looks = LOOKS;
      resolve(outcome);
    }
    function look() {
      void left().then((more) => {
        if (more <= 0 || ++looks >= LOOKS) settle('late');
        else timer = setTimeout(look, Math.max(more, SHORTEST_LOOK));
      });
    }
    worker.on('message', said).on('error', error).on('exit', exit);
  });
}
