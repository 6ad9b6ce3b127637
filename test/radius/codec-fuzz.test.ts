import assert from 'node:assert/strict';
import { entryOf } from '../../server/wire/radius/dictionary.ts';
import {
  createPacketStream,
  joined,
  MOST_BYTES,
  type Packet,
  readPacket,
  TYPE,
} from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { addressOf, integerOf, ofVendor, textOf } from '../../server/wire/radius/values.ts';
import { fuzz } from '../support/fuzz.ts';
import { SECRET, STATUS, TELNET } from './vectors.ts';

const secret = createSharedSecret(SECRET);

fuzz('packets of RADIUS', {
  seeds: [TELNET.request, TELNET.answer, STATUS.authentication, STATUS.accountingAnswer],
  edges: [26, 79, 80],
  most: 5000,
  mend(bytes) {
    if (bytes.length >= 4) bytes.set([bytes.length >>> 8, bytes.length & 255], 2);
    return bytes;
  },
  read(bytes) {
    const packet = readPacket(bytes);
    if (packet.ok) useAll(packet.value);
    return packet.ok;
  },
});

function useAll(packet: Packet): void {
  for (const rule of ['first', 'anywhere', 'optional'] as const) secret.checkRequest(packet, rule);
  secret.checkAnswer(packet, TELNET.request, 'anywhere');
  joined(packet, TYPE.eapMessage);
  for (const { type, value } of packet.attributes) {
    entryOf(type);
    textOf(packet, type);
    integerOf(packet, type);
    addressOf(packet, type);
    secret.showPassword(value, packet.authenticator);
    secret.showWithSalt(value, packet.authenticator);
  }
  for (const vendor of [9, 311]) ofVendor(packet, vendor);
  secret.answer(packet, 3, []);
}

fuzz('streams of RADIUS', {
  seeds: [
    TELNET.request,
    Uint8Array.of(...STATUS.authentication, ...TELNET.request, ...STATUS.accounting),
  ],
  edges: [16, 20],
  read(bytes) {
    const stream = createPacketStream();
    let packets = 0;
    // However it is cut.
    const step = 1 + ((bytes[0] ?? 0) % 7) + (bytes.length >> 4);
    for (let at = 0; at < bytes.length; at += step) {
      const taken = stream.push(bytes.subarray(at, at + step));
      if (taken === 'fault') break;
      for (const one of taken) assert.ok(one.length <= MOST_BYTES);
      packets += taken.length;
    }
    return packets > 0;
  },
});
