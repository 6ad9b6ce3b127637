import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBase64 } from '../../server/kernel/bytes.ts';
import { readCertificate } from '../../server/wire/ssh/certificate.ts';
import { readKrl, writeKrl } from '../../server/wire/ssh/krl.ts';
import { readKeyLine, readLine, readPublicKey } from '../../server/wire/ssh/public-key.ts';
import { readFileSignature, verifiesFile } from '../../server/wire/ssh/sshsig.ts';
import { seededBelow } from '../support/seeded.ts';
import { certificateLines, fileSignatures, keyLines, krls } from './vectors.ts';

const blobOf = (line: string) => readLine(line)?.blob ?? new Uint8Array();
const KRLS = Object.values(krls).map((text) => fromBase64(text) ?? new Uint8Array());
const SEEDS = [
  ...Object.values(keyLines).map(blobOf),
  ...Object.values(certificateLines).map(blobOf),
  ...KRLS,
  ...KRLS,
  ...Object.values(fileSignatures).map((text) => fromBase64(text) ?? new Uint8Array()),
];
const MILLISECONDS = process.env.SLOW === '1' ? 3_600_000 : 2000;
const EDGES = [0, 1, 2, 3, 4, 32, 64, 127, 128, 255];

test('What is changed at random is read or refused, and nothing throws, hangs or grows', () => {
  const seed = 20261121;
  const next = seededBelow(seed);
  const before = process.memoryUsage().heapUsed;
  const end = performance.now() + MILLISECONDS;
  let [runs, readable] = [0, 0];
  while (performance.now() < end) {
    for (let i = 0; i < 100; i++, runs++) {
      const mutant = mutate(SEEDS[next(SEEDS.length)] ?? new Uint8Array(), next);
      try {
        if (useAll(mutant)) readable += 1;
      } catch (fault) {
        const hex = Buffer.from(mutant).toString('hex');
        throw new Error(`run ${runs} of seed ${seed}: ${hex}`, { cause: fault });
      }
    }
  }
  assert.ok(readable > 20, `${readable} of ${runs} could be read at all`);
  const grown = process.memoryUsage().heapUsed - before;
  assert.ok(grown < 128 * 2 ** 20, `${grown} bytes more after ${runs}`);
});

/** Whether any reader took it; a list that was read is written and read again as it was. */
function useAll(bytes: Uint8Array): boolean {
  const key = readPublicKey(bytes);
  const certificate = readCertificate(bytes);
  readKeyLine(`ssh-ed25519 ${Buffer.from(bytes).toString('base64')}`);
  const krl = readKrl(bytes);
  if (krl.ok && krl.value.certificates.every(({ serials }) => serials.length < 1000)) {
    const again = readKrl(writeKrl(krl.value));
    assert.ok(again.ok);
    assert.equal(again.value.version, krl.value.version);
    assert.equal(again.value.certificates.length, krl.value.certificates.length);
  }
  const signature = readFileSignature(armoured(bytes));
  if (signature.ok) verifiesFile(signature.value, signature.value.namespace, bytes);
  return key.ok || certificate.ok || krl.ok || signature.ok;
}

function armoured(bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

function mutate(from: Uint8Array, next: (below: number) => number): Uint8Array {
  let bytes = from.slice();
  for (let times = 1 + next(3); times > 0; times--) {
    const at = next(Math.max(1, bytes.length));
    switch (next(4)) {
      case 0:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
        break;
      case 1:
        bytes[at] = EDGES[next(EDGES.length)] ?? 0;
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      default:
        bytes = Uint8Array.from([...bytes.slice(0, at), next(256), ...bytes.slice(at)]);
    }
  }
  return bytes;
}
