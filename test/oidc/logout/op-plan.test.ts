/** RP-Initiated Logout 1.0 as the OpenID Foundation's plan for it asks: each of its modules, by name. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { codeIn, redeem, signedIn } from '../../support/code-client.ts';
import { type OidcHouse, openOidcHouse, type TestApp, wander } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

const GONE = 'https://app.example.com/gone';

describe('the plan for leaving by an application', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki', { postLogoutRedirectUris: [GONE] });
    ada = await house.person('ada');
  });
  after(() => house.close());

  async function begun(): Promise<{ browser: WebClient; hint: string }> {
    const browser = await signedIn(house, app, ada);
    const { body } = await redeem(house, app, await codeIn(house, app, browser));
    return { browser, hint: String(body.id_token) };
  }

  /** All the way, with a yes. */
  async function leave(browser: WebClient, asked: Record<string, string>) {
    const { page } = await wander(house, browser, `/oidc/logout?${new URLSearchParams(asked)}`);
    if (page.status !== 200) return { status: page.status, left: undefined };
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const answer = await browser.post('/oidc/logout/confirm', { xsrf, logout: 'yes' });
    const done = await wander(house, browser, answer);
    return { status: done.page.status, left: done.left };
  }
  const isIn = async (browser: WebClient) => (await browser.get('/me')).status === 200;

  const said = { post_logout_redirect_uri: GONE, state: 'a-state' };
  for (const [module, asked, leads] of [
    ['oidcc-rp-initiated-logout', { ...said, hint: true }, `${GONE}?state=a-state`],
    ['oidcc-rp-initiated-logout-no-state', { post_logout_redirect_uri: GONE, hint: true }, GONE],
    ['oidcc-rp-initiated-logout-no-params', {}, undefined],
    ['oidcc-rp-initiated-logout-only-state', { state: 'a-state' }, undefined],
    [
      'oidcc-rp-initiated-logout-no-post-logout-redirect-uri',
      { hint: true, state: 'a-state' },
      undefined,
    ],
    // Whose address it is, nobody knows then: the session ends, and nobody is led there (§3).
    ['oidcc-rp-initiated-logout-no-id-token-hint', said, undefined],
  ] as const) {
    it(`passes ${module}`, async () => {
      const { browser, hint } = await begun();
      const { hint: hinted, ...rest } = { hint: false, ...asked };
      const query = { ...rest, ...(hinted ? { id_token_hint: hint } : {}) };
      const { left, status } = await leave(browser, query);
      assert.equal(left?.href, leads);
      if (status === 200) assert.equal(await isIn(browser), false);
      else assert.equal(await isIn(browser), true);
    });
  }

  for (const [module, change] of [
    [
      'oidcc-rp-initiated-logout-bad-post-logout-redirect-uri',
      { post_logout_redirect_uri: 'https://evil.example/' },
    ],
    [
      'oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri',
      { post_logout_redirect_uri: `${GONE}?foo=bar` },
    ],
    ['oidcc-rp-initiated-logout-bad-id-token-hint', { id_token_hint: 'a.bad.hint' }],
  ] as const) {
    it(`passes ${module}`, async () => {
      const { browser, hint } = await begun();
      const { left, status } = await leave(browser, { ...said, id_token_hint: hint, ...change });
      assert.deepEqual([left, status], [undefined, 400]);
      assert.equal(await isIn(browser), true);
    });
  }

  it('passes oidcc-rp-initiated-logout-modified-id-token-hint', async () => {
    const { browser, hint } = await begun();
    const [header = '', , signature = ''] = hint.split('.');
    const claims = { iss: house.issuer, sub: ada.id, aud: app.id };
    const modified = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    const { left, status } = await leave(browser, { ...said, id_token_hint: modified });
    assert.deepEqual([left, status], [undefined, 400]);
    assert.equal(await isIn(browser), true);
  });

  it('takes a hint that has expired, which it will have by then (§2)', async () => {
    const { browser, hint } = await begun();
    const claims = decodeJwt(hint);
    const before = { iat: Number(claims.iat) - 7200, exp: Number(claims.exp) - 7200 };
    const expired = await house.house.signing.sign(
      'ES256',
      { typ: 'JWT' },
      { ...claims, ...before },
    );
    const { left } = await leave(browser, { ...said, id_token_hint: expired });
    assert.equal(left?.href, `${GONE}?state=a-state`);
  });
});
