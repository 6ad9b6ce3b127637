/** A network device, as far as RADIUS goes: asks over UDP with fresh authenticators, and believes only answers that are signed. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { systemRandom } from '../../server/kernel/random.ts';
import {
  type Attribute,
  attribute,
  CODE,
  type Code,
  type Packet,
  readPacket,
  TYPE,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { named } from '../../server/wire/radius/values.ts';

/** Only what hangs takes as long. */
const PATIENCE = 30_000;
/** More than an answer needs that was sent already: it comes in one of the next. */
const TURNS = 16;

export const att = (name: string, value: string | number): Attribute => {
  const made = named(name, value);
  if (!made.ok) throw new Error(`${name}: ${made.error}`);
  return made.value;
};

/** What an answer to a challenge brings back. */
export const stateOf = (challenge: Packet): Attribute => ({
  type: TYPE.state,
  value: attribute(challenge, TYPE.state)!, // Of a challenge.
});

export interface RadiusClient {
  readonly secret: ReturnType<typeof createSharedSecret>;
  /** A request that is signed as it has to be. */
  write(code: Code, attributes: readonly Attribute[], authenticator?: Uint8Array): Uint8Array;
  /** A login by PAP. */
  pap(name: string, password: string, more?: readonly Attribute[]): Uint8Array;
  /** The octets that came back; undefined where nothing had once that is over. */
  exchange(
    bytes: Uint8Array,
    port: number,
    over?: Promise<unknown>,
  ): Promise<Uint8Array | undefined>;
  /** The same, and the answer has to be signed. */
  ask(bytes: Uint8Array, port: number): Promise<Packet>;
  close(): Promise<void>;
}

export async function openRadiusClient(
  key: Uint8Array,
  /** The address of this computer that it asks from. */
  from = '127.0.0.1',
): Promise<RadiusClient> {
  const secret = createSharedSecret(key);
  const random = systemRandom();
  const socket = createSocket('udp4');
  // One for each request under way.
  socket.setMaxListeners(0);
  socket.bind(0, from);
  await once(socket, 'listening');
  let identifier = 0;

  function write(code: Code, attributes: readonly Attribute[], authenticator?: Uint8Array) {
    identifier = (identifier + 1) % 256;
    const bytes = secret.request(code, identifier, attributes, authenticator);
    if (bytes === undefined) throw new Error('too long for a packet');
    return bytes;
  }

  function exchange(bytes: Uint8Array, port: number, over?: Promise<unknown>) {
    return new Promise<Uint8Array | undefined>((resolve) => {
      const finish = (answer: Uint8Array | undefined) => {
        clearTimeout(timer);
        socket.off('message', hear);
        resolve(answer);
      };
      const hear = (message: Buffer) => {
        if (message[1] === bytes[1]) finish(new Uint8Array(message));
      };
      const timer = setTimeout(() => finish(undefined), PATIENCE);
      socket.on('message', hear);
      socket.send(bytes, port, '127.0.0.1');
      const fallSilent = async () => {
        for (let turn = 0; turn < TURNS; turn++) await setImmediate();
        finish(undefined);
      };
      // Whoever waits for it as well hears why it can't be.
      over?.then(fallSilent, fallSilent);
    });
  }

  return {
    secret,
    write,
    pap(name, password, more = []) {
      const authenticator = random.bytes(16);
      const hidden = secret.hidePassword(new TextEncoder().encode(password), authenticator);
      if (hidden === undefined) throw new Error('too long for a password');
      const own = [att('User-Name', name), { type: TYPE.userPassword, value: hidden }];
      return write(CODE.accessRequest, [...own, ...more], authenticator);
    },
    exchange,
    async ask(bytes, port) {
      const answer = await exchange(bytes, port);
      if (answer === undefined) throw new Error('no answer');
      const read = readPacket(answer);
      if (!read.ok) throw new Error(`the answer is none: ${read.error}`);
      const reported = read.value.code === CODE.accountingResponse;
      const fault = secret.checkAnswer(read.value, bytes, reported ? 'optional' : 'anywhere');
      if (fault !== undefined) throw new Error(`the answer is not signed: ${fault}`);
      if (!reported && read.value.attributes[0]?.type !== TYPE.messageAuthenticator) {
        throw new Error('its Message-Authenticator is not the first');
      }
      return read.value;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
