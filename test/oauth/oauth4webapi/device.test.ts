/** The device grant (RFC 8628), walked by oauth4webapi: a television asks, a person types what it shows. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as oauth from 'oauth4webapi';
import { skewOf } from '../../support/clock.ts';
import { signedIn } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp, wander } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

const plain = { [oauth.allowInsecureRequests]: true };

describe('oauth4webapi on a device without a keyboard', () => {
  let house: OidcHouse;
  let server: oauth.AuthorizationServer;
  let app: TestApp;
  let client: oauth.Client;
  let auth: oauth.ClientAuth;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse({ oidc: { deviceGrant: true } });
    app = await house.addApp('tv', {
      title: 'Northwind TV',
      clientAuth: 'secret',
      grants: ['authorization_code', 'refresh_token', 'device_code'],
    });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    auth = oauth.ClientSecretBasic(shownOnce?.[0] ?? '');
    ada = await house.person('ada');
    browser = await signedIn(house, await house.addApp('wiki'), ada);
    const issuer = new URL(house.issuer);
    const told = await oauth.discoveryRequest(issuer, plain);
    server = await oauth.processDiscoveryResponse(issuer, told);
  });
  after(() => house.close());
  beforeEach(() => {
    // People's codes have moved the house's clock ahead.
    const skew = skewOf(house);
    client = { client_id: app.id, [oauth.clockSkew]: skew };
  });

  async function begin(parameters: Record<string, string> = { scope: 'openid' }) {
    const response = await oauth.deviceAuthorizationRequest(
      server,
      client,
      auth,
      parameters,
      plain,
    );
    return oauth.processDeviceAuthorizationResponse(server, client, response);
  }

  async function poll(code: string, options: oauth.TokenEndpointRequestOptions = {}) {
    const ask = () =>
      oauth.deviceCodeGrantRequest(server, client, auth, code, { ...plain, ...options });
    const read = (response: Response) => oauth.processDeviceCodeResponse(server, client, response);
    try {
      return await read(await ask());
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error;
      return read(await ask());
    }
  }

  const xsrfOf = (text: string) => /name="xsrf" value="([^"]*)"/.exec(text)?.[1] ?? '';

  /** The person types the code, sees what it is for, and says yes or no. */
  async function type(user_code: string, answer: 'confirm' | 'abort') {
    const asked = await browser.get('/oidc/device');
    const fields = { xsrf: xsrfOf(asked.text), user_code };
    const page = await browser.post('/oidc/device', fields);
    assert.match(page.text, /Northwind TV/);
    const said = { xsrf: xsrfOf(page.text), user_code, [answer]: 'yes' };
    return wander(house, browser, await browser.post('/oidc/device', said));
  }

  it('is told of a code, of a place to type it, and of no link that has it (§3.2, §3.3.1)', async () => {
    const told = await begin();
    assert.equal(told.verification_uri, `${house.issuer}/device`);
    assert.equal(told.verification_uri_complete, undefined);
    assert.ok(told.expires_in <= 600);
    assert.ok((told.interval ?? 5) >= 1);
  });

  it('asks until someone has typed it, and is that person’s then (§3.4, §3.5)', async () => {
    const { device_code, user_code } = await begin({ scope: 'openid offline_access' });
    await assert.rejects(poll(device_code), { error: 'authorization_pending' });
    const seen = await eventsOf(house, async () => {
      const { page } = await type(user_code, 'confirm');
      assert.match(page.text, /Your device is signed in/);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    const tokens = await poll(device_code);
    assert.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, ada.id);
    const info = await oauth.userInfoRequest(server, client, tokens.access_token, plain);
    assert.equal((await oauth.processUserInfoResponse(server, client, ada.id, info)).sub, ada.id);
    const refreshed = await oauth.refreshTokenGrantRequest(
      server,
      client,
      auth,
      tokens.refresh_token ?? '',
      plain,
    );
    assert.ok(
      (await oauth.processRefreshTokenResponse(server, client, refreshed)).access_token,
      'and stays so',
    );
  });

  it('gets its tokens once, and whoever comes again ends them (§3.5, RFC 6749 §4.1.2)', async () => {
    const { device_code, user_code } = await begin();
    await type(user_code, 'confirm');
    const { access_token } = await poll(device_code);
    await assert.rejects(poll(device_code), { error: 'invalid_grant' });
    const asked = await oauth.introspectionRequest(server, client, auth, access_token, plain);
    const told = await oauth.processIntrospectionResponse(server, client, asked);
    assert.equal(told.active, false);
  });

  it('has its tokens bound to its key where it has one (RFC 9449 §5)', async () => {
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const { device_code, user_code } = await begin();
    await type(user_code, 'confirm');
    const tokens = await poll(device_code, { DPoP });
    assert.equal(tokens.token_type, 'dpop');
    await assert.rejects(async () => {
      const bare = await oauth.userInfoRequest(server, client, tokens.access_token, plain);
      await oauth.processUserInfoResponse(server, client, ada.id, bare);
    });
  });

  it('is told when the person said no (§3.5)', async () => {
    const { device_code, user_code } = await begin();
    await type(user_code, 'abort');
    await assert.rejects(poll(device_code), { error: 'access_denied' });
  });

  it('is no client of anybody’s with another secret, nor is another client it (§3.1, §3.4)', async () => {
    const { device_code, user_code } = await begin();
    const wrong = await oauth.deviceAuthorizationRequest(
      server,
      client,
      oauth.ClientSecretPost('wrong'),
      { scope: 'openid' },
      plain,
    );
    const refused = oauth.processDeviceAuthorizationResponse(server, client, wrong);
    await assert.rejects(refused, { error: 'invalid_client' });
    const other = await house.addApp('radio', { grants: ['device_code'] });
    await type(user_code, 'confirm');
    const asOther = { ...client, client_id: other.id };
    const stolen = await oauth.deviceCodeGrantRequest(
      server,
      asOther,
      oauth.None(),
      device_code,
      plain,
    );
    const read = oauth.processDeviceCodeResponse(server, asOther, stolen);
    await assert.rejects(read, { error: 'invalid_grant' });
    assert.ok((await poll(device_code)).access_token);
  });

  it('is told when its time is over (§3.5)', async () => {
    const { device_code } = await begin();
    house.clock.advance(601_000);
    await assert.rejects(poll(device_code), (error: oauth.ResponseBodyError) =>
      ['expired_token', 'invalid_grant'].includes(error.error),
    );
  });
});
