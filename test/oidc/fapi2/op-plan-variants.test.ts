/**
 * FAPI 2.0 Security Profile (Final, February 2025) as the OpenID Foundation's plan for it asks: its modules of requests that an honest
 * client may make in another way, and of a client that goes by another's name. Beside op-plan.test.ts and op-plan-answers.test.ts.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { signedIn } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { signInFrom, wander } from '../../support/oidc-house.ts';
import { fetchWith } from '../../support/openssl.ts';
import type { TestPerson } from '../../support/people.ts';
import {
  certificateClient,
  type Fapi2Client,
  type Fapi2House,
  keyClient,
  openFapi2House,
} from './clients.ts';
import { createRawClient, type RawClient } from './raw-client.ts';

const SIXTY_FOUR = '64-characters-that-a-nonce-may-have-of-letters-and-digits-012345';

describe('the plan for the FAPI 2.0 Security Profile, in what a client may do otherwise', () => {
  let house: Fapi2House;
  let bank: Fapi2Client;
  let other: Fapi2Client;
  let till: Fapi2Client;
  let ada: TestPerson;
  let raw: RawClient;
  before(async () => {
    house = await openFapi2House();
    bank = await keyClient(house, 'bank');
    other = await keyClient(house, 'other-bank');
    till = await certificateClient(house, 'till');
    ada = await house.person('ada');
    raw = createRawClient(house, await signedIn(house, await house.addApp('wiki'), ada));
  });
  after(() => house?.close());

  it('passes fapi2-...-par-ensure-reused-request-uri-prior-to-auth-completion-succeeds (§5.3.2.2 Note 3)', async () => {
    const { body } = await raw.push(bank);
    const asked = { client_id: bank.app.id, request_uri: String(body.request_uri) };
    const at = `/oidc/auth?${new URLSearchParams(asked)}`;
    const browser = house.browser();
    for (let visit = 0; visit < 3; visit++) {
      const { left, at: place } = await wander(house, browser, at);
      assert.equal(left, undefined);
      assert.match(place, /^\/signin/, `visit ${visit}`);
    }
    const { left } = await signInFrom(house, browser, ada);
    assert.ok(left?.searchParams.get('code'), 'the sign-in that was loaded anew');
    const again = await wander(house, browser, at);
    assert.equal(again.left?.searchParams.get('code') ?? null, null, 'once all the same');
  });

  it('passes fapi2-...-ensure-authorization-request-with-64-char-nonce-success and -ensure-other-scope-order-succeeds', async () => {
    assert.equal(SIXTY_FOUR.length, 64);
    const change = { nonce: SIXTY_FOUR, scope: 'email profile openid' };
    const { body } = await raw.redeem(
      bank,
      await raw.codeOf(bank, change),
      {},
      raw.bindingOf(bank),
    );
    assert.equal(decodeJwt(String(body.id_token)).nonce, SIXTY_FOUR);
    assert.deepEqual(String(body.scope).split(' ').sort(), ['email', 'openid', 'profile']);
  });

  it('passes fapi2-...-check-dpop-proof-nbf-exp, at the token endpoint and at userinfo (RFC 9449 §4.2)', async () => {
    const now = Math.floor(Date.now() / 1000);
    const more = { nbf: now, exp: now + 300 };
    const dpop = raw.proof(bank.key, more);
    const { status, body } = await raw.redeem(bank, await raw.codeOf(bank), {}, { dpop });
    assert.equal(status, 200, JSON.stringify(body));
    const token = String(body.access_token);
    const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token));
    const ath = Buffer.from(hash).toString('base64url');
    const shown = raw.proof(bank.key, { ...more, htm: 'GET', ath }, '/userinfo');
    const answer = await fetchWith(house.server, undefined)(`${house.issuer}/userinfo`, {
      headers: { authorization: `DPoP ${token}`, dpop: shown },
    });
    assert.equal(answer.status, 200);
  });

  it('passes fapi2-...-ensure-client-id-in-token-endpoint, with a key and with a certificate (RFC 6749 §5.2)', async () => {
    const seen = await eventsOf(house, async () => {
      const code = await raw.codeOf(bank);
      const asOther = { client_id: other.app.id, ...raw.asserted(other, {}, bank.key) };
      const byKey = await raw.redeem(bank, code, asOther, raw.bindingOf(bank));
      assert.deepEqual([byKey.status, byKey.body], [401, { error: 'invalid_client' }]);
      const mine = await raw.codeOf(till);
      const byCertificate = await raw.redeem(till, mine, { client_id: bank.app.id });
      assert.deepEqual([byCertificate.status, byCertificate.body.error], [401, 'invalid_client']);
      assert.equal((await raw.redeem(till, mine)).status, 200, 'in its own name');
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 2);
  });
});
