import { Worker } from 'node:worker_threads';
import { SECOND } from '../kernel/clock.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { PolicyFiles } from './policy-files.ts';
import { type Problem, problemAt } from './policy-problem.ts';

/**
 * Checks policies that someone offers, in a worker that is thrown away: whatever such a text does to the engine, in time,
 * memory or stack, it does to that one. Its stack is smaller than the main thread's, so what passes there fits here. Its time is
 * what it computes itself, and not what the clock says: a machine that has much else to do takes longer with the best of policies.
 */
export type Vet = (files: PolicyFiles) => Promise<Vetted>;

/** Not in time by the clock says nothing of the policies: they were not computed with for long. */
export type Vetted = Result<readonly Problem[], 'late'>;

export interface VetLimits {
  /** Milliseconds of a processor: what takes longer is refused as policies that are wrong. */
  readonly processor: number;
  /** Milliseconds by the clock. */
  readonly wait: number;
  readonly megabytes: number;
}

/** Those that are shipped take two seconds of a processor, most of it to begin. */
const LIMITS: VetLimits = { processor: 10 * SECOND, wait: 60 * SECOND, megabytes: 128 };
const LOOK_EVERY = 250;

export function createVet(limits: VetLimits = LIMITS): Vet {
  return (files) =>
    new Promise((resolve) => {
      const worker = new Worker(new URL('./vet-worker.ts', import.meta.url), {
        workerData: files,
        env: {},
        stderr: true,
        resourceLimits: { maxOldGenerationSizeMb: limits.megabytes, stackSizeMb: 1 },
      });
      let looking: NodeJS.Timeout;
      let over = false;
      const finish = (vetted: Vetted) => {
        over = true;
        clearTimeout(timer);
        clearTimeout(looking);
        void worker.terminate();
        resolve(vetted);
      };
      const failure = (message: string) =>
        finish(
          ok([problemAt('error', Object.keys(files)[0] ?? '', '', { message, start: 0, end: 1 })]),
        );
      const timer = setTimeout(() => finish(failed('late')), limits.wait);
      const look = async () => {
        const used = await processorTime(worker);
        if (over) return;
        if (used <= limits.processor) looking = setTimeout(look, LOOK_EVERY);
        else {
          const seconds = limits.processor / SECOND;
          failure(
            `These policies take more than ${seconds} seconds of a processor to check: make them shorter`,
          );
        }
      };
      looking = setTimeout(look, LOOK_EVERY);
      worker.once('message', (problems: readonly Problem[]) => finish(ok(problems)));
      worker.once('error', () =>
        failure('These policies broke the policy engine while they were checked'),
      );
      worker.once('exit', () =>
        failure('These policies ended the policy engine while they were checked'),
      );
    });
}

/** Milliseconds. The engine is interrupted for it, whatever it computes; while it begins and when it has ended there is no answer. */
async function processorTime(worker: Worker): Promise<number> {
  const { user, system } = await worker.cpuUsage().catch(() => ({ user: 0, system: 0 }));
  return (user + system) / 1000;
}
