/** OpenID Connect Discovery 1.0 §3 and §4, as the Basic OP and FAPI 2.0 plans read it: all that is told is there, and nothing is told that is not. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oauth from 'oauth4webapi';
import { type OidcHouse, openOidcHouse } from '../../support/oidc-house.ts';

describe('discovery', () => {
  let house: OidcHouse;
  let told: oauth.AuthorizationServer;
  before(async () => {
    house = await openOidcHouse({ oidc: { deviceGrant: true } });
    const issuer = new URL(house.issuer);
    const options = { [oauth.allowInsecureRequests]: true };
    told = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, options),
    );
  });
  after(() => house.close());

  it('names the issuer that was asked, letter by letter (§4.3)', () => {
    assert.equal(told.issuer, house.issuer);
  });

  it('is one document wherever it is read (§4.1, RFC 8414 §3.1)', async () => {
    for (const path of [
      '/oidc/.well-known/oauth-authorization-server',
      '/.well-known/oauth-authorization-server/oidc',
    ]) {
      const response = await fetch(house.origin + path);
      assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
      assert.deepEqual(await response.json(), told);
    }
  });

  it('has every member that is required (§3)', () => {
    for (const name of [
      'authorization_endpoint',
      'token_endpoint',
      'jwks_uri',
      'response_types_supported',
      'subject_types_supported',
      'id_token_signing_alg_values_supported',
      'scopes_supported',
      'claims_supported',
    ]) {
      assert.ok(told[name], name);
    }
    assert.ok(told.scopes_supported?.includes('openid'));
  });

  it('offers the code flow alone, with S256, and answers in the query (RFC 9700 §2.1)', () => {
    assert.deepEqual(told.response_types_supported, ['code']);
    assert.deepEqual(told.response_modes_supported, ['query']);
    assert.deepEqual(told.code_challenge_methods_supported, ['S256']);
    assert.equal(told.request_parameter_supported, false);
    assert.equal(told.request_uri_parameter_supported, false);
    assert.equal(told.authorization_response_iss_parameter_supported, true);
    assert.equal(told.registration_endpoint, undefined);
  });

  it('offers RS256 for ID tokens, which every server has to (§3)', () => {
    assert.ok(told.id_token_signing_alg_values_supported?.includes('RS256'));
    assert.ok(!told.id_token_signing_alg_values_supported?.includes('none'));
  });

  it('leads to endpoints that are all there, under the issuer', async () => {
    const places = Object.entries(told).filter(([name]) => /_endpoint$|^jwks_uri$/.test(name));
    assert.ok(places.length >= 9, String(places.map(([name]) => name)));
    for (const [name, at] of places) {
      assert.ok(String(at).startsWith(`${house.issuer}/`), name);
      const method = /^authorization_endpoint|userinfo|end_session|jwks/.test(name)
        ? 'GET'
        : 'POST';
      const form = { body: new URLSearchParams({ client_id: 'nobody' }) };
      const sent = { method, redirect: 'manual', ...(method === 'POST' && form) } as const;
      const { status } = await fetch(String(at), sent);
      assert.ok(![404, 405, 500].includes(status), `${name} ${status}`);
    }
  });

  it('leads to keys that are public, each with a name, one for each algorithm (RFC 7517 §4.5)', async () => {
    const { keys } = (await (await fetch(String(told.jwks_uri))).json()) as {
      keys: Record<string, string>[];
    };
    assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
    for (const key of keys) {
      assert.ok(key.kid);
      assert.equal(key.use, 'sig');
      for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
        assert.equal(key[secret], undefined);
    }
    const algs = new Set(keys.map(({ alg }) => alg));
    assert.ok(algs.has('ES256') && algs.has('RS256'), [...algs].join());
  });

  it('tells of the device grant only where it is on (RFC 8628 §4)', async () => {
    assert.ok(told.device_authorization_endpoint);
    const without = await openOidcHouse();
    try {
      const at = `${without.issuer}/.well-known/openid-configuration`;
      const other = (await (await fetch(at)).json()) as oauth.AuthorizationServer;
      assert.equal(other.device_authorization_endpoint, undefined);
      const off = await fetch(`${without.issuer}/device/authorize`, { method: 'POST' });
      assert.equal(off.status, 404);
    } finally {
      await without.close();
    }
  });

  it('takes what clients send by POST alone', async () => {
    for (const path of ['par', 'device/authorize']) {
      const asked = await fetch(`${house.issuer}/${path}`);
      assert.equal(asked.status, 405, path);
      assert.equal(asked.headers.get('allow'), 'POST', path);
      const sent = await fetch(`${house.issuer}/${path}`, { method: 'POST' });
      assert.ok([400, 401, 415].includes(sent.status), `${path} ${sent.status}`);
    }
  });
});
