/**
 * FAPI 2.0 Security Profile (Final, February 2025), what it asks of an authorization server, clause by clause, for both kinds
 * of client: one with private_key_jwt and DPoP, one with a certificate of OpenSSL's for both. The client is openid-client where
 * it is honest.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oidc from 'openid-client';
import { requestOf, VERIFIER } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { authorize, begin, CALLBACK, wander } from '../../support/oidc-house.ts';
import { fetchWith } from '../../support/openssl.ts';
import type { TestPerson } from '../../support/people.ts';
import { makeKey } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';
import {
  API,
  certificateClient,
  type Fapi2Client,
  type Fapi2House,
  keyClient,
  OFFLINE,
  openFapi2House,
} from './clients.ts';
import { createRawClient, type Raw, type RawClient } from './raw-client.ts';

describe('the FAPI 2.0 Security Profile', () => {
  let house: Fapi2House;
  let ada: TestPerson;
  let browser: WebClient;
  let raw: RawClient;
  const clients: Record<Fapi2Client['way'], Fapi2Client | undefined> = {
    'private_key_jwt and DPoP': undefined,
    mTLS: undefined,
  };
  before(async () => {
    house = await openFapi2House();
    clients['private_key_jwt and DPoP'] = await keyClient(house, 'signing-bank');
    clients.mTLS = await certificateClient(house, 'certified-bank');
    ada = await house.person('ada');
    browser = house.browser();
    raw = createRawClient(house, browser);
  });
  after(() => house?.close());

  async function tokensOf(client: Fapi2Client, parameters: Record<string, string> = OFFLINE) {
    const config = await client.config();
    const binding = await client.binding(config);
    const { url, checks } = await begin(config, parameters);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    const left = await authorize(house, browser, pushed, ada);
    const tokens = await oidc.authorizationCodeGrant(config, left, checks, undefined, binding);
    return { config, binding, tokens, left };
  }

  for (const way of ['private_key_jwt and DPoP', 'mTLS'] as const) {
    describe(`with ${way}`, () => {
      let client: Fapi2Client;
      before(async () => {
        const made = clients[way];
        assert.ok(made);
        client = made;
        // From here on somebody is signed in.
        await tokensOf(client);
      });

      it('goes from a pushed request to tokens and an ID token (§5.3.2.2 1 and 2, §5.3.2.3)', async () => {
        const { tokens, left } = await tokensOf(client);
        assert.equal(tokens.claims()?.sub, ada.id);
        assert.equal(decodeProtectedHeader(tokens.id_token ?? '').alg, 'ES256');
        assert.equal(left.searchParams.get('iss'), house.issuer);
      });

      it('gets tokens that are bound, and no others (§5.3.2.1 4 and 5)', async () => {
        const { tokens } = await tokensOf(client, { scope: 'openid read', resource: API });
        const { cnf, aud, scope } = decodeJwt(tokens.access_token);
        assert.deepEqual([aud, scope], [API, 'read']);
        const [name, thumbprint] = Object.entries(cnf ?? {})[0] ?? [];
        if (client.certificate !== undefined) {
          assert.deepEqual([name, thumbprint], ['x5t#S256', client.certificate.thumbprint]);
        } else {
          assert.equal(name, 'jkt');
          const bare = await raw.redeem(client, await raw.codeOf(client));
          assert.equal(bare.status, 400);
          assert.equal(bare.body.access_token, undefined);
        }
        assert.equal(Object.keys(cnf ?? {}).length, 1);
      });

      it('is refused without its proof, and with any other (§5.3.2.1 6, §5.3.2.2 4)', async () => {
        const stranger = house.openssl.selfSigned('stranger');
        const nothing = { client_assertion: undefined, client_assertion_type: undefined };
        const wrong: (() => Promise<Raw>)[] = [
          () => raw.post('/par', requestOf(client.app)),
          () => raw.post('/par', { ...requestOf(client.app), client_secret: 'x' }),
          () => raw.post('/par', requestOf(client.app), stranger),
          () =>
            raw.post('/par', { ...requestOf(client.app), ...raw.asserted(client, {}, makeKey()) }),
        ];
        const seen = await eventsOf(house, async () => {
          for (const ask of wrong) {
            const { status, body } = await ask();
            assert.ok(status === 401 || status === 400, JSON.stringify(body));
            assert.equal(body.request_uri, undefined);
          }
        });
        assert.ok(count(seen, 'entry.refused', 'refused') >= 3);
        const code = await raw.codeOf(client);
        const form = { ...nothing, code };
        const unproven = await raw.post(
          '/token',
          {
            grant_type: 'authorization_code',
            client_id: client.app.id,
            redirect_uri: CALLBACK,
            code_verifier: VERIFIER,
            ...form,
          },
          undefined,
          raw.bindingOf(client),
        );
        assert.ok(unproven.status === 401 || unproven.status === 400);
        const right = await raw.redeem(client, code, {}, raw.bindingOf(client));
        assert.equal(right.status, 200, JSON.stringify(right.body));
      });

      it('keeps its refresh token, which is used again and again (§5.3.2.1 9)', async () => {
        const { config, binding, tokens } = await tokensOf(client);
        const { refresh_token = '' } = tokens;
        for (let n = 0; n < 3; n++) {
          const next = await oidc.refreshTokenGrant(config, refresh_token, {}, binding);
          assert.ok([undefined, refresh_token].includes(next.refresh_token));
          assert.notEqual(next.access_token, tokens.access_token);
        }
      });

      it('is refused a request that it did not push (§5.3.2.2 3)', async () => {
        const query = new URLSearchParams(requestOf(client.app));
        const { left } = await wander(house, browser, `/oidc/auth?${query}`);
        assert.equal(left?.searchParams.get('error'), 'invalid_request');
        assert.equal(left?.searchParams.get('iss'), house.issuer);
      });

      for (const [name, change] of [
        ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
        ['with PKCE by plain', { code_challenge_method: 'plain' }],
        ['without redirect_uri', { redirect_uri: undefined }],
        ['with one that is not registered', { redirect_uri: 'https://evil.example/callback' }],
        ['with another response_type', { response_type: 'code id_token' }],
        ['with a request_uri in it', { request_uri: 'urn:x:y' }],
      ] as const) {
        it(`is refused a pushed request ${name} (§5.3.2.2 5 and 6)`, async () => {
          const { status, body } = await raw.push(client, change);
          assert.deepEqual([status, body.request_uri], [400, undefined]);
        });
      }

      it('gets a request_uri for less than ten minutes, that works once and for it alone (§5.3.2.2 12)', async () => {
        const { status, body } = await raw.push(client);
        assert.equal(status, 201);
        assert.ok(Number(body.expires_in) < 600);
        const other = Object.values(clients).find((one) => one !== client);
        assert.ok(other);
        const stolen = await raw.follow(other, body.request_uri);
        assert.equal(stolen.left?.searchParams.get('code') ?? null, null);
        const { body: next } = await raw.push(client);
        assert.ok((await raw.follow(client, next.request_uri)).left?.searchParams.get('code'));
        const again = await raw.follow(client, next.request_uri);
        assert.equal(again.left?.searchParams.get('code') ?? null, null);
      });

      it('is answered with iss, and by redirects that turn no form on (§5.3.2.2 7, 10 and 11)', async () => {
        const { body } = await raw.push(client);
        const query = new URLSearchParams({
          client_id: client.app.id,
          request_uri: String(body.request_uri),
        });
        const answer = await browser.get(`/oidc/auth?${query}`);
        assert.equal(answer.status, 303);
        const to = new URL(answer.location ?? '');
        assert.deepEqual(to.searchParams.getAll('iss'), [house.issuer]);
        assert.equal(to.origin + to.pathname, CALLBACK);
      });

      it('redeems a code once, and whoever tries again ends what it gave (§5.3.2.2 9)', async () => {
        const code = await raw.codeOf(client);
        const first = await raw.redeem(client, code, {}, raw.bindingOf(client));
        assert.equal(first.status, 200, JSON.stringify(first.body));
        const seen = await eventsOf(house, async () => {
          const again = await raw.redeem(client, code, {}, raw.bindingOf(client));
          assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
        });
        assert.equal(count(seen, 'app.reuse-refused'), 1);
        const { access_token: token } = first.body;
        const told = await raw.post(
          '/introspect',
          { token: String(token), client_id: client.app.id, ...raw.shown(client) },
          client.certificate,
        );
        assert.deepEqual(told.body, { active: false });
      });

      it('has its codes for a minute (§5.3.2.1 11)', async () => {
        const code = await raw.codeOf(client);
        house.clock.advance(61_000);
        const { status, body } = await raw.redeem(client, code, {}, raw.bindingOf(client));
        assert.deepEqual([status, body.error], [400, 'invalid_grant']);
      });

      it('is led nowhere else by an error (§5.3.2.1 7)', async () => {
        const made = `urn:ietf:params:oauth:request_uri:${'A'.repeat(43)}`;
        const more = { redirect_uri: 'https://evil.example/' };
        const { left, page } = await raw.follow(client, made, more);
        assert.equal(left, undefined);
        assert.equal(page.status, 400);
      });

      it('shows its token in a header with what it is bound to, or is refused (§5.3.4)', async () => {
        const { tokens, config, binding } = await tokensOf(client, { scope: 'openid' });
        const info = await oidc.fetchUserInfo(config, tokens.access_token, ada.id, binding);
        assert.equal(info.sub, ada.id);
        const reach = fetchWith(house.server, house.openssl.selfSigned('stranger'));
        const at = `${house.issuer}/userinfo`;
        const bearer = { authorization: `Bearer ${tokens.access_token}` };
        assert.equal((await reach(at, { headers: bearer })).status, 401);
        const inQuery = await reach(`${at}?access_token=${tokens.access_token}`);
        assert.ok(inQuery.status >= 400);
      });
    });
  }
});
