import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { hex } from '../../server/kernel/bytes.ts';
import { sha256 } from '../../server/kernel/digest.ts';

// FIPS 180-2, appendices B.1 and B.2; the empty message as NIST's CAVP has it.
const VECTORS = {
  '': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  abc: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq:
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
};

test('SHA-256 gives what the standard does', () => {
  for (const [text, digest] of Object.entries(VECTORS)) assert.equal(hex(sha256(text)), digest);
});

test('whatever is hashed, it is what the runtime makes of it, in bytes of their own', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const digest = sha256(bytes);
      assert.equal(digest.buffer.byteLength, 32);
      assert.equal(hex(digest), createHash('sha256').update(bytes).digest('hex'));
    }),
  );
});
