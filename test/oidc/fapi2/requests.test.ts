/** FAPI 2.0 Security Profile §5.3.2, RFC 9126 and RFC 9449 §10 where a client of that profile spoils its requests. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  assertedBy,
  type Change,
  call,
  redeem,
  requestOf,
  signedIn,
} from '../../support/code-client.ts';
import { type OidcHouse, openOidcHouse, type TestApp, wander } from '../../support/oidc-house.ts';
import { addProof, makeKey } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('a pushed request of a FAPI 2.0 client', () => {
  let house: OidcHouse;
  let app: TestApp;
  let browser: WebClient;
  const key = makeKey('ES256', 'k1');
  before(async () => {
    house = await openOidcHouse();
    const wiki = await house.addApp('wiki');
    app = await house.addApp('bank', { profile: 'fapi2', clientAuth: 'key' });
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    browser = await signedIn(house, wiki, await house.person('ada'));
  });
  after(() => house.close());

  const push = (change: Change = {}) =>
    call(house, '/par', { ...requestOf(app), ...assertedBy(house, app, key), ...change });

  async function follow(uri: unknown, client = app.id as string) {
    const query = new URLSearchParams({ client_id: client, request_uri: String(uri) });
    return wander(house, browser, `/oidc/auth?${query}`);
  }

  it('is answered 201 with an address of its own for at most ten minutes (§5.3.2.2, RFC 9126 §2.2)', async () => {
    const { status, body } = await push();
    assert.equal(status, 201, JSON.stringify(body));
    assert.match(String(body.request_uri), /^urn:ietf:params:oauth:request_uri:/);
    assert.ok(Number(body.expires_in) < 600);
    const { left } = await follow(body.request_uri);
    assert.ok(left?.searchParams.get('code'));
    assert.equal(left?.searchParams.get('iss'), house.issuer);
  });

  for (const [name, change] of [
    ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }],
    ['with plain', { code_challenge_method: 'plain' }],
    ['with a redirect_uri that is not registered', { redirect_uri: 'https://evil.example/' }],
    ['without a redirect_uri', { redirect_uri: undefined }],
    ['with a request_uri in it (RFC 9126 §2.1)', { request_uri: 'urn:x:y' }],
    ['with another response_type', { response_type: 'code id_token' }],
  ] as const) {
    it(`is refused ${name} (§5.3.2.2)`, async () => {
      const { status, body } = await push(change);
      assert.equal(status, 400);
      assert.equal(typeof body.error, 'string');
      assert.equal(body.request_uri, undefined);
    });
  }

  it('is refused without a key shown, with another’s key, and with an assertion twice (§5.3.2.1)', async () => {
    const bare = { client_assertion: undefined, client_assertion_type: undefined };
    assert.equal((await push(bare)).status, 401);
    const wrong = assertedBy(house, app, makeKey('ES256', 'k1'));
    assert.deepEqual((await push(wrong)).body, { error: 'invalid_client' });
    const once = assertedBy(house, app, key);
    assert.equal((await push(once)).status, 201);
    assert.equal((await push(once)).status, 401);
  });

  it('is of no use to another client, nor after its time (RFC 9126 §2.2, §7.1)', async () => {
    const other = await house.addApp('other');
    const stolen = await follow((await push()).body.request_uri, other.id);
    assert.equal(stolen.left?.searchParams.get('code') ?? null, null);
    const late = await push();
    house.clock.advance(601_000);
    const { left } = await follow(late.body.request_uri);
    assert.equal(left?.searchParams.get('code') ?? null, null);
  });

  it('leads to a code that is worth nothing without a key to bind tokens to (§5.3.2.1)', async () => {
    const { left } = await follow((await push()).body.request_uri);
    const code = left?.searchParams.get('code') ?? '';
    const { status, body } = await redeem(house, app, code, assertedBy(house, app, key));
    assert.equal(status, 400);
    assert.equal(body.access_token, undefined);
  });
});
