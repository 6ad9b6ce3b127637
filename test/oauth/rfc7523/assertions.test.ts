/** Assertions (RFC 7523): as the grant itself (§2.1), as who the client is (§2.2), and those of other issuers. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Resource } from '../../../server/subjects/resource.ts';
import {
  addProcess,
  addProof,
  ISSUER,
  makeKey,
  type SigningKey,
  signJws,
} from '../../support/processes.ts';
import {
  API,
  ASSERTION,
  claimsIn,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
  shownBy,
} from '../oauth-house.ts';

const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CLUSTER = 'https://cluster.example.com';

describe('assertions (RFC 7523)', () => {
  let house: OAuthHouse;
  let api: Resource;
  let billing: Keyed;
  let cluster: SigningKey;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    billing = await house.keyed('billing', [[api, 'read']]);
    cluster = makeKey('RS256', 'cluster');
    const job = await addProcess(house, 'job', [{ resource: api.id, scopes: ['read'] }]);
    await addProof(house, job, 'workload', {
      issuer: CLUSTER,
      claims: { sub: { is: 'system:serviceaccount:shop:job' } },
      jwks: { keys: [cluster.jwk] },
    });
  });
  after(() => house.close());

  const given = (change: Record<string, unknown> = {}) => {
    const now = Math.floor(house.clock.now() / 1000);
    const claims = {
      iss: CLUSTER,
      sub: 'system:serviceaccount:shop:job',
      aud: [ISSUER],
      iat: now,
      exp: now + 3600,
      ...change,
    };
    return signJws(cluster, { alg: 'RS256', kid: 'cluster' }, claims);
  };

  test('an assertion of the process’s own is a grant (§2.1)', async () => {
    const { client_assertion: assertion = '' } = shownBy(house, billing);
    const { status, body } = await house.post('/token', { grant_type: BEARER, assertion });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(claimsIn(body.access_token).sub, billing.process.id);
    const again = await house.post('/token', { grant_type: BEARER, assertion });
    assert.deepEqual([again.status, again.body], [400, { error: 'invalid_grant' }]);
  });

  test('what a cluster gave a workload is a grant, and no secret exists at all', async () => {
    const form = { grant_type: BEARER, assertion: given(), client_id: 'job', resource: API };
    const { status, body } = await house.post('/token', form);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.scope, 'read');
  });

  test('it shows who the client is as well (§2.2)', async () => {
    const { status } = await house.post('/token', {
      grant_type: 'client_credentials',
      client_id: 'job',
      client_assertion_type: ASSERTION,
      client_assertion: given(),
    });
    assert.equal(status, 200);
  });

  test('that of another workload, for another, or of another time is refused (§3)', async () => {
    const now = Math.floor(house.clock.now() / 1000);
    for (const change of [
      { sub: 'system:serviceaccount:shop:other' },
      { aud: 'https://elsewhere.example' },
      { aud: [ISSUER, 'https://elsewhere.example'] },
      { iss: 'https://other.example' },
      { exp: now },
      { nbf: now + 600 },
      { exp: undefined },
    ]) {
      const assertion = given(change);
      const form = { grant_type: BEARER, assertion, client_id: 'job', resource: API };
      const { status, body } = await house.post('/token', form);
      assert.deepEqual([status, body], [400, { error: 'invalid_grant' }], JSON.stringify(change));
    }
  });

  test('beside an assertion that is the grant nothing else is shown', async () => {
    const { client_assertion: assertion = '' } = shownBy(house, billing);
    const form = { grant_type: BEARER, assertion };
    for (const more of [{ client_secret: 'x' }, shownBy(house, billing)]) {
      const { status, body } = await house.post('/token', { ...form, ...more });
      assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
    }
    assert.equal((await house.post('/token', form)).status, 200);
  });
});
