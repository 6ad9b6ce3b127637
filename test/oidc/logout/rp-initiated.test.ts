/** RP-Initiated Logout 1.0 §2 and §3, where the request is not as it should be. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { signedIn } from '../../support/code-client.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import type { WebClient } from '../../support/web-client.ts';

const GONE = 'https://app.example.com/gone';

describe('leaving by an application', () => {
  let house: OidcHouse;
  let app: TestApp;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki', { postLogoutRedirectUris: [GONE] });
    browser = await signedIn(house, app, await house.person('ada'));
  });
  after(() => house.close());

  for (const [name, change] of [
    ['an id_token_hint that nobody signed (§4)', { id_token_hint: 'no.token.this' }],
    ['an address that is not registered (§3)', { post_logout_redirect_uri: `${GONE}/more` }],
    ['a client that is not there', { client_id: 'nobody' }],
  ] as const) {
    it(`leads nowhere and ends nothing with ${name}`, async () => {
      const asked = { client_id: app.id, post_logout_redirect_uri: GONE, ...change };
      const answer = await browser.get(`/oidc/logout?${new URLSearchParams(asked)}`);
      assert.equal(answer.status, 400);
      assert.equal(answer.location, undefined);
      assert.equal((await browser.get('/me')).status, 200);
    });
  }

  it('is asked about first, and a form of another place ends nothing (§2, §6)', async () => {
    const asked = await browser.get(`/oidc/logout?client_id=${app.id}`);
    assert.match(asked.text, /Sign out/);
    await browser.post('/oidc/logout/confirm', { xsrf: 'made-up', logout: 'yes' });
    assert.equal((await browser.get('/me')).status, 200);
  });
});
