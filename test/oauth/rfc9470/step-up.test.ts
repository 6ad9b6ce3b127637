/**
 * RFC 9470, end to end: an API that is not ours but uses @sallyport/verify says what it lacks, an application that is not ours reads
 * that and comes back, the person shows what is missing, and the call is answered.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { createVerifier, type Needs } from '../../../verify/src/verifier.ts';
import { count, eventsOf } from '../../support/events.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  type Tokens,
  tokensFor,
  wander,
} from '../../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../../support/served-people.ts';
import type { WebClient } from '../../support/web-client.ts';
import { showPasskey } from '../../support/web-passkey.ts';

const AUDIENCE = 'https://pay.example.com/';
const TWO_KINDS = 'urn:sallyport:acr:two-kinds';
const parameters = { scope: 'openid pay', resource: AUDIENCE };

/** What each call of the API needs beyond a token. */
const NEEDS: Readonly<Record<string, Needs>> = {
  '/bills': { scopes: ['pay'] },
  '/strong': { scopes: ['pay'], phishingResistant: true },
  '/fresh': { scopes: ['pay'], freshFor: 120 },
  '/both': { scopes: ['pay'], phishingResistant: true, freshFor: 120 },
};

describe('stepping up for an API (RFC 9470)', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let ada: PasskeyPerson;
  let browser: WebClient;
  let api: Server;
  let place = '';
  // Each with a clock of its own: people's codes move it ahead of the machine's.
  beforeEach(async () => {
    house = await openOidcHouse();
    ada = await passkeyPerson(house, 'ada');
    const scopes = [{ name: 'pay', says: 'Make payments.' }];
    await house.addApi('payments', { audience: AUDIENCE, scopes });
    app = await house.addApp('bank', { apis: [{ audience: AUDIENCE, scopes: ['pay'] }] });
    config = await app.config();
    browser = house.browser();
    const verifier = createVerifier({
      issuer: house.issuer,
      audience: AUDIENCE,
      now: house.clock.now,
    });
    api = createServer(async ({ method = '', url = '', headersDistinct: headers }, response) => {
      const verdict = await verifier.verify({ method, url, headers }, NEEDS[url]);
      if (verdict.state === 'refused') response.writeHead(verdict.status, { ...verdict.challenge });
      response.end(verdict.state);
    });
    await new Promise<void>((done) => api.listen(0, '127.0.0.1', done));
    place = `http://127.0.0.1:${(api.address() as AddressInfo).port}`; // It listens on a port.
  });
  afterEach(async () => {
    api.close();
    api.closeAllConnections();
    await house.close();
  });

  /** Undefined when it was answered; else what oauth4webapi read of the challenge. */
  async function called(token: string, path: string) {
    const url = new URL(path, place);
    const options = { [oauth.allowInsecureRequests]: true };
    try {
      const response = await oauth.protectedResourceRequest(
        token,
        'GET',
        url,
        undefined,
        undefined,
        options,
      );
      assert.equal(response.status, 200);
      return undefined;
    } catch (error) {
      assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, String(error));
      assert.equal(error.status, 401);
      return error.cause[0]?.parameters;
    }
  }

  const challengeOf = async (token: string, path: string) => {
    const told = await called(token, path);
    assert.equal(told?.error, 'insufficient_user_authentication');
    const { acr_values, max_age } = told ?? {};
    return { ...(acr_values && { acr_values }), ...(max_age && { max_age }) };
  };

  /** The application comes back with what it was told (§4), and the person shows what they are asked for. */
  async function stepUp(
    asked: Record<string, string>,
    how: 'passkey' | 'code',
  ): Promise<{ tokens: Tokens; confirmed: boolean }> {
    const { url, checks } = await begin(config, { ...parameters, ...asked });
    let now = await wander(house, browser, url.href);
    const confirmed = now.left === undefined;
    if (confirmed) {
      assert.match(now.at, /^\/confirm/);
      const page = how === 'passkey' ? await browser.get('/confirm?with=webauthn') : now.page;
      const shown =
        how === 'passkey'
          ? await showPasskey(house, browser, page, ada)
          : await browser.post('/confirm', { kind: 'totp', code: ada.totp.code() });
      now = await wander(house, browser, shown);
    }
    assert.ok(now.left, `${now.at} ${now.page.text}`);
    return { tokens: await oidc.authorizationCodeGrant(config, now.left, checks), confirmed };
  }

  const byPassword = () => tokensFor(house, config, ada, { browser, parameters });

  it('is asked for by acr_values, and met with a passkey (§3, §4, §5)', async () => {
    const weak = await byPassword();
    assert.equal(weak.claims()?.acr, TWO_KINDS);
    assert.equal(await called(weak.access_token, '/bills'), undefined);
    const asked = await challengeOf(weak.access_token, '/strong');
    assert.deepEqual(asked, { acr_values: 'phr phrh' });
    const seen = await eventsOf(house, async () => {
      const { tokens, confirmed } = await stepUp(asked, 'passkey');
      assert.ok(confirmed, 'the session had less');
      assert.equal(tokens.claims()?.acr, 'phr');
      assert.deepEqual(tokens.claims()?.amr, ['mfa', 'otp', 'pwd', 'swk', 'user']);
      assert.equal(decodeJwt(tokens.access_token).acr, 'phr');
      assert.equal(await called(tokens.access_token, '/strong'), undefined);
    });
    assert.equal(count(seen, 'stepup.granted', 'granted'), 1);
    const again = await challengeOf(weak.access_token, '/strong');
    assert.deepEqual(again, asked, 'the old token is what it was');
  });

  it('asks nothing of whoever has the level already, and tells the one that was asked for (§4)', async () => {
    await byPassword();
    await stepUp({ acr_values: 'phr' }, 'passkey');
    const { tokens, confirmed } = await stepUp({ acr_values: 'phrh phr' }, 'passkey');
    assert.equal(confirmed, false);
    assert.equal(tokens.claims()?.acr, 'phr');
    const plain = await stepUp({ acr_values: TWO_KINDS }, 'passkey');
    assert.deepEqual([plain.confirmed, plain.tokens.claims()?.acr], [false, TWO_KINDS]);
  });

  it('is asked for as an essential claim as well (OpenID Connect Core §5.5.1.1)', async () => {
    await byPassword();
    const claims = { id_token: { acr: { essential: true, values: ['phr'] } } };
    const { tokens, confirmed } = await stepUp({ claims: JSON.stringify(claims) }, 'passkey');
    assert.deepEqual([confirmed, tokens.claims()?.acr], [true, 'phr']);
  });

  it('is asked for by max_age, and met with any proof that is new (§3, §4)', async () => {
    const old = await byPassword();
    assert.equal(await called(old.access_token, '/fresh'), undefined);
    house.clock.advance(150_000);
    const asked = await challengeOf(old.access_token, '/fresh');
    assert.deepEqual(asked, { max_age: '120' });
    const { tokens, confirmed } = await stepUp(asked, 'code');
    assert.ok(confirmed);
    const [before, after] = [old, tokens].map((each) => Number(each.claims()?.auth_time));
    assert.ok(Number(after) >= Number(before) + 150, `${before} ${after}`);
    assert.equal(decodeJwt(tokens.access_token).auth_time, tokens.claims()?.auth_time);
    assert.equal(await called(tokens.access_token, '/fresh'), undefined);
  });

  it('is asked for by both at once: a passkey of long ago is not enough (§3)', async () => {
    await byPassword();
    const first = await stepUp({ acr_values: 'phr' }, 'passkey');
    assert.equal(await called(first.tokens.access_token, '/both'), undefined);
    house.clock.advance(150_000);
    const asked = await challengeOf(first.tokens.access_token, '/both');
    assert.deepEqual(asked, { acr_values: 'phr phrh', max_age: '120' });
    const { url } = await begin(config, { ...parameters, ...asked });
    await wander(house, browser, url.href);
    const code = await browser.post('/confirm', { kind: 'totp', code: ada.totp.code() });
    assert.equal(code.location, '/confirm', 'a code is not what was asked for');
    house.clock.advance(30_000);
    const { tokens, confirmed } = await stepUp(asked, 'passkey');
    assert.ok(confirmed);
    assert.equal(await called(tokens.access_token, '/both'), undefined);
  });

  it('is not had by leaving out the page, nor by asking without one (§5)', async () => {
    await byPassword();
    const asked = { ...parameters, acr_values: 'phr' };
    const { url } = await begin(config, asked);
    const to = (await browser.get(url.href.replace(house.origin, ''))).location ?? '';
    const { pathname } = new URL(to, house.origin);
    const once = await wander(house, browser, `${pathname}/done`);
    assert.deepEqual([once.left, once.at.split('?')[0]], [undefined, '/confirm']);
    const other = await begin(config, asked);
    const by = (await browser.get(other.url.href.replace(house.origin, ''))).location ?? '';
    const end = `${new URL(by, house.origin).pathname}/done?as-is`;
    const { left } = await wander(house, browser, end);
    assert.equal(left?.searchParams.get('error'), 'unmet_authentication_requirements');
    assert.equal(left?.searchParams.get('code'), null);
    const silent = await begin(config, { ...asked, prompt: 'none' });
    const none = await wander(house, browser, silent.url.href);
    assert.equal(none.left?.searchParams.get('error'), 'login_required');
    const { tokens } = await stepUp(asked, 'passkey');
    assert.equal(tokens.claims()?.acr, 'phr');
  });

  it('is refused to whoever holds nothing of the kind (§5)', async () => {
    const bea = await house.person('bea');
    const hers = house.browser();
    await tokensFor(house, config, bea, { browser: hers, parameters });
    const { url } = await begin(config, { ...parameters, acr_values: 'phr' });
    const { left, page } = await wander(house, hers, url.href);
    assert.equal(left, undefined);
    assert.match(page.text, /wants a stronger proof/);
  });
});
