import { Worker } from 'node:worker_threads';
import { SECOND } from '../kernel/clock.ts';
import type { PolicyFiles } from './policy-files.ts';
import { type Problem, problemAt } from './policy-problem.ts';

/**
 * Checks policies that someone offers, in a worker that is thrown away: whatever such a text does to the engine, in time,
 * memory or stack, it does to that one. Its stack is smaller than the main thread's, so what passes there fits here.
 */
export type Vet = (files: PolicyFiles) => Promise<readonly Problem[]>;

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
      const finish = (problems: readonly Problem[]) => {
        clearTimeout(timer);
        void worker.terminate();
        resolve(problems);
      };
      const failure = (message: string) =>
        finish([
          problemAt('error', Object.keys(files)[0] ?? '', '', { message, start: 0, end: 1 }),
        ]);
      const timer = setTimeout(
        () =>
          failure(
            `Checking these policies took longer than ${limits.milliseconds / SECOND} seconds`,
          ),
        limits.milliseconds,
      );
      worker.once('message', (problems: readonly Problem[]) => finish(problems));
      worker.once('error', () =>
        failure('These policies broke the policy engine while they were checked'),
      );
      worker.once('exit', () =>
        failure('These policies ended the policy engine while they were checked'),
      );
    });
}
