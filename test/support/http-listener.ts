import net from 'node:net';
import { Writable } from 'node:stream';
import pino from 'pino';
import type { HttpDoor } from '../../server/http/http-door.ts';
import {
  createListener,
  type Listener,
  type ListenerDeps,
  type ListenerOptions,
} from '../../server/http/listener.ts';
import { systemClock } from '../../server/kernel/clock.ts';
import { createIds } from '../../server/kernel/id.ts';
import { systemLater } from '../../server/kernel/later.ts';
import { systemRandom } from '../../server/kernel/random.ts';

export interface TestListener {
  readonly listener: Listener;
  readonly origin: string;
  readonly port: number;
  /** Every line that was logged. */
  readonly logged: string[];
}

/** A listener on a free port of this computer, with every log line kept for reading. */
export async function startListener(
  doors: (listener: Listener) => readonly HttpDoor[],
  options: Partial<ListenerOptions> = {},
  deps: Partial<ListenerDeps> = {},
): Promise<TestListener> {
  const logged: string[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logged.push(String(chunk));
      done();
    },
  });
  const made = createListener(
    {
      ids: createIds(systemClock(), systemRandom()),
      log: pino({ level: 'debug' }, sink),
      later: systemLater(),
      ...deps,
    },
    { host: 'localhost', port: 0, ...options },
  );
  if (!made.ok) throw new Error(`no listener: ${made.error.code}`);
  const { origin } = await made.value.start(doors(made.value));
  return { listener: made.value, origin, port: Number(new URL(origin).port), logged };
}

/** Sends bytes as they are and gives all that came back until the server closed. */
export function rawExchange(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    socket.write(bytes);
  });
}
