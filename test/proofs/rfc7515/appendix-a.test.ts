/** Signatures of the standards' own examples: RFC 7515 Appendix A.2 and A.3 (RS256, ES256), RFC 8037 Appendix A.4 (EdDSA). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readJwk, type VerifyKey } from '../../../server/proofs/jwk.ts';
import { type Jws, readJws, signedBy } from '../../../server/proofs/jws.ts';

function keyOf(jwk: object): VerifyKey {
  const read = readJwk(jwk);
  assert.ok(read.ok, JSON.stringify(read));
  return read.value;
}

const PAYLOAD =
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';

const ES256 = {
  key: keyOf({
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  }),
  token: `eyJhbGciOiJFUzI1NiJ9.${PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
};

const ED25519 = {
  key: keyOf({ kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }),
  signed: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
  signature:
    'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
};

describe('the examples of RFC 7515 and RFC 8037', () => {
  it('A.3 is read as it says, and its signature is its key’s', () => {
    const jws = readJws(ES256.token, 8192);
    assert.deepEqual(jws?.claims, {
      iss: 'joe',
      exp: 1300819380,
      'http://example.com/is_root': true,
    });
    assert.ok(signedBy(jws, ES256.key));
  });

  it('A.3 with any bit of its signature changed is refused', () => {
    const jws = readJws(ES256.token, 8192);
    assert.ok(jws);
    for (let bit = 0; bit < 512; bit++) {
      const signature = Uint8Array.from(jws.signature);
      signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assert.ok(!signedBy({ ...jws, signature }, ES256.key), `bit ${bit}`);
    }
  });

  it('signatures of zeros, of the order, and of other lengths are refused', () => {
    const jws = readJws(ES256.token, 8192);
    assert.ok(jws);
    const order = Buffer.from(
      'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551',
      'hex',
    );
    const zero = Buffer.alloc(32);
    for (const signature of [
      Buffer.concat([zero, zero]), // CVE-2022-21449
      Buffer.concat([order, order]),
      Buffer.concat([zero, order]),
      jws.signature.subarray(0, 63),
      Buffer.concat([jws.signature, Buffer.of(0)]),
      Buffer.alloc(0),
    ]) {
      assert.ok(!signedBy({ ...jws, signature: new Uint8Array(signature) }, ES256.key));
    }
  });

  it('A.4 of RFC 8037 verifies, by either name of the algorithm', () => {
    const jws: Jws = {
      alg: 'EdDSA',
      kid: undefined,
      typ: undefined,
      claims: {},
      signed: ED25519.signed,
      signature: new Uint8Array(Buffer.from(ED25519.signature, 'base64url')),
    };
    assert.ok(signedBy(jws, ED25519.key));
    assert.ok(signedBy({ ...jws, alg: 'Ed25519' }, ED25519.key));
    assert.ok(!signedBy({ ...jws, alg: 'ES256' }, ED25519.key));
    assert.ok(!signedBy({ ...jws, signed: `${jws.signed}A` }, ED25519.key));
    // Its payload is a text and no claims, so it is no token to us.
    assert.equal(readJws(`${ED25519.signed}.${ED25519.signature}`, 8192), undefined);
  });

  it('RFC 8037 A.3 and RFC 7638 §3.1 give the thumbprints that they print', () => {
    assert.equal(ED25519.key.thumbprint, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
    const rsa = keyOf({
      kty: 'RSA',
      n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
      e: 'AQAB',
      alg: 'RS256',
      kid: '2011-04-29',
    });
    assert.equal(rsa.thumbprint, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs');
  });
});
