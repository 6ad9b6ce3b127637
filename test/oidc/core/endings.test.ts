/** How a sign-in to an application ends: RP-Initiated Logout 1.0, Back-Channel Logout 1.0, and everything else that ends it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oidc from 'openid-client';
import {
  authorize,
  begin,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof } from '../../support/processes.ts';

const GONE = 'https://app.example.com/gone';
const OFFLINE = { scope: 'openid offline_access' };

describe('a sign-in to an application', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let ada: TestPerson;
  const told: { url: string; token: string }[] = [];
  before(async () => {
    house = await openOidcHouse({
      parts: {
        post: async (url, fields) => {
          told.push({ url, token: fields.logout_token ?? '' });
          return true;
        },
      },
    });
    ada = await house.person('ada');
    app = await house.addApp('wiki', {
      clientAuth: 'secret',
      postLogoutRedirectUris: [GONE],
      backchannelLogoutUri: 'https://app.example.com/logout',
    });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    config = await app.config(oidc.ClientSecretBasic(shownOnce?.[0] ?? ''));
  });
  after(() => house.close());

  const isActive = async (token: string) => (await oidc.tokenIntrospection(config, token)).active;

  it('ends when the person leaves by the application, who come back to it', async () => {
    const browser = house.browser();
    const tokens = await tokensFor(house, config, ada, { browser });
    assert.equal(await isActive(tokens.access_token), true);
    const url = oidc.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: GONE,
      state: 'xyz',
    });
    const { page } = await wander(house, browser, url.href);
    assert.match(page.text, /Sign out/);
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const done = await browser.post('/oidc/logout/confirm', { xsrf, logout: 'yes' });
    const { left } = await wander(house, browser, done);
    assert.equal(left?.href, `${GONE}?state=xyz`);
    assert.equal((await browser.get('/me')).location, '/signin');
    assert.equal(await isActive(tokens.access_token), false);
    told.length = 0;
    await house.house.appEndings.settle();
    assert.equal(told.length, 1);
    const claims = decodeJwt(told[0]?.token ?? '');
    assert.equal(decodeProtectedHeader(told[0]?.token ?? '').typ, 'logout+jwt');
    assert.equal(claims.aud, app.id);
    assert.equal(claims.sub, ada.id);
    assert.equal(claims.sid, tokens.claims()?.sid);
    assert.deepEqual(claims.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.equal(claims.nonce, undefined);
    await house.house.appEndings.settle();
    assert.equal(told.length, 1, 'each end is told once');
  });

  it('leads nowhere that was not registered', async () => {
    const browser = house.browser();
    const tokens = await tokensFor(house, config, ada, { browser });
    const url = oidc.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'https://evil.example/',
    });
    const { page, left } = await wander(house, browser, url.href);
    assert.equal(left, undefined);
    assert.equal(page.status, 400);
  });

  it('ends with the session, wherever that is ended', async () => {
    const browser = house.browser();
    const tokens = await tokensFor(house, config, ada, { browser });
    await browser.get('/me');
    await browser.post('/signout', {});
    assert.equal(await isActive(tokens.access_token), false);
    await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, ada.id));
  });

  it('goes on while they are away where they let it, until they take it back on their page', async () => {
    const browser = house.browser();
    const tokens = await tokensFor(house, config, ada, { browser, parameters: OFFLINE });
    await browser.get('/me');
    await browser.post('/signout', {});
    const second = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '');
    const { url } = await begin(config);
    await authorize(house, browser, url, ada);
    const page = await browser.get('/me');
    assert.match(page.text, /also while you are away/);
    const revoked = await browser.post(`/me/apps/${app.id}/revoke`, {});
    assert.equal(revoked.location, '/me');
    await assert.rejects(oidc.refreshTokenGrant(config, second.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    assert.equal(await isActive(second.access_token), false);
  });

  it('goes on through a step-up, which renews the session', async () => {
    const browser = house.browser();
    const tokens = await tokensFor(house, config, ada, { browser });
    house.clock.advance(60_000);
    const { url } = await begin(config, { prompt: 'login' });
    await browser.follow(await browser.get(url.href.replace(house.origin, '')));
    await browser.post('/confirm', { kind: 'totp', code: ada.totp.code() });
    house.clock.advance(30_000);
    assert.equal(await isActive(tokens.access_token), true);
  });

  it('ends with the person', async () => {
    const bob = await house.person('bob');
    const tokens = await tokensFor(house, config, bob, { parameters: OFFLINE });
    await house.house.store.write((tx) => house.house.acts.disable(tx, bob.id, { door: 'cli' }));
    assert.equal(await isActive(tokens.access_token), false);
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
  });
});
