/** What else a request may bring, and how userinfo is asked (OpenID Connect Core 1.0), as the Basic and Dynamic OP plans try it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, type JWTPayload } from 'jose';
import { ask, type Change, call, codeIn, redeem, signedIn } from '../../support/code-client.ts';
import { CALLBACK, type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

const QUERIED = `${CALLBACK}?from=here&x=%2F`;

describe('a request with more in it', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki', { redirectUris: [CALLBACK, QUERIED] });
    ada = await house.person('ada');
    browser = await signedIn(house, app, ada);
  });
  after(() => house.close());

  async function tokens(change: Change = {}, more: Change = {}) {
    const code = await codeIn(house, app, browser, change);
    const { body } = await redeem(house, app, code, more);
    assert.ok(body.id_token, JSON.stringify(body));
    return { body, claims: decodeJwt(String(body.id_token)), token: String(body.access_token) };
  }
  const infoOf = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${house.issuer}/userinfo`, { headers });
    assert.equal(answer.status, 200);
    return (await answer.json()) as JWTPayload;
  };

  for (const [what, change] of [
    [
      'scopes in another order (oidcc-ensure-other-scope-order-succeeds)',
      { scope: 'email openid' },
    ],
    ['scopes that are not here (oidcc-scope-all)', { scope: 'openid address phone profile email' }],
    ['display=page (oidcc-display-page)', { display: 'page' }],
    ['display=popup (oidcc-display-popup)', { display: 'popup' }],
    ['languages (oidcc-ui-locales)', { ui_locales: 'se de', claims_locales: 'se' }],
    ['a name (oidcc-login-hint)', { login_hint: 'ada' }],
    [
      'levels that nobody knows (oidcc-ensure-request-with-acr-values-succeeds)',
      { acr_values: '1 2' },
    ],
    ['max_age (oidcc-max-age-10000)', { max_age: '10000' }],
  ] as const) {
    it(`goes on with ${what} (§3.1.2.1)`, async () => {
      const { claims } = await tokens(change);
      assert.equal(claims.sub, ada.id);
      // No level is told that was not reached (§2).
      if ('acr_values' in change) assert.ok(!['1', '2'].includes(String(claims.acr)));
    });
  }

  it('tells a claim that is essential where it was asked for, and is refused with claims that are none (§5.5, oidcc-claims-essential)', async () => {
    const claims = JSON.stringify({
      userinfo: { name: { essential: true } },
      id_token: { auth_time: null },
    });
    const made = await tokens({ claims });
    assert.equal(typeof made.claims.auth_time, 'number');
    assert.deepEqual(Object.keys(await infoOf(made.token)).sort(), ['name', 'sub']);
    for (const none of ['[]', 'name', '{"userinfo":1}']) {
      const { left } = await ask(house, app, { claims: none }, browser);
      assert.equal(left?.searchParams.get('error'), 'invalid_request', none);
    }
  });

  it('is told that no level is met where one that nobody knows is essential (§5.5.1.1, RFC 9470 §5)', async () => {
    const acr = { essential: true, values: ['1', '2'] };
    const claims = JSON.stringify({ id_token: { acr } });
    for (const at of [browser, house.browser()]) {
      const { left } = await ask(house, app, { claims }, at);
      assert.equal(left?.searchParams.get('error'), 'unmet_authentication_requirements');
      assert.equal(left?.searchParams.get('state'), 'a-state');
    }
    const known = { essential: true, values: ['1', 'urn:sallyport:acr:two-kinds'] };
    const made = await tokens({ claims: JSON.stringify({ id_token: { acr: known } }) });
    assert.equal(made.claims.acr, 'urn:sallyport:acr:two-kinds');
  });

  it('has the query of its address kept, and no other in its place (oidcc-redirect-uri-query-OK, -mismatch, -added)', async () => {
    const { left } = await ask(house, app, { redirect_uri: QUERIED }, browser);
    assert.deepEqual(
      [left?.searchParams.get('from'), left?.searchParams.get('x'), left?.searchParams.has('code')],
      ['here', '/', true],
    );
    assert.ok(left?.href.startsWith(QUERIED));
    for (const redirect_uri of [
      `${CALLBACK}?from=there&x=%2F`,
      `${CALLBACK}?x=%2F&from=here`,
      `${CALLBACK}?from=here&x=/`,
      `${QUERIED}&more=1`,
      `${CALLBACK}?`,
    ]) {
      const { left: led, page } = await ask(house, app, { redirect_uri }, browser);
      assert.deepEqual([led, page.status], [undefined, 400], redirect_uri);
    }
  });

  it('gives a code that is redeemed with its own address, verifier and client alone (RFC 6749 §4.1.3, RFC 7636 §4.6)', async () => {
    const other = await house.addApp('other');
    for (const change of [
      { redirect_uri: QUERIED },
      { redirect_uri: undefined },
      { code_verifier: 'another-verifier-of-forty-three-characters-or-more' },
      { code_verifier: undefined },
      { client_id: other.id },
    ]) {
      const code = await codeIn(house, app, browser);
      const { status, body } = await redeem(house, app, code, change);
      assert.equal(status, 400, JSON.stringify(change));
      assert.equal(body.access_token, undefined);
    }
  });

  it('is told at userinfo by POST, with the token in a header or in the form, and in one place (§5.3.1, RFC 6750 §2.2)', async () => {
    const { token } = await tokens({ scope: 'openid profile' });
    const bearer = { authorization: `Bearer ${token}` };
    const inHeader = await call(house, '/userinfo', {}, bearer);
    assert.deepEqual([inHeader.status, inHeader.body.sub], [200, ada.id]);
    assert.match(inHeader.headers.get('content-type') ?? '', /^application\/json/);
    const inForm = await call(house, '/userinfo', { access_token: token });
    assert.deepEqual([inForm.status, inForm.body.sub], [200, ada.id]);
    const both = await call(house, '/userinfo', { access_token: token }, bearer);
    assert.ok(both.status >= 400, 'two of them (RFC 6750 §3.1)');
    const inQuery = await fetch(`${house.issuer}/userinfo?access_token=${token}`);
    assert.ok(inQuery.status >= 400, 'in an address it would be read by others (RFC 9700 §4.3.2)');
  });

  it('has an ID token of one sign-in after a refresh as well (§12.2, oidcc-refresh-token)', async () => {
    const first = await tokens({
      scope: 'openid offline_access',
      max_age: '10000',
      prompt: undefined,
    });
    const { status, body } = await call(house, '/token', {
      grant_type: 'refresh_token',
      client_id: app.id,
      refresh_token: String(first.body.refresh_token),
    });
    assert.equal(status, 200, JSON.stringify(body));
    const next = decodeJwt(String(body.id_token));
    for (const name of ['iss', 'sub', 'aud', 'auth_time', 'azp'] as const) {
      assert.equal(next[name], first.claims[name], name);
    }
    assert.ok(Number(next.iat) >= Number(first.claims.iat));
    assert.equal(body.token_type, 'Bearer');
    assert.notEqual(body.access_token, first.token);
  });

  it('is answered at the token endpoint with what no cache keeps (RFC 6749 §5.1, §3.1.3.3)', async () => {
    const code = await codeIn(house, app, browser);
    const { headers, body } = await redeem(house, app, code);
    assert.match(headers.get('cache-control') ?? '', /no-store/);
    assert.match(headers.get('content-type') ?? '', /^application\/json/);
    assert.equal(typeof body.expires_in, 'number');
    assert.equal(body.token_type, 'Bearer');
  });
});
