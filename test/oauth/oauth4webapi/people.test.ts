/** The flows of people, walked by oauth4webapi, a client that checks every answer and that we did not write. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'oauth4webapi';
import { skewOf } from '../../support/clock.ts';
import { requestOf, signedIn, VERIFIER } from '../../support/code-client.ts';
import {
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

const plain = { [oauth.allowInsecureRequests]: true };
const OFFLINE = { scope: 'openid offline_access' };

describe('oauth4webapi', () => {
  let house: OidcHouse;
  let server: oauth.AuthorizationServer;
  let app: TestApp;
  let client: oauth.Client;
  let auth: oauth.ClientAuth;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki', { clientAuth: 'secret' });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    auth = oauth.ClientSecretBasic(shownOnce?.[0] ?? '');
    ada = await house.person('ada');
    browser = await signedIn(house, app, ada);
    const issuer = new URL(house.issuer);
    const told = await oauth.discoveryRequest(issuer, plain);
    server = await oauth.processDiscoveryResponse(issuer, told);
    // People's codes have moved the house's clock ahead.
    const skew = skewOf(house);
    client = { client_id: app.id, [oauth.clockSkew]: skew };
  });
  after(() => house.close());

  async function redeemed(
    left: URL | undefined,
    options: oauth.TokenEndpointRequestOptions = {},
  ): Promise<oauth.TokenEndpointResponse> {
    assert.ok(left);
    const params = oauth.validateAuthResponse(server, client, left, 'a-state');
    const ask = () =>
      oauth.authorizationCodeGrantRequest(server, client, auth, params, CALLBACK, VERIFIER, {
        ...plain,
        ...options,
      });
    const read = (response: Response) =>
      oauth.processAuthorizationCodeResponse(server, client, response, {
        expectedNonce: 'a-nonce',
        requireIdToken: true,
      });
    try {
      return await read(await ask());
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error;
      return read(await ask());
    }
  }

  async function tokens(change = {}, options: oauth.TokenEndpointRequestOptions = {}) {
    const query = new URLSearchParams(requestOf(app, change));
    const { left } = await wander(house, browser, `/oidc/auth?${query}`);
    return redeemed(left, options);
  }

  const isActive = async (token: string) => {
    const response = await oauth.introspectionRequest(server, client, auth, token, plain);
    return (await oauth.processIntrospectionResponse(server, client, response)).active;
  };
  const refresh = async (token: string) =>
    oauth.processRefreshTokenResponse(
      server,
      client,
      await oauth.refreshTokenGrantRequest(server, client, auth, token, plain),
    );

  it('takes the code flow with PKCE, nonce, state and iss, and userinfo (OpenID Connect Core §3.1, §5.3)', async () => {
    const got = await tokens();
    assert.equal(oauth.getValidatedIdTokenClaims(got)?.sub, ada.id);
    const info = await oauth.userInfoRequest(server, client, got.access_token, plain);
    assert.equal((await oauth.processUserInfoResponse(server, client, ada.id, info)).sub, ada.id);
  });

  it('pushes its request, which works once (RFC 9126 §2)', async () => {
    const pushed = await oauth.processPushedAuthorizationResponse(
      server,
      client,
      await oauth.pushedAuthorizationRequest(server, client, auth, requestOf(app), plain),
    );
    assert.ok(pushed.expires_in <= 600);
    const { request_uri } = pushed;
    const at = `/oidc/auth?${new URLSearchParams({ client_id: app.id, request_uri })}`;
    const { left } = await wander(house, browser, at);
    assert.ok((await redeemed(left)).access_token);
    const again = await wander(house, browser, at);
    assert.equal(again.left?.searchParams.get('code') ?? null, null);
  });

  it('binds its tokens by DPoP, with the nonce that it is given (RFC 9449 §5, §8)', async () => {
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'));
    const got = await tokens({}, { DPoP });
    assert.equal(got.token_type, 'dpop');
    await assert.rejects(async () => {
      const info = await oauth.userInfoRequest(server, client, got.access_token, plain);
      await oauth.processUserInfoResponse(server, client, ada.id, info);
    });
  });

  it('refreshes, and each refresh token has a successor (RFC 6749 §6, RFC 9700 §4.14)', async () => {
    const first = await tokens(OFFLINE);
    const second = await refresh(first.refresh_token ?? '');
    assert.notEqual(second.refresh_token, first.refresh_token);
    house.clock.advance(11_000);
    await assert.rejects(refresh(first.refresh_token ?? ''), { error: 'invalid_grant' });
    await assert.rejects(refresh(second.refresh_token ?? ''), { error: 'invalid_grant' });
  });

  it('revokes its refresh token, and all of the grant ends (RFC 7009 §2.1, RFC 7662 §2.2)', async () => {
    const got = await tokens(OFFLINE);
    assert.equal(await isActive(got.access_token), true);
    const token = got.refresh_token ?? '';
    for (let n = 0; n < 2; n++) {
      const response = await oauth.revocationRequest(server, client, auth, token, plain);
      await oauth.processRevocationResponse(response);
    }
    assert.equal(await isActive(token), false);
    assert.equal(await isActive(got.access_token), false);
    await assert.rejects(refresh(token), { error: 'invalid_grant' });
  });

  it('refuses an answer with another iss or another state (RFC 9207 §2.4)', async () => {
    const { left } = await wander(
      house,
      browser,
      `/oidc/auth?${new URLSearchParams(requestOf(app))}`,
    );
    assert.ok(left);
    const mixed = new URL(left);
    mixed.searchParams.set('iss', 'https://evil.example');
    assert.throws(() => oauth.validateAuthResponse(server, client, mixed, 'a-state'));
    assert.throws(() => oauth.validateAuthResponse(server, client, left, 'another'));
    assert.ok(oauth.validateAuthResponse(server, client, left, 'a-state'));
  });
});
