import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryOf } from '../../server/wire/radius/dictionary.ts';
import { joined, type Packet, readPacket, TYPE } from '../../server/wire/radius/packet.ts';
import { createSharedSecret } from '../../server/wire/radius/shared-secret.ts';
import { addressOf, integerOf, ofVendor, textOf } from '../../server/wire/radius/values.ts';
import { seededBelow } from '../support/seeded.ts';
import { SECRET, STATUS, TELNET } from './vectors.ts';

const SEEDS = [TELNET.request, TELNET.answer, STATUS.authentication, STATUS.accountingAnswer];
const MILLISECONDS = process.env.SLOW === '1' ? 3_600_000 : 2000;

test('Packets that are changed at random are read or refused, and nothing throws, hangs or grows', () => {
  const secret = createSharedSecret(SECRET);
  const seed = 20260101;
  const next = seededBelow(seed);
  let pool: Uint8Array[] = [...SEEDS];
  const before = process.memoryUsage().heapUsed;
  const end = performance.now() + MILLISECONDS;
  let runs = 0;
  let readable = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 500; i++, runs++) {
      const mutant = mutate(pool[next(pool.length)] ?? TELNET.request, pool, next);
      const packet = readPacket(mutant);
      if (!packet.ok) continue;
      readable += 1;
      try {
        useAll(packet.value, secret);
      } catch (fault) {
        throw new Error(`run ${runs} of seed ${seed}: ${Buffer.from(mutant).toString('hex')}`, {
          cause: fault,
        });
      }
      if (next(50) === 0) pool = [...SEEDS, ...pool.slice(SEEDS.length), mutant].slice(0, 64);
      if (pool.length === 64 && next(10) === 0) pool[SEEDS.length + next(60)] = mutant;
    }
  }
  assert.ok(readable > 100, `${readable} of ${runs} were packets at all`);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 128 * 2 ** 20, `${grown} bytes more after ${runs} packets`);
});

function mutate(from: Uint8Array, pool: Uint8Array[], next: (below: number) => number): Uint8Array {
  let bytes = from.slice();
  for (let times = 1 + next(4); times > 0; times--) {
    const at = next(bytes.length);
    switch (next(5)) {
      case 0:
        bytes[at]! ^= 1 << next(8);
        break;
      case 1:
        bytes[at] = [0, 1, 2, 3, 127, 128, 254, 255][next(8)] ?? 0;
        break;
      case 2:
        bytes = bytes.slice(0, 1 + at);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), next(256), ...bytes.subarray(at)]);
        break;
      default: {
        const other = pool[next(pool.length)] ?? from;
        bytes = Uint8Array.from([...bytes, ...other.subarray(20)]).slice(0, 5000);
      }
    }
  }
  // Mostly with a length that fits: what is refused for its length alone tests no more.
  if (next(8) !== 0 && bytes.length >= 4) {
    bytes[2] = bytes.length >>> 8;
    bytes[3] = bytes.length;
  }
  return bytes;
}

function useAll(packet: Packet, secret: ReturnType<typeof createSharedSecret>): void {
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
