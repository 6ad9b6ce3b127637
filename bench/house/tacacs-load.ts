/** Commands asked for over one connection, many in flight, from a thread of its own. Every answer is read and checked. */
import { connect } from 'node:net';
import { readResponse, writeAuthorization } from '../../server/wire/tacacs/authorization.ts';
import { createFrames } from '../../server/wire/tacacs/frames.ts';
import {
  FLAG,
  HEADER,
  MOST_BODY,
  TYPE,
  versionOf,
  writeHeader,
} from '../../server/wire/tacacs/header.ts';
import { createObfuscation } from '../../server/wire/tacacs/obfuscation.ts';
import { serveLoad } from './load.ts';

export interface TacacsLoad {
  readonly port: number;
  readonly secret: string;
  readonly user: string;
  readonly commands: readonly string[];
  readonly requests: number;
  readonly inFlight: number;
  /** The first session id; each request has the next one. */
  readonly from: number;
}

export interface TacacsLoaded {
  /** Processor time of this thread, in microseconds. */
  readonly spent: number;
  /** By the clock. */
  readonly perSecond: number;
  /** In milliseconds. */
  readonly latencies: readonly number[];
}

const PASS = 1;

function run(load: TacacsLoad): Promise<TacacsLoaded> {
  const { port, user, commands, requests, inFlight, from } = load;
  const secret = Buffer.from(load.secret);
  const obfuscate = createObfuscation();
  const bodies = commands.map((line) => {
    const [name, ...args] = line.split(' ');
    return writeAuthorization({
      ...{ method: 6, privilege: 15, type: 1, service: 1 },
      ...{ user, port: 'tty2', remoteAddress: '192.0.2.9' },
      args: [
        'service=shell',
        `cmd=${name}`,
        ...args.map((arg) => `cmd-arg=${arg}`),
        'cmd-arg=<cr>',
      ],
    });
  });
  const frames = createFrames(MOST_BODY);
  const began = new Map<number, number>();
  const latencies: number[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    const start = performance.now();
    const before = process.threadCpuUsage();
    let sent = 0;
    const ask = () => {
      const body = bodies[sent % bodies.length]!; // Below its length.
      const header = {
        version: versionOf(0),
        type: TYPE.authorization,
        sequence: 1,
        flags: FLAG.singleConnect,
        session: from + sent,
        length: body.length,
      };
      const packet = writeHeader(header);
      packet.set(obfuscate(body, header, secret), HEADER);
      began.set(header.session, performance.now());
      sent += 1;
      socket.write(packet);
    };
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once('connect', () => {
      for (let i = 0; i < Math.min(inFlight, requests); i += 1) ask();
    });
    socket.on('data', (bytes) => {
      socket.cork();
      frames.push(bytes, ({ header, body }) => {
        const answer = readResponse(obfuscate(body, header, secret));
        const asked = began.get(header.session);
        if (!answer.ok || answer.value.status !== PASS || asked === undefined) {
          reject(new Error(answer.ok ? answer.value.message : 'what came can not be read'));
          return false;
        }
        began.delete(header.session);
        latencies.push(performance.now() - asked);
        if (sent < requests) ask();
        else if (latencies.length === requests) {
          const perSecond = (requests * 1000) / (performance.now() - start);
          const { user: own, system } = process.threadCpuUsage(before);
          resolve({ perSecond, latencies, spent: own + system });
          socket.destroy();
        }
        return true;
      });
      socket.uncork();
    });
  });
}

serveLoad(run);
