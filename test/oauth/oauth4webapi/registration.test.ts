/** Applications that register themselves (RFC 7591), walked by oauth4webapi, which we did not write. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'oauth4webapi';
import { skewOf } from '../../support/clock.ts';
import { requestOf, VERIFIER } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { invite } from '../../support/invitations.ts';
import {
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';

const plain = { [oauth.allowInsecureRequests]: true };

describe('oauth4webapi that registers itself', () => {
  let house: OidcHouse;
  let server: oauth.AuthorizationServer;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse({ oidc: { registration: true } });
    ada = await house.person('ada');
    const issuer = new URL(house.issuer);
    const told = await oauth.discoveryRequest(issuer, plain);
    server = await oauth.processDiscoveryResponse(issuer, told);
  });
  after(() => house.close());

  const register = async (initialAccessToken: string, change: Partial<oauth.Client> = {}) =>
    oauth.processDynamicClientRegistrationResponse(
      await oauth.dynamicClientRegistrationRequest(
        server,
        { redirect_uris: [CALLBACK], client_name: 'Ledger', ...change },
        { ...plain, initialAccessToken },
      ),
    );

  it('signs a person in who lets it, by what it was told (§3.2.1)', async () => {
    const seen = await eventsOf(house, async () => {
      const registered = await register(await invite(house, ada));
      const client: oauth.Client = { ...registered, [oauth.clockSkew]: skewOf(house) };
      const browser = house.browser();
      const query = new URLSearchParams(requestOf({ id: client.client_id as never }));
      await wander(house, browser, `/oidc/auth?${query}`);
      const asked = await signInFrom(house, browser, ada);
      const yes = await browser.post(asked.at, { answer: 'yes' });
      const { left } = await wander(house, browser, yes);
      assert.ok(left, asked.page.text);
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        oauth.ClientSecretBasic(String(registered.client_secret)),
        oauth.validateAuthResponse(server, client, left, 'a-state'),
        CALLBACK,
        VERIFIER,
        plain,
      );
      const later = { ...client, [oauth.clockSkew]: skewOf(house) };
      const tokens = await oauth.processAuthorizationCodeResponse(server, later, response, {
        expectedNonce: 'a-nonce',
        requireIdToken: true,
      });
      assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, ada.id);
    });
    assert.equal(count(seen, 'app.registered'), 1);
    assert.equal(count(seen, 'app.consented'), 1);
  });

  it('is refused without an invitation that is good, and with what can’t be (§3.2.2)', async () => {
    const seen = await eventsOf(house, async () => {
      await assert.rejects(register(`spi_${'A'.repeat(43)}`), oauth.WWWAuthenticateChallengeError);
      const token = await invite(house, ada);
      await assert.rejects(register(token, { redirect_uris: ['http://app.example.com/'] }), {
        error: 'invalid_redirect_uri',
      });
      assert.ok((await register(token)).client_id, 'which left the invitation as it was');
      await assert.rejects(register(token), oauth.WWWAuthenticateChallengeError);
    });
    assert.ok(count(seen, 'app.registration-refused') >= 2);
    assert.equal(count(seen, 'app.registered'), 1);
  });
});
