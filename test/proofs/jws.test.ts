/** The reader of signed tokens: whatever comes, it answers; what it reads, others read alike. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { readJwk, readJwks, signingAlgs } from '../../server/proofs/jwk.ts';
import { readJws, signedBy } from '../../server/proofs/jws.ts';
import { encode, makeKey, signJws } from '../support/processes.ts';

const LONGEST = 8192;

describe('reading a signed token', () => {
  it('never throws, and reads nothing that has not three parts of one spelling', () => {
    const part = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.base64String(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.constant(encode({ alg: 'ES256' })),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const jws = readJws(parts.join('.'), LONGEST);
        if (jws === undefined) return;
        assert.equal(parts.join('.').split('.').length, 3);
        const [header = '', claims = ''] = parts.join('.').split('.');
        assert.equal(Buffer.from(header, 'base64url').toString('base64url'), header);
        assert.equal(jws.signed, `${header}.${claims}`);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads what any JSON object says, word for word', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
        fc.option(fc.string({ maxLength: 100 }), { nil: undefined }),
        (claims, kid) => {
          const header = { alg: 'ES256', ...(kid === undefined ? {} : { kid }) };
          const jws = readJws(`${encode(header)}.${encode(claims)}.AAAA`, 1e6);
          assert.deepEqual(jws?.claims, JSON.parse(JSON.stringify(claims)));
          assert.equal(jws?.kid, kid);
        },
      ),
    );
  });

  it('verifies what jose signs, with every algorithm, and gives its key the same thumbprint', async () => {
    for (const alg of signingAlgs) {
      const pair = await generateKeyPair(alg, { extractable: true });
      const jwk = { ...(await exportJWK(pair.publicKey)), alg };
      const key = readJwk(jwk);
      assert.ok(key.ok, JSON.stringify(key));
      assert.equal(key.value.thumbprint, await calculateJwkThumbprint(jwk));
      for (let i = 0; i < 20; i++) {
        const token = await new SignJWT({ i }).setProtectedHeader({ alg }).sign(pair.privateKey);
        const jws = readJws(token, LONGEST);
        assert.ok(jws && signedBy(jws, key.value), `${alg}, token ${i}`);
        assert.ok(!signedBy({ ...jws, signed: jws.signed.slice(1) }, key.value));
      }
    }
  });

  it('is read alike in all the lengths that numbers of a P-256 signature have', () => {
    const key = makeKey('ES256');
    const read = readJwk(key.jwk);
    assert.ok(read.ok);
    let short = 0;
    for (let i = 0; i < 1500; i++) {
      const jws = readJws(signJws(key, { alg: 'ES256' }, { i }), LONGEST);
      assert.ok(jws && signedBy(jws, read.value), `token ${i}`);
      if (jws.signature[0] === 0 || jws.signature[32] === 0) short += 1;
    }
    assert.ok(short > 0, 'no signature had a short number: try more');
  });
});

describe('reading a key', () => {
  it('takes no private one, none of another kind, and none that is weak', async () => {
    const { jwk, privateKey } = makeKey('ES256');
    const { generateKeyPairSync } = await import('node:crypto');
    const rsa = (modulusLength: number, publicExponent = 65_537) =>
      generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({
        format: 'jwk',
      });
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const refused: readonly unknown[] = [
      privateKey.export({ format: 'jwk' }),
      { kty: 'oct', k: 'c2VjcmV0' },
      p384.export({ format: 'jwk' }),
      { ...jwk, crv: 'secp256k1' },
      { ...jwk, alg: 'HS256' },
      { ...jwk, alg: 'none' },
      { ...jwk, use: 'enc' },
      { ...jwk, key_ops: ['encrypt'] },
      { ...jwk, x: jwk.y },
      { ...jwk, x: 'AAAA' },
      { ...jwk, y: undefined },
      { ...jwk, kid: 7 },
      { ...rsa(2048), alg: 'HS256' },
      { ...rsa(2048), alg: 'RS1' },
      rsa(1024),
      rsa(2048, 3),
      [],
      null,
      'key',
    ];
    for (const one of refused) assert.ok(!readJwk(one).ok, JSON.stringify(one));
    assert.ok(readJwk(jwk).ok);
    assert.ok(readJwk(rsa(2048)).ok);
  });

  it('never throws', () => {
    const member = fc.oneof(fc.string(), fc.constantFrom('EC', 'OKP', 'RSA', 'P-256', 'Ed25519'));
    const jwk = fc.record(
      { kty: member, crv: member, x: member, y: member, n: member, e: member, alg: member },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), jwk), (value) => {
        readJwk(value);
        readJwks({ keys: [value] });
        readJwks(value);
      }),
      { numRuns: 1000 },
    );
  });
});
