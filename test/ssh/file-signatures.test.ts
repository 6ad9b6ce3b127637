/** Signatures over files as ssh-keygen writes them (PROTOCOL.sshsig): for one message and one namespace, and nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../server/kernel/bytes.ts';
import { readFileSignature, verifiesFile } from '../../server/wire/ssh/sshsig.ts';
import { fileSignatures } from './vectors.ts';

const NAMESPACE = 'host-renewal@sallyport';
const MESSAGE = utf8('hello\n');

function armoured(bytes: Uint8Array, width = 70): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

for (const [kind, text] of Object.entries(fileSignatures)) {
  const bytes = Buffer.from(text, 'base64');

  test(`what a key of ${kind} signed is good for that message and that namespace`, () => {
    for (const width of [70, 76, 64]) {
      const read = readFileSignature(armoured(bytes, width));
      assert.ok(read.ok, JSON.stringify(read));
      assert.equal(verifiesFile(read.value, NAMESPACE, MESSAGE), true);
      assert.equal(verifiesFile(read.value, 'file', MESSAGE), false);
      assert.equal(verifiesFile(read.value, NAMESPACE, utf8('hello')), false);
      assert.equal(verifiesFile({ ...read.value, namespace: 'file' }, 'file', MESSAGE), false);
      assert.equal(verifiesFile({ ...read.value, hash: 'sha256' }, NAMESPACE, MESSAGE), false);
      assert.equal(verifiesFile({ ...read.value, reserved: utf8('x') }, NAMESPACE, MESSAGE), false);
    }
  });

  test(`with any byte of it changed or left out, one of ${kind} is good for nothing`, () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const bent = Uint8Array.from(bytes);
      bent[at] = (bent[at] ?? 0) ^ 1;
      const read = readFileSignature(armoured(bent));
      assert.ok(!read.ok || !verifiesFile(read.value, NAMESPACE, MESSAGE), `byte ${at}`);
      assert.equal(readFileSignature(armoured(bytes.subarray(0, at))).ok, false, `${at} bytes`);
    }
  });
}

test('what is no signature is none', () => {
  const [good = ''] = Object.values(fileSignatures).map((text) =>
    armoured(Buffer.from(text, 'base64')),
  );
  assert.equal(readFileSignature(good).ok, true);
  for (const wrong of ['', 'x', ` ${good}`, `${good}x`, good + good, good.replace('SSH', 'PGP')]) {
    assert.equal(readFileSignature(wrong).ok, false);
  }
});
