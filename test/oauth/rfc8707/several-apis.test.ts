/** One authorization can be for several APIs, and one token is for one of them (RFC 8707 §2.1, §2.2). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { call, redeem, requestOf, VERIFIER } from '../../support/code-client.ts';
import {
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import { claimsIn } from '../oauth-house.ts';

const PAY = 'https://pay.example.com/';
const MAIL = 'https://mail.example.com/';
const BOTH = [PAY, MAIL];

describe('an application that asks for two APIs', () => {
  let house: OidcHouse;
  let app: TestApp;
  before(async () => {
    house = await openOidcHouse();
    for (const audience of BOTH) {
      const scopes = [{ name: 'read', says: 'See what is yours.' }];
      await house.addApi(new URL(audience).host.replaceAll('.', '-'), { audience, scopes });
    }
    app = await house.addApp('wiki', {
      apis: BOTH.map((audience) => ({ audience, scopes: ['read'] })),
    });
  });
  after(() => house.close());

  const scope = { scope: 'openid offline_access read' };

  function asked(): URLSearchParams {
    const form = new URLSearchParams(requestOf(app, scope));
    for (const audience of BOTH) form.append('resource', audience);
    return form;
  }

  async function codeOf(address: string): Promise<string> {
    const browser = house.browser();
    await wander(house, browser, address);
    const person = await house.person(`ada${house.clock.now()}`);
    house.clock.advance(1);
    const { left, page } = await signInFrom(house, browser, person);
    const code = left?.searchParams.get('code');
    assert.ok(code, `${left} ${page.text}`);
    return code;
  }

  const refreshed = (token: unknown, resources: readonly string[]) => {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: app.id,
      refresh_token: String(token),
    });
    for (const resource of resources) form.append('resource', resource);
    return call(house, '/token', String(form));
  };

  it('gets a token for the one that it names, and another for the other', async () => {
    const code = await codeOf(`/oidc/auth?${asked()}`);
    const first = await redeem(house, app, code, { resource: PAY });
    assert.equal(first.status, 200, JSON.stringify(first.body));
    assert.equal(claimsIn(String(first.body.access_token)).aud, PAY);
    const second = await refreshed(first.body.refresh_token, [MAIL]);
    assert.equal(claimsIn(String(second.body.access_token)).aud, MAIL);
  });

  it('may push that request as well (RFC 9126 §2.1)', async () => {
    const pushed = await call(house, '/par', String(asked()));
    assert.equal(pushed.status, 201, JSON.stringify(pushed.body));
    const by = { client_id: app.id, request_uri: String(pushed.body.request_uri) };
    const code = await codeOf(`/oidc/auth?${new URLSearchParams(by)}`);
    const { body } = await redeem(house, app, code, { resource: MAIL });
    assert.equal(claimsIn(String(body.access_token)).aud, MAIL);
  });

  it('gets none for two at once, and what it has stays good', async () => {
    const code = await codeOf(`/oidc/auth?${asked()}`);
    const form = new URLSearchParams({
      ...{ grant_type: 'authorization_code', client_id: app.id, code },
      ...{ redirect_uri: requestOf(app).redirect_uri ?? '', code_verifier: VERIFIER },
    });
    for (const resource of BOTH) form.append('resource', resource);
    const refused = await call(house, '/token', String(form));
    assert.deepEqual([refused.status, refused.body], [400, { error: 'invalid_request' }]);
    const first = await redeem(house, app, code, { resource: PAY });
    const twice = await refreshed(first.body.refresh_token, BOTH);
    assert.deepEqual([twice.status, twice.body], [400, { error: 'invalid_request' }]);
    assert.equal((await refreshed(first.body.refresh_token, [PAY])).status, 200);
  });

  it('says nothing else twice in such a request', async () => {
    for (const name of ['scope', 'client_id', 'audience']) {
      const form = asked();
      form.append(name, form.get(name) ?? PAY);
      if (name === 'audience') form.append(name, MAIL);
      const { status, body } = await call(house, '/par', String(form));
      assert.deepEqual([status, body], [400, { error: 'invalid_request' }], name);
    }
    assert.equal((await call(house, '/par', String(asked()))).status, 201);
  });
});
