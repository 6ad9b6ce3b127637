/**
 * Forms to one address over a few connections, each sent once, from a thread of its own. Bytes are written and counted, and headers
 * read no further than their length: what asks must cost less than what answers.
 */
import { connect, type Socket } from 'node:net';
import { parentPort } from 'node:worker_threads';

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
  readonly error?: string;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;
const CHUNKED = /\r\ntransfer-encoding: chunked\r\n/i;
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

async function run({ port, path, headers, connections, forms }: PostLoad): Promise<PostLoaded> {
  const latencies: number[] = [];
  let at = 0;
  const one = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let got = Buffer.alloc(0);
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
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.on('data', (part) => {
        got = got.length === 0 ? part : Buffer.concat([got, part]);
        const head = got.indexOf(HEAD_END);
        if (head < 0) return;
        const text = got.toString('latin1', 0, head + 2);
        if (!text.startsWith('HTTP/1.1 200 ')) return reject(new Error(got.toString('latin1')));
        const body = head + HEAD_END.length;
        const end = CHUNKED.test(text) ? got.indexOf(LAST_CHUNK, body) : Number.NaN;
        if (end === -1) return;
        const whole = Number.isNaN(end) ? body + Number(LENGTH.exec(text)?.[1]) : end + 5;
        if (got.length < whole) return;
        got = got.subarray(whole);
        latencies.push(performance.now() - sentAt);
        next();
      });
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

parentPort?.on('message', (load: PostLoad) => {
  run(load).then(
    (loaded) => parentPort?.postMessage(loaded),
    (error) =>
      parentPort?.postMessage({
        took: 0,
        spent: 0,
        latencies: [],
        error: String(error),
      } satisfies PostLoaded),
  );
});
