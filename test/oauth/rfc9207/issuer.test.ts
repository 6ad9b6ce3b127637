/** RFC 9207: who answers says so, in every answer of the authorization endpoint, and clients that look are not mixed up. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { ask, call, requestOf, signedIn } from '../../support/code-client.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('iss in authorization responses (RFC 9207)', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let ada: TestPerson;
  let browser: WebClient;
  let issuer = '';
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    ada = await house.person('ada');
    browser = await signedIn(house, app, ada);
    config = await app.config();
    const { json } = await house.send({ path: '/oidc/.well-known/openid-configuration' });
    issuer = json.issuer;
  });
  after(() => house.close());

  /** Once, and letter by letter as the metadata have it. */
  function isTold(left: URL | undefined, error?: string): void {
    assert.ok(left, 'the browser is sent to the application');
    assert.deepEqual(left.searchParams.getAll('iss'), [issuer]);
    assert.equal(left.searchParams.get('error') ?? undefined, error, left.search);
    assert.equal(left.searchParams.has('code'), error === undefined);
  }

  it('is an address without query and fragment, the one in the metadata (§2)', () => {
    const { search, hash } = new URL(issuer);
    assert.deepEqual([search, hash], ['', '']);
    assert.equal(issuer, house.issuer);
  });

  it('is said to be there, in the metadata (§3)', async () => {
    const { json } = await house.send({ path: '/oidc/.well-known/openid-configuration' });
    assert.equal(json.authorization_response_iss_parameter_supported, true);
  });

  it('is with a code (§2.1)', async () => {
    isTold((await ask(house, app, {}, browser)).left);
  });

  it('is with a code after a sign-in, and after a pushed request (§2.1)', async () => {
    const fresh = house.browser();
    await ask(house, app, {}, fresh);
    isTold((await signInFrom(house, fresh, ada)).left);
    const { body } = await call(house, '/par', requestOf(app));
    const query = new URLSearchParams({ client_id: app.id, request_uri: String(body.request_uri) });
    isTold((await wander(house, browser, `/oidc/auth?${query}`)).left);
  });

  for (const [change, error] of [
    [{ response_type: undefined }, 'invalid_request'],
    [{ code_challenge_method: 'plain' }, 'invalid_request'],
    [{ max_age: '-1' }, 'invalid_request'],
    [{ resource: 'https://nobody.example/' }, 'invalid_target'],
    [{ request: 'a.b.c' }, 'request_not_supported'],
    [{ scope: undefined, nonce: undefined }, 'access_denied'],
  ] as const) {
    it(`is with the error ${error}, for ${JSON.stringify(change)} (§2.2)`, async () => {
      isTold((await ask(house, app, change, browser)).left, error);
    });
  }

  it('is with the errors of whoever may not, is not there or says no (§2.2)', async () => {
    isTold((await ask(house, app, { prompt: 'none' })).left, 'login_required');
    const closed = await house.addApp('closed', {}, { open: 'listed' });
    isTold((await ask(house, closed, {}, browser)).left, 'access_denied');
    const third = await house.addApp('third', { firstParty: false });
    const silent = await ask(house, third, { prompt: 'none' }, browser);
    isTold(silent.left, 'consent_required');
    const { page, at } = await ask(house, third, {}, browser);
    assert.match(page.text, /Let third in/);
    const no = await browser.post(at, { answer: 'no' });
    isTold((await wander(house, browser, no)).left, 'access_denied');
  });

  it('is with the error of who comes back with less than was asked for (§2.2)', async () => {
    const { url } = await begin(config, { acr_values: 'phr' });
    const to = (await browser.get(url.href.replace(house.origin, ''))).location ?? '';
    const { pathname } = new URL(to, house.origin);
    const { left } = await wander(house, browser, `${pathname}/done?as-is`);
    isTold(left, 'unmet_authentication_requirements');
  });

  it('lets openid-client tell whose answer it is: another’s, none and two are refused (§2.4)', async () => {
    const { url, checks } = await begin(config);
    const { left } = await wander(house, browser, url.href);
    isTold(left);
    assert.ok(left);
    const mixed = new URL(left);
    mixed.searchParams.set('iss', 'https://evil.example/oidc');
    const bare = new URL(left);
    bare.searchParams.delete('iss');
    const doubled = new URL(left);
    doubled.searchParams.append('iss', 'https://evil.example/oidc');
    for (const wrong of [mixed, bare, doubled]) {
      await assert.rejects(oidc.authorizationCodeGrant(config, wrong, checks), wrong.search);
    }
    const tokens = await oidc.authorizationCodeGrant(config, left, checks);
    assert.equal(tokens.claims()?.iss, issuer);
  });

  it('is what the token has as well (OpenID Connect Core §3.1.3.7)', async () => {
    const { url, checks } = await begin(config);
    const { left } = await wander(house, browser, url.href);
    const tokens = await oidc.authorizationCodeGrant(config, left ?? url, checks);
    assert.equal(tokens.claims()?.iss, left?.searchParams.get('iss'));
  });
});
