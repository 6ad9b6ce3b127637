import assert from 'node:assert/strict';
import { createHash, createSecretKey } from 'node:crypto';
import { describe, it } from 'node:test';
import { concat, hex, utf8 } from '../../server/kernel/bytes.ts';
import { createXaes } from '../../server/vault/xaes.ts';

// https://c2sp.org/XAES-256-GCM, "Test vectors".
const vectors = [
  {
    of: 'whose first CMAC block has its top bit clear',
    key: new Uint8Array(32).fill(1),
    bound: '',
    sealed: 'ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271',
  },
  {
    of: 'whose first CMAC block has its top bit set',
    key: new Uint8Array(32).fill(3),
    bound: 'c2sp.org/XAES-256-GCM',
    sealed: '986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d',
  },
];
const NONCE = utf8('ABCDEFGHIJKLMNOPQRSTUVWX');

describe('XAES-256-GCM', () => {
  for (const { of, key, bound, sealed } of vectors) {
    it(`gives the published result for the key ${of}`, () => {
      const xaes = createXaes(createSecretKey(key));
      const { text, tag } = xaes.seal(NONCE, utf8('XAES-256-GCM'), utf8(bound));
      assert.equal(hex(concat(text, tag)), sealed);
      assert.deepEqual(xaes.open(NONCE, text, tag, utf8(bound)), utf8('XAES-256-GCM'));
      assert.equal(xaes.open(NONCE, text, tag, utf8(`${bound}.`)), undefined);
    });
  }

  it('agrees with the accumulated hash of 10 000 random messages', () => {
    // All randomness is one SHAKE-128 stream; the results go into another.
    const stream = createHash('shake128', { outputLength: 4_000_000 }).digest();
    const results = createHash('shake128', { outputLength: 32 });
    let at = 0;
    const take = (length: number) => {
      at += length;
      assert.ok(at <= stream.length);
      return stream.subarray(at - length, at);
    };
    assert.equal(hex(stream.subarray(0, 16)), '7f9c2ba4e88f827d616045507605853e');
    for (let i = 0; i < 10_000; i++) {
      const xaes = createXaes(createSecretKey(take(32)));
      const nonce = take(24);
      const plain = take(take(1)[0]!);
      const bound = take(take(1)[0]!);
      const { text, tag } = xaes.seal(nonce, plain, bound);
      results.update(text).update(tag);
      assert.deepEqual(Buffer.from(xaes.open(nonce, text, tag, bound)!), plain);
    }
    const expected = 'e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939';
    assert.equal(results.digest('hex'), expected);
  });
});
