/**
 * FAPI 2.0 Security Profile (Final, February 2025) as the OpenID Foundation's plan for it asks, continued from op-plan.test.ts: people who
 * say no, what is left out or very long, and bound tokens at an endpoint that takes them.
 */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { signedIn } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { wander } from '../../support/oidc-house.ts';
import { fetchWith } from '../../support/openssl.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, makeKey } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';
import { type Fapi2Client, type Fapi2House, keyClient, openFapi2House } from './clients.ts';
import { createRawClient, type RawClient } from './raw-client.ts';

describe('the plan for the FAPI 2.0 Security Profile, in its answers', () => {
  let house: Fapi2House;
  let client: Fapi2Client;
  let ada: TestPerson;
  let browser: WebClient;
  let raw: RawClient;
  before(async () => {
    house = await openFapi2House();
    ada = await house.person('ada');
    client = await keyClient(house, 'bank');
    browser = await signedIn(house, await house.addApp('open'), ada);
    raw = createRawClient(house, browser);
  });
  after(() => house.close());

  const tokensIn = async (change: Record<string, string | undefined> = {}) => {
    const code = await raw.codeOf(client, change);
    const { status, body } = await raw.redeem(client, code, {}, raw.bindingOf(client));
    assert.equal(status, 200, JSON.stringify(body));
    return { token: String(body.access_token), claims: decodeJwt(String(body.id_token)) };
  };

  it('passes fapi2-...-user-rejects-authentication (§5.3.2.2 7, RFC 6749 §4.1.2.1)', async () => {
    const app = await house.addApp('third', {
      profile: 'fapi2',
      clientAuth: 'key',
      firstParty: false,
    });
    const key = makeKey();
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    const third: Fapi2Client = { ...client, app, key };
    const seen = await eventsOf(house, async () => {
      const { body } = await raw.push(third, { state: 'as-it-was' });
      const { page, at } = await raw.follow(third, body.request_uri);
      assert.match(page.text, /Let third in/);
      const said = await browser.post(at, {
        csrf: /name="csrf" value="([^"]*)"/.exec(page.text)?.[1] ?? '',
        answer: 'no',
      });
      const { left } = await wander(house, browser, said);
      const told = (name: string) => left?.searchParams.get(name);
      assert.deepEqual(
        [told('error'), told('state'), told('iss'), told('code')],
        ['access_denied', 'as-it-was', house.issuer, null],
      );
    });
    assert.equal(count(seen, 'app.declined', 'refused'), 1);
    // The client is on record for its own proof, and nobody for having been let in.
    const entered = seen.filter(
      ({ type, subject }) => type === 'entry.granted' && subject === ada.id,
    );
    assert.deepEqual(entered, []);
  });

  it('passes fapi2-...-ensure-authorization-request-without-state-success and -without-nonce-success', async () => {
    const { body } = await raw.push(client, { state: undefined, nonce: undefined });
    const { left } = await raw.follow(client, body.request_uri);
    assert.equal(left?.searchParams.has('state'), false);
    const code = left?.searchParams.get('code') ?? '';
    const redeemed = await raw.redeem(client, code, {}, raw.bindingOf(client));
    assert.equal(redeemed.status, 200, JSON.stringify(redeemed.body));
    assert.equal(decodeJwt(String(redeemed.body.id_token)).nonce, undefined);
  });

  it('passes fapi2-...-ensure-authorization-request-with-long-nonce: whole, or refused', async () => {
    const nonce = 'n'.repeat(384);
    assert.equal((await tokensIn({ nonce })).claims.nonce, nonce);
    const long = await raw.push(client, { nonce: 'n'.repeat(2000) });
    assert.deepEqual([long.status, long.body.request_uri], [413, undefined]);
  });

  it('passes fapi2-...-test-essential-acr-claim and -claims-parameter-identity-claims (OpenID Connect Core §5.5)', async () => {
    const acr = { essential: true, value: 'urn:sallyport:acr:two-kinds' };
    const claims = JSON.stringify({ id_token: { acr, name: null } });
    const got = await tokensIn({ claims });
    assert.equal(got.claims.acr, 'urn:sallyport:acr:two-kinds');
    assert.equal(got.claims.sub, ada.id);
  });

  describe('by a token that is bound, at userinfo (§5.3.4, RFC 9449 §7)', () => {
    let token: string;
    before(async () => {
      ({ token } = await tokensIn());
    });
    const ath = () => hash('sha256', token, 'base64url');
    const ask = (scheme: string, dpop?: string) =>
      fetchWith(house.server, undefined)(`${house.issuer}/userinfo`, {
        headers: { authorization: `${scheme} ${token}`, ...(dpop === undefined ? {} : { dpop }) },
      });
    const proof = (change: Record<string, unknown> = {}, holder = client.key) =>
      raw.proof(holder, { htm: 'GET', ath: ath(), ...change }, '/userinfo');

    for (const scheme of ['DPoP', 'dpop', 'DPOP']) {
      it(`passes fapi2-...-access-token-type-header-case-sensitivity, with ${scheme} (RFC 9110 §11.1)`, async () => {
        const answer = await ask(scheme, proof());
        assert.equal(answer.status, 200);
        assert.equal(((await answer.json()) as { sub: string }).sub, ada.id);
      });
    }

    for (const [module, shown] of [
      ['without a proof', () => ask('DPoP')],
      ['as a bearer token', () => ask('Bearer')],
      ['as a bearer token beside its proof', () => ask('Bearer', proof())],
      ['with a proof by another key', () => ask('DPoP', proof({}, makeKey()))],
      ['with a proof without ath', () => ask('DPoP', proof({ ath: undefined }))],
      ['with a proof for another token', () => ask('DPoP', proof({ ath: 'A'.repeat(43) }))],
      ['with a proof for another method', () => ask('DPoP', proof({ htm: 'POST' }))],
      [
        'with a proof for another place',
        () => ask('DPoP', raw.proof(client.key, { htm: 'GET', ath: ath() }, '/token')),
      ],
      [
        'with a proof of an hour ago',
        () => ask('DPoP', proof({ iat: Math.floor(Date.now() / 1000) - 3600 })),
      ],
    ] as const) {
      it(`passes the negative tests of DPoP: refused ${module} (RFC 9449 §4.3, §7.1)`, async () => {
        const answer = await shown();
        assert.ok(answer.status === 401 || answer.status === 400);
        assert.doesNotMatch(await answer.text(), new RegExp(ada.id));
        assert.equal((await ask('DPoP', proof())).status, 200);
      });
    }

    it('passes the negative tests of DPoP: a proof is good once (RFC 9449 §11.1)', async () => {
      const once = proof();
      assert.equal((await ask('DPoP', once)).status, 200);
      assert.equal((await ask('DPoP', once)).status, 401);
    });
  });
});
