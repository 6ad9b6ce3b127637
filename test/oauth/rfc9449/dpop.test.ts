/** Tokens bound to a key (RFC 9449), by oauth4webapi and openid-client, and clause by clause. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { calculateJwkThumbprint, type JWK } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import type { Resource } from '../../../server/subjects/resource.ts';
import { skewOf } from '../../support/clock.ts';
import { ISSUER, makeKey } from '../../support/processes.ts';
import {
  API,
  claimsIn,
  dpopProof,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
} from '../oauth-house.ts';

describe('DPoP (RFC 9449) at the token endpoint', () => {
  let house: OAuthHouse;
  let api: Resource;
  let billing: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    billing = await house.keyed('billing', [[api, 'read', 'introspect']]);
  });
  after(() => house.close());

  const signer = () =>
    crypto.subtle.importKey(
      'jwk',
      billing.key.privateKey.export({ format: 'jwk' }) as JWK,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );

  test('oauth4webapi is asked for a nonce (§8), brings it, and has its token bound (§6)', async () => {
    const keys = await oauth.generateKeyPair('ES256', { extractable: true });
    const by = { client_id: 'billing', [oauth.clockSkew]: skewOf(house) };
    const proof = oauth.DPoP(by, keys);
    const request = async () =>
      oauth.clientCredentialsGrantRequest(
        house.server,
        by,
        oauth.PrivateKeyJwt(await signer()),
        { scope: 'read', resource: API },
        {
          [oauth.customFetch]: house.fetch as typeof fetch,
          [oauth.allowInsecureRequests]: true,
          DPoP: proof,
        },
      );
    const process = async () =>
      oauth.processClientCredentialsResponse(house.server, by, await request());
    await assert.rejects(process(), (error) => oauth.isDPoPNonceError(error));
    const answer = await process();
    assert.equal(answer.token_type, 'dpop');
    const jkt = await calculateJwkThumbprint(
      (await crypto.subtle.exportKey('jwk', keys.publicKey)) as JWK,
    );
    assert.deepEqual(claimsIn(answer.access_token).cnf, { jkt });
  });

  test('openid-client does all that by itself', async () => {
    const config = await client.discovery(
      new URL(ISSUER),
      'billing',
      { [client.clockSkew]: skewOf(house) },
      client.PrivateKeyJwt(await signer()),
      { [client.customFetch]: house.fetch as never, execute: [client.allowInsecureRequests] },
    );
    const handle = client.getDPoPHandle(config, await client.randomDPoPKeyPair());
    const parameters = { resource: API, scope: 'read' };
    const answer = await client.clientCredentialsGrant(config, parameters, { DPoP: handle });
    assert.equal(answer.token_type, 'dpop');
  });

  test('each answer to a proof brings the nonce that is to come next (§8.2)', async () => {
    const key = makeKey();
    const good = await house.token(billing, {}, { dpop: dpopProof(house, key) });
    assert.equal(good.headers.get('dpop-nonce'), house.house.oauth.dpop.nonce());
    const without = dpopProof(house, key, { claims: { nonce: undefined } });
    const { status, body, headers } = await house.token(billing, {}, { dpop: without });
    assert.deepEqual([status, body], [400, { error: 'use_dpop_nonce' }]);
    assert.equal(headers.get('dpop-nonce'), house.house.oauth.dpop.nonce());
  });

  test('a nonce is good for some minutes and no longer', async () => {
    const key = makeKey();
    const nonce = house.house.oauth.dpop.nonce();
    const ask = () =>
      house.token(billing, {}, { dpop: dpopProof(house, key, { claims: { nonce } }) });
    house.clock.advance(2 * 60_000);
    assert.equal((await ask()).status, 200);
    house.clock.advance(2 * 60_000);
    assert.deepEqual((await ask()).body, { error: 'use_dpop_nonce' });
  });

  test('a proof is compared with the address without query and fragment (§4.3, 9)', async () => {
    const key = makeKey();
    for (const htu of [`${ISSUER}/token?a=b`, `${ISSUER}/token#a`, `${ISSUER}/x/../token`]) {
      const dpop = dpopProof(house, key, { claims: { htu } });
      assert.equal((await house.token(billing, {}, { dpop })).status, 200, htu);
    }
  });

  test('an API that takes bound tokens alone gives out no others', async () => {
    const bound = await house.api('vault', {
      audience: 'https://vault.example/',
      boundTokens: true,
    });
    const keeper = await house.keyed('keeper', [[bound, 'read']]);
    assert.deepEqual((await house.token(keeper)).body, { error: 'invalid_dpop_proof' });
    const dpop = dpopProof(house, makeKey());
    assert.equal((await house.token(keeper, {}, { dpop })).body.token_type, 'DPoP');
  });

  test('an API that begins to take bound tokens alone gives out no others from then on', async () => {
    const audience = 'https://safe.example/';
    const safe = await house.api('safe', { audience });
    const keeper = await house.keyed('safe-keeper', [[safe, 'read']]);
    const ask = (headers = {}) => house.token(keeper, { resource: audience }, headers);
    for (let i = 0; i < 2; i++) assert.equal((await ask()).body.token_type, 'Bearer');
    const edit = { detail: { boundTokens: true } };
    const { resourceActs, store } = house.house;
    const edited = await store.write((tx) => resourceActs.edit(tx, 'safe', edit, { door: 'cli' }));
    assert.ok(edited.ok, JSON.stringify(edited));
    for (let i = 0; i < 2; i++) {
      const { status, body } = await ask();
      assert.deepEqual([status, body], [400, { error: 'invalid_dpop_proof' }]);
    }
    const dpop = dpopProof(house, makeKey());
    assert.equal((await ask({ dpop })).body.token_type, 'DPoP');
    assert.deepEqual(house.notices, []);
  });

  test('a bound token asks for its key at introspection, with a proof for that token (§7)', async () => {
    const key = makeKey();
    const { body } = await house.token(
      billing,
      { scope: 'introspect' },
      { dpop: dpopProof(house, key) },
    );
    const token: string = body.access_token;
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
    const ath = Buffer.from(hash).toString('base64url');
    const proof = (change: Record<string, unknown> = {}) =>
      dpopProof(house, key, { claims: { htu: `${ISSUER}/introspect`, ath, ...change } });
    const ask = (headers: Record<string, string>) => house.post('/introspect', { token }, headers);
    const right = await ask({ authorization: `DPoP ${token}`, dpop: proof() });
    assert.equal(right.body.active, true);
    assert.equal(right.body.token_type, 'DPoP');
    const once = { authorization: `DPoP ${token}`, dpop: proof() };
    assert.equal((await ask(once)).status, 200);
    assert.equal((await ask(once)).status, 401);
    const wrong = [
      { authorization: `Bearer ${token}` },
      { authorization: `DPoP ${token}` },
      { authorization: `Bearer ${token}`, dpop: proof() },
      { authorization: `DPoP ${token}`, dpop: proof({ ath: undefined }) },
      { authorization: `DPoP ${token}`, dpop: proof({ ath: 'AAAA' }) },
      { authorization: `DPoP ${token}`, dpop: proof({ htu: `${ISSUER}/token` }) },
      {
        authorization: `DPoP ${token}`,
        dpop: dpopProof(house, makeKey(), { claims: { htu: `${ISSUER}/introspect`, ath } }),
      },
    ];
    for (const headers of wrong) assert.equal((await ask(headers)).status, 401);
  });
});
