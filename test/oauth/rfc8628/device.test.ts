/** The device grant (RFC 8628) before anyone types a code, and where it is not for a client. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { call } from '../../support/code-client.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

describe('a device code (RFC 8628)', () => {
  let house: OidcHouse;
  let app: TestApp;
  before(async () => {
    house = await openOidcHouse({ oidc: { deviceGrant: true } });
    app = await house.addApp('tv', { grants: ['authorization_code', 'device_code'] });
  });
  after(() => house.close());

  const begin = async () => {
    const form = { client_id: app.id, scope: 'openid' };
    return (await call(house, '/device/authorize', form)).body;
  };
  const poll = (device_code: string, client_id: string = app.id) =>
    call(house, '/token', { grant_type: GRANT, client_id, device_code });

  it('comes with a code to type, a place to type it, and a time (§3.2)', async () => {
    const told = await begin();
    assert.equal(told.verification_uri, `${house.issuer}/device`);
    assert.match(String(told.user_code), /^[A-Z]{4}-[A-Z]{4}$/);
    assert.ok(Number(told.expires_in) <= 600);
  });

  it('is pending until someone types it, and gone after its time (§3.5)', async () => {
    const code = String((await begin()).device_code);
    assert.equal((await poll(code)).body.error, 'authorization_pending');
    house.clock.advance(601_000);
    assert.match(String((await poll(code)).body.error), /^(expired_token|invalid_grant)$/);
  });

  it('is for the client that asked, and for those that name the grant (§3.1, §3.4)', async () => {
    const tv = await house.addApp('other-tv', { grants: ['device_code'] });
    const code = String((await begin()).device_code);
    assert.equal((await poll(code, tv.id)).body.error, 'invalid_grant');
    const wiki = await house.addApp('wiki');
    const asked = await call(house, '/device/authorize', { client_id: wiki.id, scope: 'openid' });
    assert.equal(asked.status, 400);
    assert.equal(asked.body.device_code, undefined);
  });
});
