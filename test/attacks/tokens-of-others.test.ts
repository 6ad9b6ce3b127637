/**
 * What is tried with tokens: showing those of others, forging ours, and asking about what is not one's own (RFC 7662 §4, RFC 8725,
 * RFC 9700 §4.9). What is tried with exchanges is in test/oauth/rfc8693/escalation.test.ts.
 */
import assert from 'node:assert/strict';
import { createHmac, createPublicKey } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { DAY } from '../../server/kernel/clock.ts';
import { API, shownBy } from '../oauth/oauth-house.ts';
import { type ExchangeHouse, openExchangeHouse, STORE } from '../oauth/rfc8693/exchanges.ts';
import { count, eventsOf } from '../support/events.ts';
import { encode, makeKey, signJws } from '../support/processes.ts';

describe('with tokens', () => {
  let house: ExchangeHouse;
  before(async () => {
    house = await openExchangeHouse();
  });
  after(() => house.close());

  test('no forgery of ours is active: no algorithm, another, our public key as a secret', async () => {
    const token = await house.tokenOf(house.caller);
    const [head = '', body = '', tail = ''] = token.split('.');
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const jwk = house.house.signing.jwks().keys.find((key) => key.kid === kid)!; // It signed the token.
    const pem = createPublicKey({ key: jwk, format: 'jwk' }).export({
      format: 'pem',
      type: 'spki',
    });
    const hmac = (secret: string | Buffer) => {
      const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${body}`;
      return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
    };
    const own = makeKey();
    const forged = [
      `${encode({ alg: 'none', typ: 'at+jwt', kid })}.${body}.`,
      `${encode({ alg: 'None', typ: 'at+jwt', kid })}.${body}.${tail}`,
      hmac(pem),
      hmac(JSON.stringify(jwk)),
      signJws(own, { alg: 'ES256', typ: 'at+jwt', kid }, claims),
      signJws(own, { alg: 'ES256', typ: 'at+jwt', kid: 'mine' }, claims),
      signJws(own, { alg: 'ES256', typ: 'at+jwt', jwk: own.jwk }, claims),
      `${head}.${encode({ ...claims, scope: 'read write pay introspect' })}.${tail}`,
      // Ours, and no access tokens (RFC 8725 §3.11).
      house.house.signing.sign('ES256', { typ: 'JWT' }, claims),
      house.house.signing.sign('ES256', { typ: 'statuslist+jwt' }, claims),
      house.house.signing.sign(
        'ES256',
        { typ: 'at+jwt' },
        { ...claims, iss: 'https://other.example' },
      ),
      house.house.signing.sign('ES256', { typ: 'at+jwt' }, { ...claims, gid: 'x' }),
    ];
    const seen = await eventsOf(house, async () => {
      for (const each of forged) {
        assert.deepEqual((await house.ask(each, house.service)).body, { active: false }, each);
      }
      assert.equal((await house.ask(token, house.service)).body.active, true);
    });
    // Who asks about what is none of ours enters nothing.
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  test('the token of one API says nothing to another, and lets nobody ask', async () => {
    const token = await house.tokenOf(house.caller);
    const seen = await eventsOf(house, async () => {
      // It is an API, and not this one.
      assert.deepEqual((await house.ask(token, house.stranger)).body, { active: false });
      // It is no API at all.
      const bystander = await house.keyed('bystander', [[house.payments, 'read']]);
      assert.deepEqual((await house.ask(token, bystander)).body, { active: false });
      const own = await house.tokenOf(house.caller, { scope: 'read' });
      const bearer = { authorization: `Bearer ${own}` };
      assert.equal((await house.post('/introspect', { token }, bearer)).status, 401);
      assert.equal((await house.ask(token, house.service)).body.active, true);
    });
    assert.equal(count(seen, 'entry.granted'), 2);
  });

  test('a token that was exchanged lets nobody ask in the place of an API', async () => {
    const first = await house.keyed('first-api', [
      [house.payments, 'introspect', 'read'],
      [house.store, 'introspect', 'read'],
    ]);
    const second = await house.keyed('second-api', [
      [house.payments, 'introspect'],
      [house.store, 'introspect', 'read'],
    ]);
    const subject = await house.tokenOf(first, { scope: 'introspect read' });
    const { body } = await house.exchange(second, subject, { scope: 'introspect read' });
    const theirs = await house.tokenOf(house.stranger, { resource: STORE, scope: 'read' });
    const asking = (by: string) =>
      house.post('/introspect', { token: theirs }, { authorization: `Bearer ${by}` });
    const seen = await eventsOf(house, async () => {
      assert.equal((await asking(body.access_token)).status, 401);
      const own = await house.tokenOf(second, { resource: STORE, scope: 'introspect' });
      assert.equal((await asking(own)).body.active, true);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  test('what is for a resource ends with it, in the list too, and comes back with none', async () => {
    const cli = { door: 'cli' } as const;
    const gone = 'https://gone.example/';
    const added = await house.api('gone', { audience: gone });
    const holder = await house.keyed('holder', [
      [added, 'read'],
      [house.payments, 'read', 'introspect'],
    ]);
    house.clock.advance(2 * DAY);
    const theirs = await house.tokenOf(holder, { resource: gone, scope: 'read' });
    const deputy = await house.keyed('deputy', [
      [house.payments, 'read'],
      [added, 'read'],
    ]);
    const subject = await house.tokenOf(deputy, { resource: API, scope: 'read' });
    const exchanged = await house.exchange(holder, subject, { resource: gone });
    const token = exchanged.body.access_token as string;
    const unrelated = await house.tokenOf(house.caller, { scope: 'read' });
    assert.deepEqual([await house.listed(theirs), await house.listed(token)], [false, false]);
    const removed = await house.house.store.write((tx) =>
      house.house.resourceActs.remove(tx, 'gone', cli),
    );
    assert.ok(removed.ok);
    assert.deepEqual([await house.listed(theirs), await house.listed(token)], [true, true]);
    const again = await house.api('gone', { audience: gone });
    const heir = await house.keyed('heir', [[again, 'introspect', 'read']]);
    for (const each of [theirs, token]) {
      assert.deepEqual((await house.ask(each, heir)).body, { active: false });
    }
    assert.equal(await house.listed(unrelated), false);
    assert.equal((await house.ask(unrelated, house.service)).body.active, true);
  });

  test('who can’t show who they are learns nothing of a token, be it good or not', async () => {
    const token = await house.tokenOf(house.caller, { scope: 'read' });
    const forged = { ...house.service, key: makeKey() };
    const answers = [];
    for (const each of [token, 'nothing']) {
      answers.push(await house.ask(each, forged), await house.exchange(forged, each));
      answers.push(await house.post('/revoke', { token: each, ...shownBy(house, forged) }));
    }
    for (const { status, body } of answers) {
      assert.deepEqual([status, body], [401, { error: 'invalid_client' }]);
    }
    assert.equal((await house.ask(token, house.service)).body.active, true);
  });

  test('errors have a code and no word more, whatever went wrong', async () => {
    const seen = new Set<string>();
    for (const form of [
      'grant_type=client_credentials&client_id=nobody&client_secret=x',
      'grant_type=client_credentials&client_id=caller&client_secret=x',
      '%',
      'grant_type=%00',
      'grant_type=authorization_code',
      `grant_type=client_credentials&scope=${'a'.repeat(5000)}`,
    ]) {
      const { body } = await house.post('/token', form);
      assert.deepEqual(Object.keys(body), ['error']);
      seen.add(body.error);
    }
    const huge = await house.post('/token', `a=${'b'.repeat(100_000)}`).catch(() => undefined);
    if (huge !== undefined) assert.equal(huge.status, 413);
    assert.ok(!seen.has('server_error'));
    assert.deepEqual(house.notices, []);
  });
});
