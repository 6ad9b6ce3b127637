/** RFC 6749 §4.4 and §5, by clients that are not ours: oauth4webapi and openid-client. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import type { Resource } from '../../../server/subjects/resource.ts';
import { skewOf } from '../../support/clock.ts';
import { count, eventsOf } from '../../support/events.ts';
import { addProcess, addProof, ISSUER } from '../../support/processes.ts';
import { API, FORM, type Keyed, type OAuthHouse, openOAuthHouse } from '../oauth-house.ts';

describe('client credentials (RFC 6749 §4.4)', () => {
  let house: OAuthHouse;
  let api: Resource;
  let billing: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    billing = await house.keyed('billing', [[api, 'read', 'write', 'pay']]);
  });
  after(() => house.close());

  const options = () => ({
    [oauth.customFetch]: house.fetch as typeof fetch,
    [oauth.allowInsecureRequests]: true,
  });

  async function granted(auth: oauth.ClientAuth, id: string, parameters = {}) {
    const by = { client_id: id, [oauth.clockSkew]: skewOf(house) };
    const response = await oauth.clientCredentialsGrantRequest(
      house.server,
      by,
      auth,
      { scope: 'read', resource: API, ...parameters },
      options(),
    );
    return oauth.processClientCredentialsResponse(house.server, by, response);
  }

  test('give oauth4webapi a JWT (RFC 9068) for private_key_jwt, and it is on record', async () => {
    const seen = await eventsOf(house, async () => {
      const key = await crypto.subtle.importKey(
        'jwk',
        billing.key.privateKey.export({ format: 'jwk' }) as import('jose').JWK,
        { name: 'ECDSA', namedCurve: 'P-256' },
        false,
        ['sign'],
      );
      const answer = await granted(oauth.PrivateKeyJwt(key), 'billing');
      assert.equal(answer.token_type, 'bearer');
      assert.equal(answer.expires_in, 600);
      assert.equal(answer.scope, 'read');
      const jwks = await (await house.fetch(`${ISSUER}/jwks`)).json();
      const { payload, protectedHeader } = await jwtVerify(
        answer.access_token,
        createLocalJWKSet(jwks as never),
        { issuer: ISSUER, audience: API, typ: 'at+jwt', currentDate: new Date(house.clock.now()) },
      );
      assert.equal(protectedHeader.alg, 'ES256');
      assert.equal(payload.sub, billing.process.id);
      assert.equal(payload.client_id, billing.process.id);
      assert.equal(payload.scope, 'read');
      assert.equal(Number(payload.exp) - Number(payload.iat), 600);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  for (const [name, auth] of [
    ['client_secret_basic', oauth.ClientSecretBasic],
    ['client_secret_post', oauth.ClientSecretPost],
  ] as const) {
    test(`give a token for ${name}, unless what is asked for is sensitive`, async () => {
      const process = await addProcess(house, name.replaceAll('_', '-'), [
        { resource: api.id, scopes: ['read', 'pay'] },
      ]);
      const { shownOnce } = await addProof(house, process, 'secret', undefined);
      const [secret = ''] = shownOnce ?? [];
      assert.ok((await granted(auth(secret), process.name)).access_token);
      await assert.rejects(granted(auth(secret), process.name, { scope: 'pay' }), {
        error: 'unauthorized_client',
      });
      await assert.rejects(granted(auth(`${secret}x`), process.name));
    });
  }

  test('give openid-client a token by what it discovers', async () => {
    const key = await crypto.subtle.importKey(
      'jwk',
      billing.key.privateKey.export({ format: 'jwk' }) as import('jose').JWK,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const config = await client.discovery(
      new URL(ISSUER),
      'billing',
      { [client.clockSkew]: skewOf(house) },
      client.PrivateKeyJwt(key),
      {
        [client.customFetch]: house.fetch as never,
        execute: [client.allowInsecureRequests],
      },
    );
    const answer = await client.clientCredentialsGrant(config, { resource: API, scope: 'read' });
    assert.equal(answer.scope, 'read');
  });

  test('mean the only API that the process may enter, and all that is not sensitive there', async () => {
    const { status, body, headers } = await house.token(billing);
    assert.equal(status, 200);
    assert.equal(body.scope, 'read write');
    // §5.1.
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('pragma'), 'no-cache');
  });

  test('are refused in the words of §5.2 and no others', async () => {
    const nobody = { ...billing, process: { ...billing.process, name: 'nobody' } };
    const other = await house.keyed('other', [[api, 'read']]);
    const forged = { ...billing, key: other.key };
    const asked: readonly (readonly [
      Promise<{ status: number; body: unknown }>,
      number,
      string,
    ])[] = [
      [house.post('/token', { grant_type: 'client_credentials' }), 401, 'invalid_client'],
      [house.token(nobody), 401, 'invalid_client'],
      [house.token(forged), 401, 'invalid_client'],
      [house.token(billing, { scope: 'admin' }), 400, 'invalid_scope'],
      [house.token(other, { scope: 'write' }), 400, 'invalid_scope'],
      [house.token(billing, { scope: 'read  write' }), 400, 'invalid_scope'],
      [house.token(billing, { resource: 'https://elsewhere.example/' }), 400, 'invalid_target'],
      [house.token(billing, { grant_type: 'password' }), 400, 'unsupported_grant_type'],
      [house.token(billing, { grant_type: '' }), 400, 'invalid_request'],
    ];
    for (const [answer, status, error] of asked) {
      const got = await answer;
      assert.deepEqual([got.status, got.body], [status, { error }]);
    }
  });

  test('are read from a form, and from nothing else (§4.4.2)', async () => {
    const json = await house.post('/token', '{"grant_type":"client_credentials"}', {
      'content-type': 'application/json',
    });
    assert.deepEqual([json.status, json.body], [415, { error: 'invalid_request' }]);
    const latin = await house.post('/token', 'grant_type=client_credentials', {
      'content-type': `${FORM}; charset=latin1`,
    });
    assert.equal(latin.status, 415);
  });
});
