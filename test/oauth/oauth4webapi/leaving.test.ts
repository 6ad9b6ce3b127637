/**
 * Leaving, as an application with oauth4webapi and jose does it: people who leave by it come back to it (RP-Initiated Logout 1.0), and
 * wherever they leave it is told, with a token that it can verify by what the metadata name (Back-Channel Logout 1.0).
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import { skewOf } from '../../support/clock.ts';
import { requestOf, signedIn, VERIFIER } from '../../support/code-client.ts';
import { eventsOf } from '../../support/events.ts';
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
const GONE = 'https://app.example.com/gone';
const TOLD_AT = 'https://app.example.com/logout';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

describe('leaving an application that uses oauth4webapi', () => {
  let house: OidcHouse;
  let server: oauth.AuthorizationServer;
  let app: TestApp;
  let client: oauth.Client;
  let auth: oauth.ClientAuth;
  let ada: TestPerson;
  let browser: WebClient;
  const told: { url: string; token: string }[] = [];
  let takes = true;
  before(async () => {
    house = await openOidcHouse({
      parts: {
        post: async (url, fields) => {
          told.push({ url, token: fields.logout_token ?? '' });
          return takes;
        },
      },
    });
    app = await house.addApp('wiki', {
      clientAuth: 'secret',
      postLogoutRedirectUris: [GONE],
      backchannelLogoutUri: TOLD_AT,
    });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    auth = oauth.ClientSecretPost(shownOnce?.[0] ?? '');
    ada = await house.person('ada');
    const issuer = new URL(house.issuer);
    const metadata = await oauth.discoveryRequest(issuer, plain);
    server = await oauth.processDiscoveryResponse(issuer, metadata);
  });
  after(() => house.close());
  beforeEach(async () => {
    browser = await signedIn(house, app, ada);
    const skew = skewOf(house);
    client = { client_id: app.id, [oauth.clockSkew]: skew };
    told.length = 0;
  });

  async function tokens() {
    const query = new URLSearchParams(requestOf(app));
    const { left } = await wander(house, browser, `/oidc/auth?${query}`);
    assert.ok(left);
    const params = oauth.validateAuthResponse(server, client, left, 'a-state');
    const response = await oauth.authorizationCodeGrantRequest(
      server,
      client,
      auth,
      params,
      CALLBACK,
      VERIFIER,
      plain,
    );
    const got = await oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: 'a-nonce',
      requireIdToken: true,
    });
    const claims = oauth.getValidatedIdTokenClaims(got);
    return { got, claims };
  }

  const isActive = async (token: string) => {
    const response = await oauth.introspectionRequest(server, client, auth, token, plain);
    return (await oauth.processIntrospectionResponse(server, client, response)).active;
  };

  function leavingAt(parameters: Record<string, string>): string {
    const url = new URL(server.end_session_endpoint ?? '');
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** As Back-Channel Logout 1.0 §2.6 has applications do it, step by step. */
  async function verified(token: string): Promise<JWTPayload> {
    const keys = createRemoteJWKSet(new URL(server.jwks_uri ?? ''));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: server.issuer,
      audience: app.id,
      typ: 'logout+jwt',
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      currentDate: new Date(house.clock.now()),
    });
    const algs = server.id_token_signing_alg_values_supported ?? [];
    assert.ok(algs.includes(protectedHeader.alg));
    assert.deepEqual(payload.events, { [EVENT]: {} });
    assert.equal(payload.nonce, undefined);
    assert.ok(payload.sub !== undefined || payload.sid !== undefined);
    assert.ok(Number(payload.exp) - Number(payload.iat) <= 120, '§2.4: two minutes at most');
    return payload;
  }

  const settled = async () => {
    await house.house.appEndings.settle();
    return told.splice(0);
  };

  it('is offered in the metadata (RP-Initiated Logout §2.1, Back-Channel Logout §2.1)', () => {
    assert.equal(server.end_session_endpoint, `${house.issuer}/logout`);
    assert.equal(server.backchannel_logout_supported, true);
    assert.equal(server.backchannel_logout_session_supported, true);
  });

  it('asks the person, ends what they had, leads back with state, and tells the application (§2, §3)', async () => {
    const { got, claims } = await tokens();
    assert.equal(await isActive(got.access_token), true);
    const asked = { post_logout_redirect_uri: GONE, state: 'xyz' };
    const at = leavingAt({ ...asked, id_token_hint: got.id_token ?? '' });
    const { page } = await wander(house, browser, at);
    assert.match(page.text, /Sign out/);
    assert.equal(await isActive(got.access_token), true, 'not before they said so');
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    const done = await browser.post('/oidc/logout/confirm', { xsrf, logout: 'yes' });
    const { left } = await wander(house, browser, done);
    assert.equal(left?.href, `${GONE}?state=xyz`);
    assert.equal(await isActive(got.access_token), false);
    const posts = (await settled()).filter(({ url }) => url === TOLD_AT);
    const ends = await Promise.all(posts.map(({ token }) => verified(token)));
    const [own] = ends.filter(({ sid }) => sid === claims?.sid);
    assert.equal(own?.sub, ada.id);
    assert.equal(
      new Set(ends.map(({ jti }) => jti)).size,
      ends.length,
      'each has a jti of its own',
    );
    assert.deepEqual(await settled(), [], 'and is sent once');
  });

  it('ends nothing where they stay (§2)', async () => {
    const { got } = await tokens();
    const { page } = await wander(house, browser, leavingAt({ id_token_hint: got.id_token ?? '' }));
    const xsrf = /name="xsrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '';
    await browser.post('/oidc/logout/confirm', { xsrf });
    assert.equal(await isActive(got.access_token), true);
    assert.deepEqual(await settled(), []);
  });

  it('leads nowhere that is not registered, and nobody by another’s token (§3, §4)', async () => {
    const { got } = await tokens();
    const hint = got.id_token ?? '';
    for (const asked of [
      { id_token_hint: hint, post_logout_redirect_uri: 'https://evil.example/' },
      { id_token_hint: `${hint.slice(0, -6)}AAAAAA`, post_logout_redirect_uri: GONE },
      { id_token_hint: hint, client_id: 'nobody' },
    ]) {
      const { left, page } = await wander(house, browser, leavingAt(asked));
      assert.equal(left, undefined);
      assert.equal(page.status, 400, JSON.stringify(asked));
    }
    assert.equal(await isActive(got.access_token), true);
    assert.deepEqual(await settled(), []);
  });

  it('is told once, and whether it took that is on record (Back-Channel Logout §2.5, §2.8)', async () => {
    for (const [does, outcome] of [
      [true, 'done'],
      [false, 'failed'],
    ] as const) {
      takes = does;
      browser = await signedIn(house, app, ada);
      client = { client_id: app.id, [oauth.clockSkew]: skewOf(house) };
      const { claims } = await tokens();
      const seen = await eventsOf(house, async () => {
        await browser.get('/me');
        await browser.post('/signout', {});
        const ends = await Promise.all((await settled()).map(({ token }) => verified(token)));
        assert.ok(ends.some(({ sid }) => sid === claims?.sid));
        assert.deepEqual(await settled(), [], 'nobody is told twice');
      });
      const ended = seen.filter(({ type }) => type === 'app.told-of-end');
      assert.ok(ended.length > 0);
      for (const one of ended) {
        assert.deepEqual([one.outcome, one.subject, one.data.app], [outcome, ada.id, app.id]);
      }
      assert.ok(ended.some(({ data }) => data.grant === claims?.sid));
    }
    takes = true;
  });

  it('is told of when they leave elsewhere, or an administrator ends it (Back-Channel Logout §2.3)', async () => {
    const ends: (() => Promise<unknown>)[] = [
      async () => {
        await browser.get('/me');
        return browser.post('/signout', {});
      },
      () => house.house.store.write((tx) => house.house.acts.disable(tx, ada.id, { door: 'cli' })),
    ];
    for (const end of ends) {
      browser = await signedIn(house, app, ada);
      const skew = skewOf(house);
      client = { client_id: app.id, [oauth.clockSkew]: skew };
      const { got, claims } = await tokens();
      await end();
      assert.equal(await isActive(got.access_token), false);
      const sids = (await Promise.all((await settled()).map(({ token }) => verified(token)))).map(
        ({ sid }) => sid,
      );
      assert.ok(sids.includes(claims?.sid));
    }
  });
});
