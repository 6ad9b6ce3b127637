/**
 * One request again and again over a few connections, from a thread of its own. Bytes are written and counted, and headers read no
 * further than their length: what asks must cost less than what answers.
 */
import { connect, type Socket } from 'node:net';
import { serveLoad } from './load.ts';

export interface GetLoad {
  readonly port: number;
  readonly connections: number;
  readonly requests: number;
  /** The whole request, as it goes over the wire. */
  readonly request: string;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LENGTH = /\r\ncontent-length: (\d+)\r\n/i;

function run({ port, connections, requests, request }: GetLoad): Promise<unknown> {
  const bytes = Buffer.from(request);
  let left = requests;
  const one = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let got = Buffer.alloc(0);
      const next = () => {
        if (left-- > 0) socket.write(bytes);
        else {
          socket.end();
          resolve();
        }
      };
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.on('data', (part) => {
        got = got.length === 0 ? part : Buffer.concat([got, part]);
        const head = got.indexOf(HEAD_END);
        if (head < 0) return;
        const text = got.toString('latin1', 0, head + 2);
        if (!text.startsWith('HTTP/1.1 200 ')) return reject(new Error(text.slice(0, 200)));
        const whole = head + HEAD_END.length + Number(LENGTH.exec(text)?.[1]);
        if (got.length < whole) return;
        got = got.subarray(whole);
        next();
      });
      next();
    });
  return Promise.all(
    Array.from({ length: connections }, () => one(connect({ host: '127.0.0.1', port }))),
  );
}

serveLoad(run);
