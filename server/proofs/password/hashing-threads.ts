/**
 * Threads that compute hashes: as many as there are processors, each with the next hash at hand.
 *
 * Left to the runtime's own pool of four, three hashes take turns on two processors, and each pushes what the others need out of the
 * processors' caches: a fifth to a third more for every one of them. With two, a processor is idle until the loop has handed it the next.
 * A thread that has the next in its own queue is never idle and never shares a processor with another hash.
 *
 * Threads are started when they are needed, and ended when nothing was asked of them for a minute: five mebibytes each.
 */
import { Worker } from 'node:worker_threads';
import { MINUTE } from '../../kernel/clock.ts';
import { Fault } from '../../kernel/fault.ts';
import type { Hasher, HashOptions } from './argon2id.ts';

type Question =
  | { readonly phc: string; readonly password: string }
  | { readonly password: string; readonly options: HashOptions };

type Answer = { readonly value: unknown } | { readonly error: string };

interface Job {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}

/** A thread with what it was asked and has not answered yet, in the order in which it answers. */
interface Thread {
  readonly worker: Worker;
  readonly jobs: Job[];
  /** When it began with the first of them: a count that rises. */
  began: number;
}

const SCRIPT = new URL('./hashing-thread.mjs', import.meta.url);

export function createHashingThreads(most: number, script = SCRIPT): Hasher {
  const threads: Thread[] = [];
  let begun = 0;
  let idle: NodeJS.Timeout | undefined;

  function start(): Thread {
    const worker = new Worker(script, { execArgv: [] });
    const thread: Thread = { worker, jobs: [], began: 0 };
    const lose = (cause?: unknown) => {
      const at = threads.indexOf(thread);
      if (at >= 0) threads.splice(at, 1);
      const fault = new Fault('proof.engine', 'a thread that computes hashes ended', { cause });
      for (const { reject } of thread.jobs.splice(0)) reject(fault);
    };
    worker.on('message', (answer: Answer) => {
      const job = thread.jobs.shift();
      thread.began = ++begun;
      if (thread.jobs.length === 0) rest(thread);
      if ('error' in answer) job?.reject(new Error(answer.error));
      else job?.resolve(answer.value);
    });
    worker.on('error', lose).on('exit', () => lose());
    threads.push(thread);
    return thread;
  }

  function rest({ worker }: Thread): void {
    worker.unref();
    if (threads.some(({ jobs }) => jobs.length > 0)) return;
    idle = setTimeout(() => {
      for (const thread of threads.splice(0)) void thread.worker.terminate();
    }, MINUTE).unref();
  }

  /** One that does nothing; else the one with the fewest waiting, of those the one that will soonest be done. */
  function next(): Thread {
    const free = threads.find(({ jobs }) => jobs.length === 0);
    if (free !== undefined) return free;
    if (threads.length < most) return start();
    return threads.reduce((best, one) =>
      one.jobs.length < best.jobs.length ||
      (one.jobs.length === best.jobs.length && one.began < best.began)
        ? one
        : best,
    );
  }

  function ask(question: Question): Promise<unknown> {
    clearTimeout(idle);
    const thread = next();
    if (thread.jobs.length === 0) {
      thread.began = ++begun;
      thread.worker.ref();
    }
    return new Promise((resolve, reject) => {
      // First, since what can't be sent is not answered either.
      thread.worker.postMessage(question);
      thread.jobs.push({ resolve, reject });
    });
  }

  return {
    // What the thread answers is what was asked for.
    hash: (password, options) => ask({ password, options }) as Promise<string>,
    verify: (phc, password) => ask({ phc, password }) as Promise<boolean>,
  };
}
