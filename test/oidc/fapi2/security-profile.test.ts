/** FAPI 2.0 Security Profile §5.3.2: one switch for a client, and it is held to all of it. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import {
  authorize,
  begin,
  type OidcHouse,
  openOidcHouse,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, makeKey } from '../../support/processes.ts';

const PARAMETERS = { scope: 'openid offline_access' };

describe('a client with the profile fapi2', () => {
  let house: OidcHouse;
  let config: oidc.Configuration;
  let make: () => Promise<oidc.Configuration>;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    const app = await house.addApp('bank', { profile: 'fapi2', clientAuth: 'key' });
    const key = makeKey('ES256', 'k1');
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    const der = key.privateKey.export({ format: 'der', type: 'pkcs8' });
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const cryptoKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
    make = () => app.config(oidc.PrivateKeyJwt({ key: cryptoKey, kid: 'k1' }));
  });
  // People's codes move the clock, by which its assertions are good for a minute.
  beforeEach(async () => {
    config = await make();
  });
  after(() => house.close());

  it('pushes its requests, binds its tokens, and keeps its refresh token (§5.3.2.1, §5.3.2.2)', async () => {
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const { url, checks } = await begin(config, PARAMETERS);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    const left = await authorize(house, house.browser(), pushed, ada);
    assert.equal(left.searchParams.get('iss'), house.issuer);
    const tokens = await oidc.authorizationCodeGrant(config, left, checks, undefined, { DPoP });
    assert.equal(tokens.token_type, 'dpop');
    const refreshed = await oidc.refreshTokenGrant(
      config,
      tokens.refresh_token ?? '',
      {},
      { DPoP },
    );
    assert.ok([undefined, tokens.refresh_token].includes(refreshed.refresh_token));
  });

  it('is refused a request that was not pushed, and one that was used (§5.3.2.2)', async () => {
    const { url } = await begin(config, PARAMETERS);
    const { left } = await wander(house, house.browser(), url.href);
    assert.equal(left?.searchParams.get('error'), 'invalid_request');
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    await authorize(house, house.browser(), pushed, ada);
    const again = await wander(house, house.browser(), pushed.href);
    assert.equal(again.left?.searchParams.get('code') ?? null, null);
  });

  it('gets no token that is bound to nothing (§5.3.2.1)', async () => {
    const { url, checks } = await begin(config, PARAMETERS);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    const left = await authorize(house, house.browser(), pushed, ada);
    await assert.rejects(oidc.authorizationCodeGrant(config, left, checks));
  });

  it('proves itself by a key or a certificate, or is no client at all (§5.3.2.1)', async () => {
    const weak = await house.addApp('weak', { profile: 'fapi2', clientAuth: 'none' });
    const { url } = await begin(await weak.config(), PARAMETERS);
    const { left, page } = await wander(house, house.browser(), url.href);
    assert.equal(left, undefined);
    assert.equal(page.status, 400);
  });
});
