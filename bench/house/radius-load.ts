/**
 * Logins by RADIUS from a thread of their own, so many under way at once over a few sockets, the next one when one is answered. Each
 * has an authenticator of its own, and each answer is checked: radclient measures itself, and one packet again and again is a
 * duplicate, which servers answer without judging.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { systemRandom } from '../../server/kernel/random.ts';
import { attribute, CODE, readPacket, TYPE } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { named } from '../../server/wire/radius/values.ts';
import { serveLoad } from './load.ts';

export interface RadiusLogin {
  readonly name: string;
  readonly password: string;
  /** Calling-Station-Id. */
  readonly station: string;
  readonly state?: Uint8Array;
}

export interface RadiusLoad {
  readonly port: number;
  readonly secret: string;
  readonly logins: readonly RadiusLogin[];
  /** All of them together; the logins in turns. */
  readonly count: number;
  readonly inFlight: number;
  /** What each is to be answered: anything else fails the run. */
  readonly wanted: 'accept' | 'challenge';
  /** FreeRADIUS of Debian 12 signs no answer beyond its authenticator. */
  readonly signed: boolean;
  /** So many a second, when they are not to come as fast as they can. */
  readonly perSecond?: number;
}

export interface RadiusLoaded {
  readonly seconds: number;
  /** Milliseconds of each. */
  readonly latencies: readonly number[];
  /** The State of each challenge, in the order of the logins. */
  readonly states: readonly Uint8Array[];
  /** Sent again, since nothing was heard for a while. */
  readonly again: number;
}

const PER_SOCKET = 64;
const PATIENCE = 3000;
const TRIES = 5;

async function run(load: RadiusLoad): Promise<RadiusLoaded> {
  const { port, logins, count, inFlight, signed, perSecond } = load;
  const secret = createSharedSecret(new TextEncoder().encode(load.secret));
  const random = systemRandom();
  const wanted = load.wanted === 'accept' ? CODE.accessAccept : CODE.accessChallenge;
  const states: Uint8Array[] = [];
  const latencies: number[] = [];
  let next = 0;
  let again = 0;
  let over = false;
  const began = performance.now();

  function write(login: RadiusLogin, identifier: number): Uint8Array {
    const authenticator = random.bytes(16);
    const hidden = secret.hidePassword(new TextEncoder().encode(login.password), authenticator);
    const name = named('User-Name', login.name);
    const station = named('Calling-Station-Id', login.station);
    if (hidden === undefined || !name.ok || !station.ok) throw new Error('a login that is none');
    const bytes = secret.request(
      CODE.accessRequest,
      identifier,
      [
        name.value,
        { type: TYPE.userPassword, value: hidden },
        station.value,
        ...(login.state === undefined ? [] : [{ type: TYPE.state, value: login.state }]),
      ],
      authenticator,
    );
    if (bytes === undefined) throw new Error('too long for a packet');
    return bytes;
  }

  async function lane(
    socket: Socket,
    waiting: Map<number, (answer: Uint8Array) => void>,
    id: number,
  ) {
    for (let number = next++; number < count; number = next++) {
      if (perSecond !== undefined) {
        const due = began + (number * 1000) / perSecond - performance.now();
        if (due > 1) await new Promise((resolve) => setTimeout(resolve, due));
      }
      const login = logins[number % logins.length];
      if (login === undefined) throw new Error('nobody logs in');
      const request = write(login, id);
      const start = performance.now();
      const answer = await exchange(socket, waiting, id, request);
      latencies.push(performance.now() - start);
      const read = readPacket(answer);
      if (!read.ok) throw new Error(`an answer is none: ${read.error}`);
      if (read.value.code !== wanted) {
        throw new Error(`${login.name} was answered ${read.value.code}, and not ${wanted}`);
      }
      const state = attribute(read.value, TYPE.state);
      if (state !== undefined) states[number] = state.slice();
    }
  }

  function isSigned(answer: Uint8Array, request: Uint8Array): boolean {
    const read = readPacket(answer);
    const rule = signed ? 'anywhere' : 'optional';
    return read.ok && secret.checkAnswer(read.value, request, rule) === undefined;
  }

  function exchange(
    socket: Socket,
    waiting: Map<number, (answer: Uint8Array) => void>,
    id: number,
    request: Uint8Array,
  ): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      let tries = 0;
      let timer: NodeJS.Timeout | undefined;
      waiting.set(id, (answer) => {
        // What was sent again may be answered again, once this identifier stands for another request.
        if (!isSigned(answer, request)) return;
        clearTimeout(timer);
        resolve(answer);
      });
      const send = () => {
        // Another lane failed: nobody listens any more.
        if (over) return;
        if (tries++ === TRIES) return reject(new Error('no answer that is signed'));
        if (tries > 1) again += 1;
        socket.send(request);
        timer = setTimeout(send, PATIENCE);
      };
      send();
    });
  }

  const lanes: Promise<void>[] = [];
  const sockets: Socket[] = [];
  for (let left = inFlight; left > 0; left -= PER_SOCKET) {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
    sockets.push(socket);
    const waiting = new Map<number, (answer: Uint8Array) => void>();
    socket.on('message', (message) => waiting.get(message[1] ?? -1)?.(new Uint8Array(message)));
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    for (let id = 0; id < Math.min(left, PER_SOCKET); id++) lanes.push(lane(socket, waiting, id));
  }
  try {
    await Promise.all(lanes);
  } finally {
    over = true;
    for (const socket of sockets) socket.close();
  }
  return { seconds: (performance.now() - began) / 1000, latencies, states, again };
}

serveLoad(run);
