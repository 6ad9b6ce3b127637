/** OpenID Connect Client-Initiated Backchannel Authentication Core 1.0, by clients that are not ours. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import {
  type AskingApp,
  askingApp,
  atHome,
  choose,
  numbersOn,
  openAskingHouse,
  openRequest,
  waiting,
} from '../../support/ciba.ts';
import { assertedBy, call } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse, tokensFor } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, makeKey } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

const AT_ONCE = { interval: 0.01 };
const INVOICES = 'https://invoices.example.com/';

describe('a sign-in that begins at an application', () => {
  let house: OidcHouse;
  let app: AskingApp;
  let ada: TestPerson;
  let browser: WebClient;
  beforeEach(async () => {
    ({ house, ada, app, browser } = await openAskingHouse());
  });
  afterEach(() => house.close());

  const begin = (parameters: Record<string, string> = {}) =>
    oidc.initiateBackchannelAuthentication(app.client, {
      scope: 'openid profile',
      login_hint: 'ada',
      ...parameters,
    });

  it('ends with tokens once the person has found the number (§7, §10.1)', async () => {
    const asked = Math.floor(house.clock.now() / 1000);
    const begun = await begin({ scope: 'openid profile offline_access', login_hint: 'ADA ' });
    assert.equal(begun.interval, 5);
    assert.equal(begun.expires_in, 300);
    const seen = await eventsOf(house, async () => {
      const page = await choose(house, browser, ada, begun.sallyport_number);
      assert.match(page.text, /You signed in there/);
    });
    assert.equal(count(seen, 'app.request-approved', 'granted'), 1);
    assert.equal(count(seen, 'stepup.granted'), 1);
    const tokens = await oidc.pollBackchannelAuthenticationGrant(app.client, {
      ...begun,
      ...AT_ONCE,
    });
    const claims = tokens.claims();
    assert.equal(claims?.sub, ada.id);
    assert.equal(claims?.acr, 'urn:sallyport:acr:two-kinds');
    assert.deepEqual(claims?.amr, ['mfa', 'otp', 'pwd']);
    assert.ok(
      Number(claims?.auth_time) >= asked,
      'a proof from before it was asked is none for it',
    );
    const fresh = await oidc.refreshTokenGrant(app.client, tokens.refresh_token ?? '');
    const about = await oidc.fetchUserInfo(app.client, fresh.access_token, ada.id);
    assert.equal(about.name, 'ada');
  });

  it('is offered in the metadata, with what it takes (§4)', () => {
    const told = app.client.serverMetadata();
    assert.equal(told.backchannel_authentication_endpoint, `${house.issuer}/ciba`);
    assert.deepEqual(told.backchannel_token_delivery_modes_supported, ['poll', 'ping']);
    assert.equal(told.backchannel_user_code_parameter_supported, false);
    assert.ok(told.grant_types_supported?.includes('urn:openid:params:grant-type:ciba'));
  });

  it('wants no second proof of who signs in after it came', async () => {
    const begun = await begin();
    const later = await atHome(house, ada);
    const [path = ''] = await waiting(later);
    assert.equal(numbersOn(await later.get(path)).length, 3);
    await later.post(path, { number: String(begun.sallyport_number) });
    assert.equal((await app.poll(begun.auth_req_id)).status, 200);
  });

  it('stands among what may act for the person, and can be cut off', async () => {
    const begun = await begin();
    await choose(house, browser, ada, begun.sallyport_number);
    const tokens = await oidc.pollBackchannelAuthenticationGrant(app.client, {
      ...begun,
      ...AT_ONCE,
    });
    const me = await browser.get('/me');
    assert.match(me.text, /Cut off Counter/);
    await browser.post(`/me/apps/${app.id}/revoke`, {});
    await assert.rejects(oidc.fetchUserInfo(app.client, tokens.access_token, ada.id));
  });

  it('may name the person by an ID token of its own, and of nobody else’s (§7.1)', async () => {
    const wiki = await askingApp(house, 'Wiki', { grants: ['authorization_code', 'ciba'] });
    const { id_token } = await tokensFor(house, wiki.client, ada);
    const named = { login_hint: '', id_token_hint: id_token ?? '' };
    const begun = await wiki.ask('', named);
    assert.equal(begun.status, 200, JSON.stringify(begun.body));
    await choose(house, browser, ada, begun.body.sallyport_number);
    assert.equal((await wiki.poll(begun.body.auth_req_id)).status, 200);
    const stolen = await app.ask('', named);
    assert.equal(stolen.body.error, 'invalid_request');
  });

  it('is for whom the claims name as well, or for nobody (OpenID Connect Core §5.5.1)', async () => {
    const eve = await house.person('eve');
    const naming = (sub: object) => ({ claims: JSON.stringify({ id_token: { sub } }) });
    const seen = await eventsOf(house, async () => {
      for (const sub of [{ value: eve.id }, { values: [eve.id] }, { values: [] }]) {
        const begun = await begin(naming(sub));
        assert.equal(typeof begun.sallyport_number, 'number', 'answered as for any name');
        assert.deepEqual(await waiting(browser), []);
        assert.equal((await app.poll(begun.auth_req_id)).body.error, 'authorization_pending');
        house.clock.advance(300_000);
      }
    });
    assert.equal(count(seen, 'app.requested', 'refused'), 3);
    for (const sub of [{ value: ada.id }, { values: [eve.id, ada.id] }, { essential: true }]) {
      const begun = await begin(naming(sub));
      await choose(house, browser, ada, begun.sallyport_number);
      const now = { ...begun, ...AT_ONCE };
      const tokens = await oidc.pollBackchannelAuthenticationGrant(app.client, now);
      assert.equal(tokens.claims()?.sub, ada.id);
    }
  });

  it('is pending until it is answered, and wants patience (§11)', async () => {
    const { auth_req_id: handle } = await begin();
    const errors: unknown[] = [];
    for (const wait of [0, 5000, 1000, 6000, 10_000]) {
      house.clock.advance(wait);
      errors.push((await app.poll(handle)).body.error);
    }
    const [pending, slow] = ['authorization_pending', 'slow_down'];
    // Whoever was too early has to wait five seconds longer each time.
    assert.deepEqual(errors, [pending, pending, slow, slow, slow]);
    house.clock.advance(60_000);
    assert.equal((await app.poll(handle)).body.error, pending);
    house.clock.advance(300_000);
    assert.equal((await app.poll(handle)).body.error, 'expired_token');
    assert.deepEqual(await waiting(browser), []);
  });

  it('ends when the application says, and no later than we do (§7.1, requested_expiry)', async () => {
    assert.equal((await begin({ requested_expiry: '60' })).expires_in, 60);
    assert.equal((await begin({ requested_expiry: '86400' })).expires_in, 300);
    const bad = await app.ask('ada', { requested_expiry: '-1' });
    assert.equal(bad.body.error, 'invalid_request');
  });

  it('is shown as it is: who asks, for what, from where, and what it says', async () => {
    await house.addApi('invoices', {
      audience: INVOICES,
      scopes: [{ name: 'send', says: 'Send invoices in your name.' }],
    });
    const ledger = await askingApp(house, 'Ledger Sync', {
      firstParty: false,
      apis: [{ audience: INVOICES, scopes: ['send'] }],
    });
    const { body, status } = await ledger.ask('ada@example.com', {
      scope: 'openid email send',
      resource: INVOICES,
      binding_message: 'Rechnung 4711 <b>für</b> Łódź, 1 200 €',
      sallyport_user_address: '203.0.113.7',
    });
    assert.equal(status, 200, JSON.stringify(body));
    const [path = ''] = await waiting(browser);
    const page = await openRequest(house, browser, ada, path);
    for (const words of [
      'Sign in to Ledger Sync?',
      'made by others',
      'your email address',
      'Send invoices in your name.',
      'Rechnung 4711 &lt;b&gt;für&lt;/b&gt; Łódź, 1 200 €',
      'this computer',
      '203.0.113.7, unknown place',
      'I did not ask for this',
    ]) {
      assert.ok(page.text.includes(words), words);
    }
    const numbers = numbersOn(page);
    assert.equal(new Set(numbers).size, 3);
    assert.ok(numbers.includes(Number(body.sallyport_number)));
    assert.deepEqual(numbersOn(await browser.get(path)), numbers, 'a reload tells nothing');
    await browser.post(path, { number: String(body.sallyport_number) });
    const tokens = await ledger.poll(body.auth_req_id);
    const [, claims = ''] = String(tokens.body.access_token).split('.');
    const { aud, scope, auth_time, gid } = JSON.parse(Buffer.from(claims, 'base64url').toString());
    assert.deepEqual([aud, scope], [INVOICES, 'send']);
    assert.ok(auth_time && gid);
  });

  it('asks for what it may, in one way, or is told what is wrong (§7.1, §13)', async () => {
    const cases: [Record<string, string>, string][] = [
      [{ login_hint: '' }, 'invalid_request'],
      [{ id_token_hint: 'x.y.z' }, 'invalid_request'],
      [{ login_hint: '', login_hint_token: 'x' }, 'invalid_request'],
      [{ scope: 'profile' }, 'invalid_request'],
      [{ request: 'x.y.z' }, 'invalid_request'],
      [{ sallyport_user_address: 'localhost' }, 'invalid_request'],
      [{ resource: INVOICES }, 'invalid_target'],
      [{ binding_message: 'a'.repeat(65) }, 'invalid_binding_message'],
      [{ binding_message: ' hidden start' }, 'invalid_binding_message'],
      [{ binding_message: 'two\nlines' }, 'invalid_binding_message'],
      [{ binding_message: 'turned \u202Eround' }, 'invalid_binding_message'],
      [{ binding_message: 'isolated \u2066so\u2069' }, 'invalid_binding_message'],
      [{ binding_message: 'not\u200Bseen' }, 'invalid_binding_message'],
      [{ binding_message: `z${'\u0335'.repeat(3)}algo` }, 'invalid_binding_message'],
    ];
    for (const [change, error] of cases) {
      const { body, status } = await app.ask('ada', change);
      assert.deepEqual([status, body.error], [400, error], JSON.stringify(change));
      assert.equal(body.auth_req_id, undefined);
    }
    assert.deepEqual(await waiting(browser), []);
  });

  it('brings tokens that are bound to its key, where it has one (RFC 9449)', async () => {
    const bound = await askingApp(house, 'Bound', { boundTokens: true });
    const DPoP = oidc.getDPoPHandle(bound.client, await oidc.randomDPoPKeyPair());
    const begun = await oidc.initiateBackchannelAuthentication(bound.client, {
      scope: 'openid',
      login_hint: 'ada',
    });
    await choose(house, browser, ada, begun.sallyport_number);
    const bare = await bound.poll(begun.auth_req_id);
    assert.equal(bare.body.error, 'invalid_grant');
    const tokens = await oidc.pollBackchannelAuthenticationGrant(
      bound.client,
      { ...begun, ...AT_ONCE },
      {},
      { DPoP },
    );
    assert.equal(tokens.token_type, 'dpop');
  });

  it('takes the level that was asked for, and shows no number below it (§7.1, acr_values)', async () => {
    await begin({ acr_values: 'phr' });
    const [path = ''] = await waiting(browser);
    const page = await openRequest(house, browser, ada, path).catch(() => browser.get(path));
    assert.deepEqual(numbersOn(page), []);
  });

  it('is for applications that prove themselves and name the grant, where it is switched on (§4)', async () => {
    const refused = async (detail: Parameters<typeof askingApp>[2], name: string) => {
      const other = await askingApp(house, name, detail);
      const { body, status } = await other.ask('ada');
      assert.deepEqual([status, body.error], [400, 'invalid_request'], name);
    };
    await refused({ grants: ['refresh_token'] }, 'unnamed');
    await refused({ pairwiseSector: 'example.com' }, 'pairwise');
    const open = await house.addApp('open', { grants: ['ciba'] });
    const form = { client_id: open.id, scope: 'openid', login_hint: 'ada' };
    assert.equal((await call(house, '/ciba', form)).body.error, 'invalid_request');
    const fapi = await house.addApp('fapi', {
      ...{ profile: 'fapi2', clientAuth: 'key', grants: ['ciba'] },
    });
    const key = makeKey();
    await addProof(house, fapi.process, 'key', { jwk: key.jwk });
    const signed = assertedBy(house, fapi, key);
    const asked = await call(house, '/ciba', { ...form, client_id: fapi.id, ...signed });
    assert.deepEqual([asked.status, asked.body.error], [400, 'invalid_request']);
    assert.deepEqual(await waiting(browser), []);

    const off = await openOidcHouse();
    try {
      const named = await off.addApp('named', { grants: ['authorization_code', 'ciba'] });
      const config = await named.config();
      const told = config.serverMetadata();
      assert.equal(told.backchannel_authentication_endpoint, undefined);
      assert.equal((await call(off, '/ciba', {})).status, 404);
      const bob = await off.person('bob');
      assert.ok((await tokensFor(off, config, bob)).access_token, 'all else it can do as before');
    } finally {
      await off.close();
    }
  });
});
