/**
 * Proofs of possession that take long to check (CWE-400, T1499.003, CVE-2006-2940): the key comes with the proof, and whoever sends one
 * may make it as they like. A modulus or an exponent that no key of anybody's has is not calculated with, nowhere.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { count, eventsOf } from '../support/events.ts';
import {
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
} from '../support/oidc-house.ts';

/** So many bits, the first and the last of them set, as keys have them. */
function number(bits: number): string {
  const bytes = randomBytes(bits / 8);
  bytes[0] = (bytes[0] ?? 0) | 0x80;
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 1;
  return bytes.toString('base64url');
}

describe('a proof of possession with a key made to cost time', () => {
  let house: OidcHouse;
  let app: TestApp;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('notes', { boundTokens: true });
  });
  after(() => house.close());

  /** Signed by nobody: that is found out only by calculating. */
  function proof(n: string, e: string, htu: string, before = ''): string {
    const part = (value: object) =>
      Buffer.from(before + JSON.stringify(value)).toString('base64url');
    const jwk = { kty: 'RSA', n, e };
    const iat = Math.floor(house.clock.now() / 1000);
    const claims = { jti: randomBytes(16).toString('hex'), htm: 'POST', htu, iat };
    return `${part({ typ: 'dpop+jwt', alg: 'PS256', jwk })}.${part(claims)}.${number(3072)}`;
  }

  const send = (path: 'token' | 'par' | 'userinfo', dpop: string) =>
    house.send({
      method: 'POST',
      path: `/oidc/${path}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', dpop },
      body: `grant_type=authorization_code&client_id=${app.id}&code=made-up&redirect_uri=${encodeURIComponent(CALLBACK)}&code_verifier=${'x'.repeat(43)}`,
    });

  for (const [what, n, e] of [
    ['an exponent of the length of its modulus', 3072, 3064],
    ['an exponent that is not small', 2048, 64],
    ['a modulus of twice what anybody has', 16_384, 24],
  ] as const) {
    it(`is refused unread for ${what}, and that is on record`, async () => {
      for (const path of ['token', 'par', 'userinfo'] as const) {
        house.clock.advance(60_000);
        const bad = proof(number(n), number(e), `${house.issuer}/${path}`);
        const seen = await eventsOf(house, async () => {
          const answer = await send(path, bad);
          assert.equal(answer.status, path === 'userinfo' ? 401 : 400);
          assert.equal(answer.json.error, 'invalid_dpop_proof');
        });
        assert.equal(count(seen, 'entry.refused', 'refused'), 1, path);
        assert.equal(seen[0]?.data.fault, 'proof-of-possession');
      }
    });
  }

  it('is refused unread where its text begins with a mark of byte order, which some readers pass over', async () => {
    const bad = proof(number(3072), number(3064), `${house.issuer}/token`, '\ufeff');
    house.clock.advance(60_000);
    const seen = await eventsOf(house, async () => {
      assert.equal((await send('token', bad)).json.error, 'invalid_dpop_proof');
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 1);
    assert.equal(seen[0]?.data.fault, 'proof-of-possession');
  });

  it('keeps out no honest key of RSA', async () => {
    const config = await app.config();
    const keys = await oidc.randomDPoPKeyPair('PS256');
    const DPoP = oidc.getDPoPHandle(config, keys);
    const seen = await eventsOf(house, async () => {
      const tokens = await tokensFor(house, config, await house.person('ada'), { DPoP });
      assert.equal(tokens.token_type, 'dpop');
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 0);
  });
});
