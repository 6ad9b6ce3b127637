/** Many requests, each in its turn, over a few connections, from a thread of its own: as fast as they are answered, or at a pace. */
import { connect, type Socket } from 'node:net';
import { onAnswers } from './answers.ts';
import { serveLoad } from './load.ts';

export interface CheckLoad {
  readonly port: number;
  readonly connections: number;
  readonly count: number;
  /** Whole requests, as they go over the wire. */
  readonly requests: readonly string[];
  /** So many a second from all connections together; as many as can be when left out. */
  readonly perSecond?: number;
}

export interface CheckLoaded {
  readonly seconds: number;
  /** In milliseconds, from when each was due. */
  readonly latencies: readonly number[];
}

async function run(load: CheckLoad): Promise<CheckLoaded> {
  const { port, connections, count, perSecond } = load;
  const requests = load.requests.map((request) => Buffer.from(request));
  const latencies: number[] = [];
  const began = performance.now();
  let sent = 0;
  const dueAt = (index: number) =>
    perSecond === undefined ? 0 : began + (index * 1000) / perSecond;

  const one = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let due = 0;
      const write = (index: number) => {
        due = perSecond === undefined ? performance.now() : dueAt(index);
        socket.write(requests[index % requests.length]!); // Within the list.
      };
      const next = () => {
        if (sent >= count) {
          socket.end();
          return resolve();
        }
        const index = sent++;
        const wait = dueAt(index) - performance.now();
        if (wait > 0.5) setTimeout(() => write(index), wait);
        else write(index);
      };
      const took = () => {
        latencies.push(performance.now() - due);
        next();
      };
      onAnswers(socket, took, reject);
      next();
    });

  await Promise.all(
    Array.from({ length: connections }, () => one(connect({ host: '127.0.0.1', port }))),
  );
  return { seconds: (performance.now() - began) / 1000, latencies };
}

serveLoad(run);
