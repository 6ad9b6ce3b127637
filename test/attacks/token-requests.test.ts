/**
 * What is tried at the token endpoint: parameters twice, assertions again, proofs of possession that were seen elsewhere, keys of
 * others, more scope than there is (RFC 6749 §3.2, RFC 7523 §3, RFC 9449 §11, RFC 9700 §4.11, RFC 8725 §3.1).
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { MINUTE, SECOND } from '../../server/kernel/clock.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import {
  API,
  dpopProof,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
  type ProofChange,
  shownBy,
} from '../oauth/oauth-house.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { claimsFor, ISSUER, makeKey, signJws } from '../support/processes.ts';

describe('at the token endpoint', () => {
  let house: OAuthHouse;
  let api: Resource;
  let billing: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    billing = await house.keyed('billing', [[api, 'read']]);
  });
  after(() => house.close());

  beforeEach(() => house.clock.advance(MINUTE));

  /** The third leg: what was refused and what was granted are both on record, each once for each time. */
  function onRecord(seen: readonly TestEvent[], refused: number, granted: number): void {
    assert.equal(count(seen, 'entry.refused', 'refused'), refused);
    assert.equal(count(seen, 'entry.granted', 'granted'), granted);
  }

  /** What is refused before anyone is asked who they are: told once a minute. */
  function onRecordAs(seen: readonly TestEvent[], fault: string): void {
    onRecord(seen, 1, 1);
    const told = seen.find(({ type }) => type === 'entry.refused');
    assert.deepEqual(
      [told?.reason, told?.data.fault, told?.subject],
      ['malformed', fault, undefined],
    );
  }

  test('a parameter twice is refused before anyone is asked, whichever it is', async () => {
    const seen = await eventsOf(house, async () => {
      for (const twice of [
        'grant_type=client_credentials',
        'scope=read',
        'scope=',
        'client_assertion=a.b.c',
        `resource=${encodeURIComponent(API)}`,
        'resource=https%3A%2F%2Fother.example%2F',
        'client_id=other',
      ]) {
        const form = new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: 'billing',
          scope: 'read',
          resource: API,
          ...shownBy(house, billing),
        });
        const { status, body } = await house.post('/token', `${form}&${twice}`);
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }], twice);
      }
      assert.equal((await house.token(billing)).status, 200);
    });
    onRecordAs(seen, 'request');
  });

  test('two ways of showing who one is are refused, and neither is looked at', async () => {
    const basic = { authorization: `Basic ${Buffer.from('billing:x').toString('base64')}` };
    const seen = await eventsOf(house, async () => {
      const answers = [
        await house.token(billing, {}, basic),
        await house.token(billing, { client_secret: 'x' }),
        await house.post('/token', { grant_type: 'client_credentials', client_secret: 'x' }, basic),
      ];
      for (const { status, body } of answers) {
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
      }
      assert.equal((await house.token(billing)).status, 200);
    });
    onRecordAs(seen, 'credentials');
  });

  test('an assertion again is refused, also of many at once', async () => {
    const seen = await eventsOf(house, async () => {
      const form = { grant_type: 'client_credentials', ...shownBy(house, billing) };
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => house.post('/token', form)),
      );
      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, ...new Array(7).fill(401)]);
    });
    onRecord(seen, 7, 1);
    assert.ok(seen.some(({ type, reason }) => type === 'entry.refused' && reason === 'used'));
  });

  test('no header of an assertion chooses its own algorithm or key (RFC 8725 §3.1)', async () => {
    const other = makeKey();
    const claims = () => claimsFor(house, 'billing');
    const secret = JSON.stringify(billing.key.jwk);
    const { createHmac } = await import('node:crypto');
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const hmac = () => {
      const signed = `${encode({ alg: 'HS256' })}.${encode(claims())}`;
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    };
    const forged = () => [
      `${encode({ alg: 'none' })}.${encode(claims())}.`,
      hmac(),
      signJws(other, { alg: 'ES256' }, claims()),
      signJws(other, { alg: 'ES256', jwk: other.jwk }, claims()),
      signJws(other, { alg: 'ES256', jku: 'https://evil.example/keys' }, claims()),
      signJws(other, { alg: 'ES256', kid: '../../dev/null' }, claims()),
      signJws(other, { alg: 'ES256', x5u: 'https://evil.example/c' }, claims()),
    ];
    const all = forged();
    const seen = await eventsOf(house, async () => {
      for (const assertion of all) {
        const form = { ...shownBy(house, billing), client_assertion: assertion };
        const { status, body } = await house.post('/token', {
          grant_type: 'client_credentials',
          ...form,
        });
        assert.deepEqual([status, body], [401, { error: 'invalid_client' }], assertion);
      }
      assert.equal((await house.token(billing)).status, 200);
    });
    onRecord(seen, all.length, 1);
  });

  test('scope is never widened: not by asking, not by spelling, not by leaving it out', async () => {
    const seen = await eventsOf(house, async () => {
      for (const scope of ['pay', 'read pay', 'introspect', 'READ', 'read pay ', '*', 'openid']) {
        const { status, body } = await house.token(billing, { scope });
        assert.deepEqual([status, body], [400, { error: 'invalid_scope' }], scope);
      }
      assert.equal((await house.token(billing)).body.scope, 'read');
    });
    // One is no scope at all, and nobody was asked.
    onRecord(seen, 6, 1);
  });

  describe('with a proof of possession', () => {
    const key = makeKey();
    const ask = (change: ProofChange = {}) =>
      house.token(billing, {}, { dpop: dpopProof(house, key, change) });

    test('that was used before, a second request gets nothing, also of many at once', async () => {
      const dpop = dpopProof(house, key);
      const seen = await eventsOf(house, async () => {
        const answers = await Promise.all(
          Array.from({ length: 6 }, () => house.token(billing, {}, { dpop })),
        );
        assert.equal(answers.filter(({ status }) => status === 200).length, 1);
        assert.ok(answers.every(({ status }) => status === 200 || status === 401));
        assert.equal((await ask()).status, 200);
      });
      onRecord(seen, 5, 2);
    });

    test('made for another place, method, time, key or kind of token, it is worth nothing', async () => {
      const now = Math.floor(house.clock.now() / SECOND);
      const { alg: _alg, ...jwk } = makeKey().jwk as Record<string, unknown>;
      const spoilt: ProofChange[] = [
        { claims: { htu: `${ISSUER}/introspect` } },
        { claims: { htu: `https://evil.example/oidc/token` } },
        { claims: { htu: `${ISSUER}/token/` } },
        { claims: { htu: `${ISSUER}/TOKEN` } },
        { claims: { htu: ISSUER.replace('://', '://a@') } },
        { claims: { htm: 'GET' } },
        { claims: { htm: 'post' } },
        { claims: { ath: 'AAAA' } },
        { claims: { iat: now - 200 } },
        { claims: { iat: now + 200 } },
        { claims: { iat: undefined } },
        { claims: { jti: undefined } },
        { claims: { jti: '' } },
        { claims: { jti: 'x'.repeat(200) } },
        { header: { typ: 'JWT' } },
        { header: { alg: 'none' } },
        { header: { alg: 'HS256' } },
        { header: { jwk } },
        { header: { jwk: undefined } },
        { header: { kid: 'x' } },
        { header: { crit: ['b64'] } },
        { header: { jwk: { ...(key.jwk as object), d: 'AAAA' } } },
        { signer: makeKey() },
      ];
      const seen = await eventsOf(house, async () => {
        for (const change of spoilt) {
          const { status, body } = await ask(change);
          assert.deepEqual(
            [status, body],
            [400, { error: 'invalid_dpop_proof' }],
            JSON.stringify(change),
          );
        }
        assert.equal((await ask()).body.token_type, 'DPoP');
      });
      onRecordAs(seen, 'proof-of-possession');
    });

    test('two of them are none', async () => {
      const dpop = `${dpopProof(house, key)}, ${dpopProof(house, key)}`;
      const seen = await eventsOf(house, async () => {
        const { status, body } = await house.token(billing, {}, { dpop });
        assert.deepEqual([status, body], [400, { error: 'invalid_dpop_proof' }]);
        assert.equal((await ask()).body.token_type, 'DPoP');
      });
      onRecordAs(seen, 'proof-of-possession');
    });
  });
});
