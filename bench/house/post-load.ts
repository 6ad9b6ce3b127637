/** Forms to one address over a few connections, each sent once, from a thread of its own. */
import { connect, type Socket } from 'node:net';
import { onAnswers } from './answers.ts';
import { serveLoad } from './load.ts';

export interface PostLoad {
  readonly port: number;
  readonly path: string;
  readonly headers: string;
  readonly connections: number;
  readonly forms: readonly string[];
}

export interface PostLoaded {
  /** Milliseconds, and the microseconds of processor time of this thread. */
  readonly took: number;
  readonly spent: number;
  readonly latencies: readonly number[];
}

async function run({ port, path, headers, connections, forms }: PostLoad): Promise<PostLoaded> {
  const latencies: number[] = [];
  let at = 0;
  const one = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let sentAt = 0;
      const next = () => {
        const form = forms[at++];
        if (form === undefined) {
          socket.end();
          return resolve();
        }
        sentAt = performance.now();
        socket.write(
          `POST ${path} HTTP/1.1\r\nhost: localhost:${port}\r\n${headers}content-type: application/x-www-form-urlencoded\r\ncontent-length: ${form.length}\r\n\r\n${form}`,
        );
      };
      const took = () => {
        latencies.push(performance.now() - sentAt);
        next();
      };
      onAnswers(socket, took, reject);
      next();
    });
  const before = process.threadCpuUsage();
  const began = performance.now();
  await Promise.all(
    Array.from({ length: connections }, () => one(connect({ host: '127.0.0.1', port }))),
  );
  const took = performance.now() - began;
  const { user, system } = process.threadCpuUsage(before);
  return { took, spent: user + system, latencies };
}

serveLoad(run);
