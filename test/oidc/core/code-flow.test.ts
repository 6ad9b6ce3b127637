/** OpenID Connect Core 1.0 §3.1, the code flow, as openid-client does it, with a person on our pages. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';

describe('the code flow', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    ada = await house.person('ada');
  });
  after(() => house.close());

  it('leads through our sign-in and back, to tokens that are ada’s (§3.1.2, §3.1.3)', async () => {
    const config = await app.config();
    const { url, checks } = await begin(config);
    const browser = house.browser();
    const asked = await wander(house, browser, url.href);
    assert.match(asked.at, /^\/signin/, asked.page.text);
    const { left, page } = await signInFrom(house, browser, ada);
    assert.ok(left, page.text + house.notices.join());
    assert.equal(left.origin + left.pathname, 'https://app.example.com/callback');
    assert.equal(left.searchParams.get('iss'), house.issuer);
    const tokens = await oidc.authorizationCodeGrant(config, left, checks);
    const claims = tokens.claims();
    assert.equal(claims?.sub, ada.id);
    assert.equal(claims?.acr, 'urn:sallyport:acr:two-kinds');
    assert.deepEqual(claims?.amr, ['mfa', 'otp', 'pwd']);
    const info = await oidc.fetchUserInfo(config, tokens.access_token, ada.id);
    assert.equal(info.preferred_username, 'ada');
    assert.equal(info.email, 'ada@example.com');
  });
});
