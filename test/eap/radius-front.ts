/** As much of a RADIUS server as EAP needs to be spoken to by programs of others: one socket, one secret, one EAP server behind it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { EapAnswer, EapServer } from '../../server/doors/radius/eap-seam.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import {
  attribute,
  CODE,
  type Code,
  joined,
  type Packet,
  readPacket,
  split,
  TYPE,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { aClient, anArrival } from './rounds.ts';

export const SECRET = 'a-secret-of-thirty-two-characters';
const FRAMED_MTU = 12;
const CALLING_STATION = 31;
const VENDOR = 26;
const MICROSOFT = [0, 0, 0x01, 0x37];

export interface RadiusFront {
  readonly port: number;
  readonly answers: EapAnswer['state'][];
  close(): void;
}

export async function startRadiusFront(
  eap: EapServer,
  client = aClient('switch-1'),
  port = 0,
  address = '127.0.0.1',
): Promise<RadiusFront> {
  const socket = createSocket('udp4');
  const secret = createSharedSecret(Buffer.from(SECRET));
  const random = systemRandom();
  const answers: EapAnswer['state'][] = [];
  const text = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : Buffer.from(bytes).toString();

  async function answer(packet: Packet): Promise<Uint8Array | undefined> {
    const fault = secret.checkRequest(packet, 'anywhere');
    if (fault !== undefined) throw new Error(`a request was ${fault}`);
    const mtu = attribute(packet, FRAMED_MTU);
    const round = {
      eap: joined(packet, TYPE.eapMessage) ?? new Uint8Array(),
      client,
      arrival: anArrival(),
      userName: text(attribute(packet, TYPE.userName)) ?? '',
      service: 'wired',
      station: text(attribute(packet, CALLING_STATION)),
      most: Math.min(1400, mtu === undefined ? 1020 : Buffer.from(mtu).readUInt32BE()),
    };
    const state = text(attribute(packet, TYPE.state));
    const said = await (state === undefined ? eap.begin(round) : eap.continue(state, round));
    answers.push(said.state);
    if (said.state === 'ignore') return undefined;
    const attributes = split(TYPE.eapMessage, said.eap);
    if (said.state === 'challenge') {
      attributes.push({ type: TYPE.state, value: Buffer.from(said.conversation) });
    }
    if (said.state === 'accept' && said.keys !== undefined) {
      for (const [type, key] of [
        [17, said.keys.recv],
        [16, said.keys.send],
      ] as const) {
        const hidden = secret.hideWithSalt(key, random.bytes(2), packet.authenticator);
        const value = Buffer.from([...MICROSOFT, type, hidden.length + 2, ...hidden]);
        attributes.push({ type: VENDOR, value });
      }
    }
    const codes = {
      challenge: CODE.accessChallenge,
      accept: CODE.accessAccept,
      reject: CODE.accessReject,
    } satisfies Record<string, Code>;
    return secret.answer(packet, codes[said.state], attributes);
  }

  socket.on('message', (bytes, from) => {
    const read = readPacket(bytes);
    if (!read.ok) return;
    void answer(read.value).then((said) => {
      if (said !== undefined) socket.send(said, from.port, from.address);
    });
  });
  socket.bind(port, address);
  await once(socket, 'listening');
  return { port: socket.address().port, answers, close: () => socket.close() };
}
