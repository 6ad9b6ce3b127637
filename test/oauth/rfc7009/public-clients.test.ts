/** Revocation by applications that can keep no secret (RFC 7009 §2.1, §5), for a page in a browser as well (§2.3). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../../support/events.ts';
import {
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';

const API = 'https://api.example.com/';
const apis = [{ audience: API, scopes: ['read'] }];
const ORIGIN = new URL(CALLBACK).origin;

describe('revocation by public clients (RFC 7009)', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let page: TestApp;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    await house.addApi('things', { audience: API, scopes: [{ name: 'read', says: 'See.' }] });
    page = await house.addApp('page', { apis });
  });
  after(() => house.close());

  const parameters = { scope: 'openid read', resource: API };
  const tokenOf = async (app: TestApp) =>
    (await tokensFor(house, await app.config(), ada, { parameters })).access_token;

  const isLive = (token: string) =>
    house.house.store.read(
      async (q) => (await house.house.oauth.grantedTokens.find(q, token)) !== undefined,
    );

  function revoke(form: Record<string, string>, headers: Record<string, string> = {}) {
    return house.send({
      method: 'POST',
      path: '/oidc/revoke',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams(form).toString(),
    });
  }

  it('ends a JWT that was given to them, on record', async () => {
    const token = await tokenOf(page);
    assert.equal(token.split('.').length, 3);
    assert.equal(await isLive(token), true);
    const seen = await eventsOf(house, async () => {
      const { status, json } = await revoke({ token, client_id: page.id });
      assert.deepEqual([status, json], [200, {}]);
    });
    assert.equal(await isLive(token), false);
    assert.equal(count(seen, 'token.revoked', 'done'), 1);
    assert.equal(
      (await revoke({ token, client_id: page.id })).status,
      200,
      'and is as good as ended',
    );
    assert.equal((await revoke({ token: 'none', client_id: page.id })).status, 200);
  });

  it('ends nothing of another client, nor for one that could prove who it is', async () => {
    const other = await house.addApp('other', { apis });
    const secret = await house.addApp('secretive', { clientAuth: 'secret', apis });
    const token = await tokenOf(page);
    const seen = await eventsOf(house, async () => {
      assert.equal((await revoke({ token, client_id: other.id })).status, 200);
      for (const client_id of [secret.id, 'page', 'nobody', ada.id, `${page.id} `]) {
        const { status, json } = await revoke({ token, client_id });
        assert.deepEqual([status, json], [401, { error: 'invalid_client' }], client_id);
      }
      assert.equal((await revoke({ token })).status, 401);
    });
    assert.equal(count(seen, 'token.revoked'), 0);
    assert.equal(await isLive(token), true);
  });

  it('is told to pages of their own addresses alone (§2.3)', async () => {
    for (const [origin, allowed] of [
      [ORIGIN, ORIGIN],
      ['https://evil.example', null],
      ['null', null],
      [`${ORIGIN}.evil.example`, null],
    ] as const) {
      const token = await tokenOf(page);
      const { status, headers } = await revoke({ token, client_id: page.id }, { origin });
      assert.deepEqual([status, headers.get('access-control-allow-origin')], [200, allowed]);
    }
    const preflight = await house.send({
      method: 'OPTIONS',
      path: '/oidc/revoke',
      headers: { origin: ORIGIN, 'access-control-request-method': 'POST' },
    });
    assert.equal(preflight.status, 204);
    const bare = await house.send({ method: 'OPTIONS', path: '/oidc/token' });
    assert.equal(bare.status, 405, 'what is no preflight');
  });
});
