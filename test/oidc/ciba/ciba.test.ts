/** OpenID Connect Client-Initiated Backchannel Authentication Core 1.0, in poll mode, with a client that is not ours. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { type AskingApp, askingApp, atHome, choose } from '../../support/ciba.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('a sign-in that begins at an application', () => {
  let house: OidcHouse;
  let app: AskingApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse({ oidc: { ciba: true } });
    ada = await house.person('ada');
    app = await askingApp(house, 'Counter');
    browser = await atHome(house, ada);
  });
  after(() => house.close());

  it('ends with tokens once the person has found the number (§7, §10.1)', async () => {
    const begun = await oidc.initiateBackchannelAuthentication(app.client, {
      scope: 'openid profile offline_access',
      login_hint: 'ada',
      binding_message: 'Counter 3',
    });
    assert.equal(begun.interval, 5);
    assert.equal(begun.expires_in, 300);
    const seen = await eventsOf(house, async () => {
      const page = await choose(house, browser, ada, begun.sallyport_number);
      assert.match(page.text, /You signed in there/);
    });
    assert.equal(count(seen, 'app.request-approved', 'granted'), 1);
    const tokens = await oidc.pollBackchannelAuthenticationGrant(app.client, {
      ...begun,
      interval: 0.01,
    });
    const claims = tokens.claims();
    assert.equal(claims?.sub, ada.id);
    assert.equal(claims?.acr, 'urn:sallyport:acr:two-kinds');
    assert.deepEqual(claims?.amr, ['mfa', 'otp', 'pwd']);
    assert.ok(tokens.refresh_token);
    const fresh = await oidc.refreshTokenGrant(app.client, tokens.refresh_token);
    assert.ok(fresh.access_token);
    const about = await oidc.fetchUserInfo(app.client, fresh.access_token, ada.id);
    assert.equal(about.name, 'ada');
  });
});
