/** What asks from a thread of its own, so that it is not in the way of what answers: told what to ask, it does so and tells how it went. */
import { once } from 'node:events';
import { parentPort, Worker } from 'node:worker_threads';

type Done<Loaded> = { readonly loaded: Loaded } | { readonly error: string };

export interface Load<Wanted, Loaded> {
  ask(wanted: Wanted): Promise<Loaded>;
  close(): Promise<unknown>;
}

export function startLoad<Wanted, Loaded>(file: URL): Load<Wanted, Loaded> {
  const worker = new Worker(file);
  return {
    async ask(wanted) {
      worker.postMessage(wanted);
      const [done] = (await once(worker, 'message')) as [Done<Loaded>]; // What `serveLoad` posts.
      if ('error' in done) throw new Error(done.error);
      return done.loaded;
    },
    close: () => worker.terminate(),
  };
}

/** In the thread. */
export function serveLoad<Wanted, Loaded>(run: (wanted: Wanted) => Promise<Loaded>): void {
  const post = (done: Done<Loaded>) => parentPort?.postMessage(done);
  parentPort?.on('message', (wanted: Wanted) => {
    run(wanted).then(
      (loaded) => post({ loaded }),
      (error) => post({ error: String(error) }),
    );
  });
}
