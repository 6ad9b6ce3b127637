/** Questions of OCSP by POST over a few connections, from a thread of its own; every answer has to be a signed one. */
import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { serveLoad } from './load.ts';

export interface OcspLoad {
  readonly port: number;
  readonly path: string;
  readonly connections: number;
  /** Each asked once. */
  readonly questions: readonly Uint8Array[];
  /** A connection for each question, as HTTP/1.0 has it. */
  readonly anew: boolean;
}

export interface OcspLoaded {
  readonly took: number;
  /** Microseconds of processor time of this thread. */
  readonly spent: number;
}

const END = Buffer.from('\r\n\r\n');
/** OCSPResponse: successful, then what is signed (RFC 6960 §4.2.1). */
const SIGNED = Buffer.from([0x0a, 0x01, 0x00]);

async function run({ port, path, connections, questions, anew }: OcspLoad): Promise<OcspLoaded> {
  let at = 0;
  const before = process.threadCpuUsage();
  const began = performance.now();
  const one = async () => {
    while (at < questions.length) await talk();
  };
  const talk = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port });
      let got = Buffer.alloc(0);
      const next = () => {
        const question = questions[at++];
        if (question === undefined) {
          socket.end();
          return resolve();
        }
        const head = `POST ${path} HTTP/1.${anew ? 0 : 1}\r\nhost: localhost\r\ncontent-type: application/ocsp-request\r\ncontent-length: ${question.length}\r\n\r\n`;
        socket.write(Buffer.concat([Buffer.from(head), question]));
      };
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.on('data', (part) => {
        got = got.length === 0 ? part : Buffer.concat([got, part]);
        const head = got.indexOf(END);
        if (head < 0) return;
        const text = got.toString('latin1', 0, head + 2);
        const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1]);
        const whole = head + END.length + length;
        if (got.length < whole) return;
        const answer = got.subarray(head + END.length, whole);
        if (!/^HTTP\/1\.[01] 200 /.test(text) || answer.subarray(0, 16).indexOf(SIGNED) < 0) {
          return reject(new Error(text));
        }
        got = got.subarray(whole);
        if (!anew) return next();
        socket.end();
        resolve();
      });
      next();
    });
  await Promise.all(Array.from({ length: connections }, one));
  const took = performance.now() - began;
  const { user, system } = process.threadCpuUsage(before);
  return { took, spent: user + system };
}

serveLoad(run);
