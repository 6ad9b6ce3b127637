/** What else applications do once they are signed in to, as openid-client does it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import * as oidc from 'openid-client';
import {
  authorize,
  begin,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, makeKey } from '../../support/processes.ts';

const API = 'https://pay.example.com/';
const OFFLINE = { scope: 'openid offline_access' };
const LISTED = [{ audience: API, scopes: ['read', 'pay'] }];

describe('applications', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    await house.addApi('payments', {
      audience: API,
      scopes: [
        { name: 'read', says: 'See your payments.' },
        { name: 'pay', says: 'Make payments.', sensitive: true },
      ],
    });
    app = await house.addApp('wiki', { apis: LISTED });
  });
  after(() => house.close());

  it('get refresh tokens that rotate, when people let them act while away', async () => {
    const config = await app.config();
    const first = await tokensFor(house, config, ada, { parameters: OFFLINE });
    assert.ok(first.refresh_token);
    const second = await oidc.refreshTokenGrant(config, first.refresh_token);
    assert.notEqual(second.refresh_token, first.refresh_token);
    assert.equal(second.claims()?.sub, ada.id);
    const none = await tokensFor(house, config, ada);
    assert.equal(none.refresh_token, undefined);
  });

  it('get JWT access tokens for the APIs that they may ask for (RFC 8707, RFC 9068)', async () => {
    const config = await app.config();
    const parameters = { scope: 'openid read', resource: API };
    const tokens = await tokensFor(house, config, ada, { parameters });
    const claims = decodeJwt(tokens.access_token);
    assert.equal(decodeProtectedHeader(tokens.access_token).typ, 'at+jwt');
    assert.equal(claims.aud, API);
    assert.equal(claims.sub, ada.id);
    assert.equal(claims.client_id, app.id);
    assert.equal(claims.scope, 'read');
    assert.equal(claims.acr, 'urn:sallyport:acr:two-kinds');
    assert.equal(typeof claims.auth_time, 'number');
    assert.equal(typeof claims.gid, 'string');
  });

  it('prove themselves with a secret or a key of theirs', async () => {
    const bySecret = await house.addApp('by-secret', { clientAuth: 'secret' });
    const { shownOnce } = await addProof(house, bySecret.process, 'secret', {});
    const [secret = ''] = shownOnce ?? [];
    const basic = await bySecret.config(oidc.ClientSecretBasic(secret));
    assert.ok((await tokensFor(house, basic, ada)).access_token);
    const post = await bySecret.config(oidc.ClientSecretPost(secret));
    assert.ok((await tokensFor(house, post, ada)).access_token);
    const wrong = await bySecret.config(oidc.ClientSecretPost('wrong'));
    await assert.rejects(tokensFor(house, wrong, ada), { error: 'invalid_client' });
    const none = await bySecret.config();
    await assert.rejects(tokensFor(house, none, ada), { error: 'invalid_client' });

    const byKey = await house.addApp('by-key', { clientAuth: 'key' });
    const key = makeKey('ES256', 'k1');
    await addProof(house, byKey.process, 'key', { jwk: key.jwk });
    const der = key.privateKey.export({ format: 'der', type: 'pkcs8' });
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const cryptoKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
    const config = await byKey.config(oidc.PrivateKeyJwt({ key: cryptoKey, kid: 'k1' }));
    assert.ok((await tokensFor(house, config, ada)).access_token);
  });

  it('push their requests (RFC 9126)', async () => {
    const config = await app.config();
    const { url, checks } = await begin(config);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    const left = await authorize(house, house.browser(), pushed, ada);
    assert.ok((await oidc.authorizationCodeGrant(config, left, checks)).access_token);
  });

  it('bind tokens to a key of theirs (RFC 9449)', async () => {
    const config = await app.config();
    const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair());
    const parameters = { scope: 'openid offline_access read', resource: API };
    const tokens = await tokensFor(house, config, ada, { parameters, DPoP });
    assert.equal(tokens.token_type, 'dpop');
    assert.ok((decodeJwt(tokens.access_token).cnf as { jkt?: string }).jkt);
    const again = await oidc.refreshTokenGrant(config, tokens.refresh_token ?? '', {}, { DPoP });
    assert.equal(again.token_type, 'dpop');
    await assert.rejects(oidc.refreshTokenGrant(config, again.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
  });

  it('ask again and give back: introspection and revocation', async () => {
    const confidential = await house.addApp('asks', { clientAuth: 'secret' });
    const { shownOnce } = await addProof(house, confidential.process, 'secret', {});
    const config = await confidential.config(oidc.ClientSecretBasic(shownOnce?.[0] ?? ''));
    const tokens = await tokensFor(house, config, ada, { parameters: OFFLINE });
    const told = await oidc.tokenIntrospection(config, tokens.access_token);
    assert.equal(told.active, true);
    assert.equal(told.sub, ada.id);
    await oidc.tokenRevocation(config, tokens.refresh_token ?? '');
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false);
    await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
  });

  it('have people sign in again, or with something stronger (RFC 9470)', async () => {
    const config = await app.config();
    const browser = house.browser();
    const first = await tokensFor(house, config, ada, { browser });
    const silent = await begin(config, { prompt: 'none' });
    const left = await authorize(house, browser, silent.url, ada);
    assert.ok(left.searchParams.get('code'), left.href);
    house.clock.advance(60_000);
    for (const parameters of [{ prompt: 'login' }, { max_age: '10' }]) {
      const { url, checks } = await begin(config, parameters);
      const asked = await browser.follow(await browser.get(url.href.replace(house.origin, '')));
      assert.match(asked.text, /action="\/confirm"/);
      const proven = await browser.post('/confirm', { kind: 'totp', code: ada.totp.code() });
      house.clock.advance(30_000);
      const back = await authorize(
        house,
        browser,
        new URL(proven.location ?? '', house.origin),
        ada,
      );
      const tokens = await oidc.authorizationCodeGrant(config, back, { ...checks });
      assert.ok(Number(tokens.claims()?.auth_time) > Number(first.claims()?.auth_time));
    }
    const { url } = await begin(config, { acr_values: 'phr' });
    const refused = await browser.follow(await browser.get(url.href.replace(house.origin, '')));
    assert.match(refused.text, /wants a stronger proof/);
  });

  it('answer nobody who is not signed in when they ask without a page (§3.1.2.6)', async () => {
    const config = await app.config();
    const { url } = await begin(config, { prompt: 'none' });
    const left = await authorize(house, house.browser(), url, ada);
    assert.equal(left.searchParams.get('error'), 'login_required');
  });

  it('have subjects of their own sector (§8)', async () => {
    const sectors = ['a.example.com', 'b.example.com', 'a.example.com'];
    const subjects = [];
    for (const [n, pairwiseSector] of sectors.entries()) {
      const paired = await house.addApp(`paired-${n}`, { pairwiseSector });
      const tokens = await tokensFor(house, await paired.config(), ada);
      subjects.push(tokens.claims()?.sub);
    }
    assert.equal(subjects[0], subjects[2]);
    assert.notEqual(subjects[0], subjects[1]);
    assert.ok(!subjects.includes(ada.id));
  });

  it('get ID tokens in the algorithm that they can read', async () => {
    const browser = house.browser();
    for (const idTokenAlg of ['ES256', 'EdDSA', 'RS256'] as const) {
      const other = await house.addApp(`reads-${idTokenAlg.toLowerCase()}`, { idTokenAlg });
      const config = await other.config();
      const token = (await tokensFor(house, config, ada, { browser })).id_token ?? '';
      const answer = await fetch(config.serverMetadata().jwks_uri ?? '');
      const keys = createLocalJWKSet((await answer.json()) as JSONWebKeySet);
      const terms = { issuer: house.issuer, audience: other.id, algorithms: [idTokenAlg] };
      const { payload, protectedHeader } = await jwtVerify(token, keys, terms);
      assert.equal(payload.sub, ada.id);
      assert.ok(protectedHeader.kid, 'with several keys published one is named (§10.1)');
      const [head, , tail] = token.split('.');
      const forged = Buffer.from(JSON.stringify({ ...payload, sub: 'root' })).toString('base64url');
      await assert.rejects(jwtVerify(`${head}.${forged}.${tail}`, keys, terms));
    }
  });
});
