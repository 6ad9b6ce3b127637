/**
 * Signed authentication requests (OpenID Connect CIBA Core 1.0 §7.1.1, FAPI-CIBA §5.2.2): each good once, for us alone and for a while;
 * what attackers change in one, or take from one to another, is refused and on record.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import type { z } from 'zod';
import { atHome, CIBA, choose, waiting } from '../../support/ciba.ts';
import { assertedBy, call, type RawAnswer } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, encode, makeKey, type SigningKey, signJws } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('a signed request', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let browser: WebClient;
  let app: TestApp;
  let key: SigningKey;
  beforeEach(async () => {
    house = await openOidcHouse({ oidc: { ciba: true } });
    ada = await house.person('ada');
    ({ app, key } = await signing('till'));
    browser = await atHome(house, ada);
  });
  afterEach(() => house.close());

  async function signing(name: string, detail: Partial<z.input<typeof ApplicationDetail>> = {}) {
    const app = await house.addApp(name, { clientAuth: 'key', grants: ['ciba'], ...detail });
    const key = makeKey();
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    return { app, key };
  }

  const now = () => Math.floor(house.clock.now() / 1000);
  const claimsOf = (change: Record<string, unknown> = {}, by = app) => ({
    iss: by.id,
    aud: house.issuer,
    iat: now(),
    nbf: now(),
    exp: now() + 120,
    jti: randomUUID(),
    scope: 'openid',
    login_hint: 'ada',
    ...change,
  });
  const signed = (change: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    signJws(key, { alg: key.alg, ...header }, claimsOf(change));
  const send = (request: string, beside: Record<string, string> = {}, by = { app, key }) =>
    call(house, '/ciba', { ...assertedBy(house, by.app, by.key), request, ...beside });
  const poll = (handle: unknown) =>
    call(house, '/token', {
      ...assertedBy(house, app, key),
      grant_type: CIBA,
      auth_req_id: String(handle),
    });

  /** Refused and on record for this; a right one is taken. */
  async function refused(why: string, ask: () => Promise<RawAnswer>): Promise<void> {
    house.clock.advance(61_000); // Two requests wait for a name, and what is refused is told once a minute.
    const seen = await eventsOf(house, async () => {
      const { status, body } = await ask();
      assert.deepEqual([status, body], [400, { error: 'invalid_request' }], why);
    });
    assert.deepEqual(
      seen.filter(({ type }) => type === 'app.refused').map(({ data }) => [data.at, data.error]),
      [['backchannel_authentication', `invalid_request: signed request, ${why}`]],
    );
    assert.equal(count(seen, 'app.requested'), 0);
  }

  it('is taken as the words that stand in it, and is told of in the metadata', async () => {
    const metadata = (await app.config()).serverMetadata();
    assert.deepEqual(metadata.backchannel_authentication_request_signing_alg_values_supported, [
      'ES256',
      'EdDSA',
      'RS256',
      'PS256',
    ]);
    const begun = await send(
      signed({ binding_message: 'Order 7', requested_expiry: 60, acr_values: '', unknown: [1] }),
    );
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    assert.equal(begun.body.expires_in, 60);
    const [path = ''] = await waiting(browser);
    assert.match((await browser.get(path)).text, /Order 7/);
    const seen = await eventsOf(house, () =>
      choose(house, browser, ada, begun.body.sallyport_number),
    );
    assert.equal(count(seen, 'app.request-approved', 'granted'), 1);
    assert.equal((await poll(begun.body.auth_req_id)).status, 200);
  });

  it('passes fapi-ciba-...-ensure-requested-expiry-as-string-succeeds (§7.1.1)', async () => {
    const begun = await send(signed({ requested_expiry: '60' }));
    assert.deepEqual([begun.status, begun.body.expires_in], [200, 60]);
    house.clock.advance(61_000);
  });

  it('is good once, also when many come at once', async () => {
    const request = signed();
    const seen = await eventsOf(house, async () => {
      const answers = await Promise.all(Array.from({ length: 6 }, () => send(request)));
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 400, 400, 400, 400, 400]);
    });
    assert.equal(count(seen, 'app.requested', 'challenged'), 1);
    assert.equal(count(seen, 'app.refused', 'refused'), 1, 'and counted beyond that');
    await refused('used', () => send(request));
    assert.equal((await send(signed())).status, 200);
  });

  it('has all that it has to have, and is for us, now (§7.1.1)', async () => {
    for (const name of ['iat', 'nbf', 'exp', 'jti']) {
      await refused('malformed', () => send(signed({ [name]: undefined })));
    }
    for (const aud of [undefined, 'https://other.example', [house.issuer, 'https://x.example']]) {
      await refused('not-here', () => send(signed({ aud })));
    }
    await refused('not-here', () => send(signed({ aud: `${house.issuer}/token` })));
    for (const iss of [undefined, 'till', house.issuer]) {
      await refused('wrong', () => send(signed({ iss })));
    }
    await refused('expired', () => send(signed({ exp: now() })));
    await refused('wrong', () => send(signed({ exp: now() + 3700 })));
    await refused('wrong', () => send(signed({ nbf: now() + 100 })));
    await refused('wrong', () => send(signed({ iat: now() - 3700 })));
    // FAPI-CIBA §5.2.2: an hour from its beginning to its end, and no older.
    await refused('wrong', () => send(signed({ nbf: now() - 4200 })));
    await refused('wrong', () => send(signed({ nbf: now() - 1800, exp: now() + 3000 })));
    for (const bad of [
      { request: 'a.b.c' },
      { request_uri: 'https://evil.example/' },
      { login_hint: ['ada', 'bob'] },
      { requested_expiry: { a: 1 } },
      { resource: [7] },
      { sub: app.id },
    ]) {
      await refused('malformed', () => send(signed(bad)));
    }
    assert.equal((await send(signed())).status, 200);
  });

  it('is signed by a key of the client that shows who it is, and by no other way (RFC 8725 §3)', async () => {
    const other = await signing('other');
    const by = (signer: SigningKey, header: Record<string, unknown> = {}) =>
      signJws(signer, { alg: signer.alg, ...header }, claimsOf());
    await refused('wrong', () => send(by(other.key)));
    await refused('wrong', () => send(by(makeKey(), { kid: 'x' })));
    await refused('malformed', () => send(by(makeKey(), { jwk: makeKey().jwk })));
    await refused('malformed', () => send(by(key, { jku: 'https://evil.example/' })));
    await refused('malformed', () => send(by(key, { typ: 'dpop+jwt' })));
    await refused('wrong', () => send(by(key, { alg: 'RS256' })));
    for (const alg of ['none', 'HS256']) {
      await refused('wrong', () => send(`${encode({ alg })}.${encode(claimsOf())}.AAAA`));
    }
    // What was signed by one client is of no use to another that proves itself.
    const mine = signed();
    await refused('wrong', () => send(mine, {}, other));
    assert.equal((await send(mine)).status, 200);
  });

  it('is no proof of who somebody is, and a proof is no request (RFC 9101 §10.8)', async () => {
    const form = { scope: 'openid', login_hint: 'ada' };
    const { client_assertion_type = '' } = assertedBy(house, app, key);
    const asProof = { ...form, client_assertion_type, client_assertion: signed() };
    const { status, body } = await call(house, '/ciba', asProof);
    assert.deepEqual([status, body.error], [401, 'invalid_client']);
    const { client_assertion = '' } = assertedBy(house, app, key);
    await refused('malformed', () => send(client_assertion));
  });

  it('stands alone: nothing beside it is read, and it needs a client that shows who it is (§7.1.1)', async () => {
    for (const beside of [{ login_hint: 'bob' }, { scope: 'openid' }, { binding_message: 'x' }]) {
      await refused('not alone', () => send(signed(), beside as Record<string, string>));
    }
    const nobody = await call(house, '/ciba', { client_id: app.id, request: signed() });
    assert.equal(nobody.body.error, 'invalid_request');
    const secret = await house.addApp('secretive', { clientAuth: 'secret', grants: ['ciba'] });
    const { shownOnce = [] } = await addProof(house, secret.process, 'secret', {});
    const own = { client_id: secret.id, client_secret: shownOnce[0] ?? '' };
    const request = signJws(key, { alg: key.alg }, claimsOf({}, secret));
    await refused('not-held', () => call(house, '/ciba', { ...own, request }));
  });

  it('is what a client asks by that is held to FAPI, and nothing else (FAPI-CIBA §5.2.2)', async () => {
    const fapi = await signing('bank', { profile: 'fapi2' });
    const plain = { scope: 'openid', login_hint: 'ada' };
    await refused('missing', () =>
      call(house, '/ciba', { ...assertedBy(house, fapi.app, fapi.key), ...plain }),
    );
    const request = signJws(fapi.key, { alg: 'ES256' }, claimsOf({}, fapi.app));
    const begun = await send(request, {}, fapi);
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    await choose(house, browser, ada, begun.body.sallyport_number);
    const bare = await call(house, '/token', {
      ...assertedBy(house, fapi.app, fapi.key),
      grant_type: CIBA,
      auth_req_id: String(begun.body.auth_req_id),
    });
    assert.notEqual(bare.status, 200, 'its tokens are bound to a key');
    const rsa = makeKey('RS256');
    await addProof(house, fapi.app.process, 'key', { jwk: rsa.jwk });
    await refused('wrong', () =>
      send(signJws(rsa, { alg: 'RS256' }, claimsOf({}, fapi.app)), {}, fapi),
    );
  });
});
