import { Worker } from 'node:worker_threads';
import { SECOND } from '../kernel/clock.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { PolicyFiles } from './policy-files.ts';
import { type Problem, problemAt } from './policy-problem.ts';

/**
 * Checks policies that someone offers, in a worker that is thrown away: whatever such a text does to the engine, in time,
 * memory or stack, it does to that one. Its stack is smaller than the main thread's, so what passes there fits here.
 */
export type Vet = (files: PolicyFiles) => Promise<Vetted>;

/** Not in time says nothing of the policies: a machine that has much else to do is late with the best of them. */
export type Vetted = Result<readonly Problem[], 'late'>;

export interface VetLimits {
  readonly milliseconds: number;
  readonly megabytes: number;
}

export function createVet(limits: VetLimits = { milliseconds: 10 * SECOND, megabytes: 128 }): Vet {
  return (files) =>
    new Promise((resolve) => {
      const worker = new Worker(new URL('./vet-worker.ts', import.meta.url), {
        workerData: files,
        env: {},
        stderr: true,
        resourceLimits: { maxOldGenerationSizeMb: limits.megabytes, stackSizeMb: 1 },
      });
      const finish = (vetted: Vetted) => {
        clearTimeout(timer);
        void worker.terminate();
        resolve(vetted);
      };
      const failure = (message: string) =>
        finish(
          ok([problemAt('error', Object.keys(files)[0] ?? '', '', { message, start: 0, end: 1 })]),
        );
      const timer = setTimeout(() => finish(failed('late')), limits.milliseconds);
      worker.once('message', (problems: readonly Problem[]) => finish(ok(problems)));
      worker.once('error', () =>
        failure('These policies broke the policy engine while they were checked'),
      );
      worker.once('exit', () =>
        failure('These policies ended the policy engine while they were checked'),
      );
    });
}
