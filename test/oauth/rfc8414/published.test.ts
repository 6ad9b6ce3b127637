/** What anyone may read: metadata (RFC 8414), keys (RFC 7517), the list of grants that ended. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { ISSUER } from '../../support/processes.ts';
import { SITE } from '../../support/settings.ts';
import { type OAuthHouse, openOAuthHouse } from '../oauth-house.ts';

describe('what is published', () => {
  let house: OAuthHouse;
  before(async () => {
    house = await openOAuthHouse();
  });
  after(() => house.close());

  test('metadata is the same wherever it may be looked for (RFC 8414 §3.1, Discovery §4)', async () => {
    const texts = new Set<string>();
    for (const url of [
      `${ISSUER}/.well-known/openid-configuration`,
      `${ISSUER}/.well-known/oauth-authorization-server`,
      `${SITE}/.well-known/oauth-authorization-server/oidc`,
    ]) {
      const response = await house.fetch(url);
      assert.equal(response.status, 200, url);
      assert.match(response.headers.get('content-type') ?? '', /^application\/json(?:;|$)/);
      texts.add(await response.text());
    }
    assert.equal(texts.size, 1);
    const [text = ''] = texts;
    const told = JSON.parse(text);
    assert.equal(told.issuer, ISSUER);
    for (const name of ['token', 'introspection', 'revocation']) {
      assert.ok(told[`${name}_endpoint`].startsWith(`${ISSUER}/`));
      assert.ok(told[`${name}_endpoint_auth_methods_supported`].includes('private_key_jwt'));
    }
    assert.ok(told.grant_types_supported.includes('client_credentials'));
    assert.ok(told.dpop_signing_alg_values_supported.includes('ES256'));
    // Nothing is promised that this server was not told to do.
    assert.equal(told.tls_client_certificate_bound_access_tokens, false);
    for (const algs of Object.values(told).filter(Array.isArray)) {
      assert.ok(!algs.includes('none') && !algs.includes('HS256'));
    }
  });

  test('keys may be kept for ten minutes, by programs of other origins too', async () => {
    const { headers } = await house.fetch(`${ISSUER}/jwks`);
    assert.equal(headers.get('cache-control'), 'public, max-age=600');
    assert.match(headers.get('content-type') ?? '', /^application\/jwk-set\+json/);
    assert.equal(headers.get('access-control-allow-origin'), '*');
  });

  test('the list of what ended is signed, and of this moment', async () => {
    const keys = createLocalJWKSet((await (await house.fetch(`${ISSUER}/jwks`)).json()) as never);
    const text = await (await house.fetch(`${ISSUER}/status`)).text();
    const now = house.clock.now();
    const { payload } = await jwtVerify(text, keys, {
      typ: 'statuslist+jwt',
      issuer: ISSUER,
      currentDate: new Date(now),
    });
    assert.equal(payload.iat, Math.floor(now / 1000));
    assert.deepEqual(payload.ended, []);
    assert.equal(payload.since, Math.floor(now / 1000) - 86_400);
  });
});
