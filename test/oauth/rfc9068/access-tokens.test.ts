/** JWT access tokens (RFC 9068), read as an API would, with a library that is not ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import type { Resource } from '../../../server/subjects/resource.ts';
import { ISSUER } from '../../support/processes.ts';
import { API, type Keyed, type OAuthHouse, openOAuthHouse } from '../oauth-house.ts';

describe('JWT access tokens (RFC 9068)', () => {
  let house: OAuthHouse;
  let api: Resource;
  let billing: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    billing = await house.keyed('billing', [[api, 'read', 'write']]);
  });
  after(() => house.close());

  const tokenOf = async (form: Record<string, string> = {}) =>
    (await house.token(billing, { resource: API, ...form })).body.access_token as string;
  const read = async (token: string, audience = API) =>
    jwtVerify(token, createLocalJWKSet({ keys: [...house.house.signing.jwks().keys] }), {
      issuer: ISSUER,
      audience,
      typ: 'at+jwt',
      currentDate: new Date(house.clock.now()),
    });

  test('say what they are, and are signed with a key that is published (§2.1)', async () => {
    const header = decodeProtectedHeader(await tokenOf());
    assert.deepEqual(Object.keys(header).sort(), ['alg', 'kid', 'typ']);
    assert.equal(header.typ, 'at+jwt');
    assert.notEqual(header.alg, 'none');
    assert.ok(house.house.signing.jwks().keys.some(({ kid }) => kid === header.kid));
  });

  test('have every claim that is required, and say no more of anyone (§2.2)', async () => {
    const { payload } = await read(await tokenOf());
    assert.deepEqual(Object.keys(payload).sort(), [
      'aud',
      'client_id',
      'exp',
      'gid',
      'iat',
      'iss',
      'jti',
      'scope',
      'sub',
    ]);
    // Of a client that acts for itself (§2.2).
    assert.equal(payload.sub, payload.client_id);
  });

  test('name the scopes that were granted, and each token itself (§2.2.3, §2.2)', async () => {
    const tokens = await Promise.all([
      tokenOf({ scope: 'write read' }),
      tokenOf({ scope: 'read' }),
    ]);
    const read_ = await Promise.all(tokens.map((token) => read(token)));
    assert.deepEqual(
      read_.map(({ payload }) => payload.scope),
      ['read write', 'read'],
    );
    assert.equal(new Set(read_.map(({ payload }) => payload.jti)).size, 2);
  });

  test('are for one API, and no good at another or later (§4)', async () => {
    const token = await tokenOf();
    await read(token);
    await assert.rejects(read(token, 'https://other.example/'), {
      code: 'ERR_JWT_CLAIM_VALIDATION_FAILED',
    });
    house.clock.advance(600_000);
    await assert.rejects(read(token), { code: 'ERR_JWT_EXPIRED' });
  });
});
