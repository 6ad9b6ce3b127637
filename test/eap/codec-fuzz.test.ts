import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readEap, readIdentity, readNak, writeEap } from '../../server/wire/eap/eap-packet.ts';
import {
  createReassembly,
  readTlsFragment,
  splitTls,
  writeTlsFragment,
} from '../../server/wire/eap/eap-tls-fragment.ts';
import { readAvps, unpadded, writeAvps } from '../../server/wire/eap/ttls-avp.ts';
import { seededBelow } from '../support/seeded.ts';

const of = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const SEEDS = [
  of('02 07 000d 01 73656e736f722d31'),
  of('02 08 0007 03 150d'),
  of('02 08 0010 0d c0 00000bb8 160301020301'),
  of('02 08 000b 15 00 160301 0203'),
  of('02 09 0010 fe 000000 00000003 150d0000'),
  of(
    '02 09 0029 15 00 00000001 4000000b 616461 00 00000002 40000018 70770000000000000000000000000000',
  ),
];
const MILLISECONDS = process.env.SLOW === '1' ? 3_600_000 : 2000;
const MOST = 32_768;

test('What is changed at random is read or refused, and nothing throws, hangs or grows', () => {
  const seed = 20260102;
  const next = seededBelow(seed);
  let pool: Uint8Array[] = [...SEEDS];
  let reassembly = createReassembly(MOST);
  const before = process.memoryUsage().heapUsed;
  const end = performance.now() + MILLISECONDS;
  let runs = 0;
  let readable = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 500; i++, runs++) {
      const mutant = mutate(pool[next(pool.length)] ?? of('00'), pool, next);
      try {
        if (useAll(mutant, reassembly)) readable += 1;
      } catch (fault) {
        throw new Error(`run ${runs} of seed ${seed}: ${Buffer.from(mutant).toString('hex')}`, {
          cause: fault,
        });
      }
      assert.ok(reassembly.held <= MOST);
      if (next(1000) === 0) reassembly = createReassembly(MOST);
      if (next(50) === 0) pool = [...SEEDS, ...pool.slice(SEEDS.length), mutant].slice(0, 64);
      if (pool.length === 64 && next(10) === 0) pool[SEEDS.length + next(58)] = mutant;
    }
  }
  assert.ok(readable > 100, `${readable} of ${runs} were packets at all`);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 128 * 2 ** 20, `${grown} bytes more after ${runs} packets`);
});

function mutate(from: Uint8Array, pool: Uint8Array[], next: (below: number) => number): Uint8Array {
  let bytes = from.slice();
  for (let times = 1 + next(4); times > 0; times--) {
    const at = next(Math.max(1, bytes.length));
    switch (next(5)) {
      case 0:
        if (bytes.length > 0) bytes[at]! ^= 1 << next(8); // Within.
        break;
      case 1:
        if (bytes.length > 0) bytes[at] = [0, 1, 2, 3, 13, 21, 64, 128, 192, 255][next(10)] ?? 0;
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), next(256), ...bytes.subarray(at)]);
        break;
      default: {
        const other = pool[next(pool.length)] ?? from;
        bytes = Uint8Array.from([...bytes, ...other.subarray(5)]).slice(0, 4000);
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

function useAll(bytes: Uint8Array, reassembly: ReturnType<typeof createReassembly>): boolean {
  const read = readEap(bytes);
  const data = read.ok && 'data' in read.value ? read.value.data : bytes;
  readIdentity(data);
  readNak(data);
  unpadded(data);
  const fragment = readTlsFragment(data);
  if (fragment.ok) {
    writeTlsFragment(fragment.value);
    reassembly.take(fragment.value);
    const avps = readAvps(fragment.value.data);
    if (avps.ok) writeAvps(avps.value);
    splitTls(fragment.value.data, 64);
  }
  readAvps(data);
  if (!read.ok) return false;
  // What is read is written as it was, but for what stood behind it.
  const written = writeEap(read.value);
  assert.ok(written !== undefined);
  assert.deepEqual(Buffer.from(written), Buffer.from(bytes.subarray(0, written.length)));
  return true;
}
