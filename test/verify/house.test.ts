/** The library and the house, each as it is: tokens, keys and the list of ended grants that the house gives out over HTTP. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { calculateJwkThumbprint, SignJWT } from 'jose';
import type { Resource } from '../../server/subjects/resource.ts';
import { sha256 } from '../../verify/src/bytes.ts';
import type { Fetch } from '../../verify/src/fetch-text.ts';
import { createVerifier, type Verifier } from '../../verify/src/verifier.ts';
import {
  API,
  dpopProof,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
  shownBy,
} from '../oauth/oauth-house.ts';
import { ISSUER } from '../support/processes.ts';

describe('@sallyport/verify with tokens of the house', () => {
  let house: OAuthHouse;
  let api: Resource;
  let billing: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    billing = await house.keyed('billing', [[api, 'read', 'write']]);
  });
  after(() => house.close());

  const faults: unknown[] = [];
  const newVerifier = (): Verifier =>
    createVerifier({
      issuer: ISSUER,
      audience: API,
      now: house.clock.now,
      fetch: house.fetch as Fetch,
      onFault: (fault) => faults.push(fault),
    });
  const asked = (verifier: Verifier, headers: Record<string, string>) =>
    verifier.verify({ method: 'GET', url: '/bills', headers }, { scopes: ['read'] });

  /** Past the tenth second, after which an API has read the list again. */
  const pollAgain = () => house.clock.advance(10_000);

  async function tokenFor(by: Keyed, form = {}, headers = {}): Promise<string> {
    const answer = await house.token(by, { scope: 'read', resource: API, ...form }, headers);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return answer.body.access_token;
  }

  it('lets a process in, and tells who it is', async () => {
    const authorization = `Bearer ${await tokenFor(billing)}`;
    const verdict = await asked(newVerifier(), { authorization });
    assert.ok(verdict.state === 'granted', JSON.stringify(verdict));
    assert.equal(verdict.token.subject, billing.process.id);
    assert.deepEqual(verdict.token.scopes, ['read']);
    const wider = await newVerifier().verify(
      { method: 'GET', url: '/', headers: { authorization } },
      { scopes: ['write'] },
    );
    assert.equal(wider.state === 'refused' && wider.reason, 'scope-missing');
  });

  it('refuses a token that its holder gave back (RFC 7009), and no other', async () => {
    const verifier = newVerifier();
    const token = await tokenFor(billing);
    const other = await tokenFor(billing);
    assert.equal((await asked(verifier, { authorization: `Bearer ${token}` })).state, 'granted');
    const response = await house.fetch(`${ISSUER}/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ token, ...shownBy(house, billing) }),
    });
    assert.equal(response.status, 200);
    pollAgain();
    const verdict = await asked(verifier, { authorization: `Bearer ${token}` });
    assert.equal(verdict.state === 'refused' && verdict.reason, 'grant-ended');
    assert.equal((await asked(verifier, { authorization: `Bearer ${other}` })).state, 'granted');
  });

  it('refuses the tokens of a process that was disabled', async () => {
    const verifier = newVerifier();
    const gone = await house.keyed('gone', [[api, 'read']]);
    const authorization = `Bearer ${await tokenFor(gone)}`;
    assert.equal((await asked(verifier, { authorization })).state, 'granted');
    const { store, processes } = house.house;
    await store.write((tx) => processes.disable(tx, gone.process.id, { door: 'cli' }));
    pollAgain();
    const verdict = await asked(verifier, { authorization });
    assert.equal(verdict.state === 'refused' && verdict.reason, 'grant-ended');
  });

  it('holds a token to the key that it was given to (RFC 9449)', async () => {
    const verifier = newVerifier();
    const token = await tokenFor(billing, {}, { dpop: dpopProof(house, billing.key) });
    const { alg: _alg, ...jwk } = billing.key.jwk;
    const proof = await new SignJWT({
      jti: 'first',
      htm: 'GET',
      htu: 'https://pay.example.com/bills',
      ath: await sha256(token),
      iat: Math.floor(house.clock.now() / 1000),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
      .sign(billing.key.privateKey);

    const stolen = await asked(verifier, { authorization: `Bearer ${token}` });
    assert.equal(stolen.state === 'refused' && stolen.reason, 'bound-token-as-bearer');
    const held = { authorization: `DPoP ${token}`, dpop: proof };
    const verdict = await asked(verifier, held);
    assert.ok(verdict.state === 'granted', JSON.stringify(verdict));
    assert.deepEqual(verdict.token.boundBy, ['key']);
    assert.deepEqual(verdict.token.claims.cnf, { jkt: await calculateJwkThumbprint(jwk) });
    const replayed = await asked(verifier, held);
    assert.equal(replayed.state === 'refused' && replayed.reason, 'proof-replayed');
  });

  async function rotate(at: 'overlap' | 'once'): Promise<void> {
    const { store, signing } = house.house;
    const prepared = await signing.prepare(at);
    await store.write((tx) => signing.rotate(tx, prepared, { door: 'cli' }));
  }

  it('believes the keys of the house while they rotate', async () => {
    const verifier = newVerifier();
    const earlier = `Bearer ${await tokenFor(billing)}`;
    assert.equal((await asked(verifier, { authorization: earlier })).state, 'granted');
    await rotate('overlap');
    const later = `Bearer ${await tokenFor(billing)}`;
    assert.equal((await asked(verifier, { authorization: later })).state, 'granted');
    assert.equal((await asked(verifier, { authorization: earlier })).state, 'granted');
    assert.deepEqual(faults, []);
  });

  it('drops a key that is void soon after: the next list is signed by one that it lacks', async () => {
    const verifier = newVerifier();
    const earlier = `Bearer ${await tokenFor(billing)}`;
    assert.equal((await asked(verifier, { authorization: earlier })).state, 'granted');
    await rotate('once');
    house.clock.advance(30_000);
    const later = `Bearer ${await tokenFor(billing)}`;
    assert.equal((await asked(verifier, { authorization: later })).state, 'granted');
    const verdict = await asked(verifier, { authorization: earlier });
    assert.equal(verdict.state === 'refused' && verdict.reason, 'unknown-key');
  });
});
