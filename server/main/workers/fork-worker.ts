/** Workers as processes that share what this one listens on (node:cluster): each is given connections in its turn. */
import cluster from 'node:cluster';
import module from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../config/environment.ts';
import type { Config } from '../../config/sections.ts';
import { failed, ok } from '../../kernel/result.ts';
import type { CrewDeps, CrewWorker } from './crew.ts';
import type { Order, Word } from './messages.ts';

export function createForks(
  config: Config,
  environment: Environment,
): Pick<CrewDeps, 'startWorker'> {
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    args: [],
    // As it is, durations and all, which JSON would not do. It goes through a pipe of ours, and never to a disk.
    serialization: 'advanced',
  });
  // It is told within a folder of its own for each version of Node.
  const cache = module.getCompileCacheDir();
  const compiled = cache === undefined ? undefined : dirname(cache);
  return {
    startWorker(which): CrewWorker {
      const worker = cluster.fork(environment);
      const order = (what: Order) => {
        // It may have ended meanwhile.
        if (worker.isConnected()) worker.send(what, () => {});
      };
      const ended = new Promise<string>((resolve) => {
        worker.once('exit', (code: number | null, signal: string | null) =>
          resolve(signal ? signal : `with ${code}`),
        );
      });
      const up = new Promise<Awaited<CrewWorker['up']>>((resolve) => {
        worker.once('message', (word: Word) =>
          resolve(word.word === 'up' ? ok(word.up) : failed(word.problem)),
        );
        ended.then((how) => resolve(failed({ what: `A worker ended before it served (${how}).` })));
      });
      order({ order: 'serve', config, which, compiled });
      return {
        pid: worker.process.pid ?? 0,
        up,
        ended,
        stop: () => order({ order: 'stop' }),
        kill: () => void worker.process.kill('SIGKILL'),
      };
    },
  };
}
