/** What is tried with token exchange (RFC 8693 §5): other people's tokens, more than they were, longer than they are. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DAY } from '../../../server/kernel/clock.ts';
import { listProcessProofs } from '../../../server/proofs/process-held.ts';
import { count, eventsOf } from '../../support/events.ts';
import { API, type Keyed, shownBy } from '../oauth-house.ts';
import { type ExchangeHouse, openExchangeHouse } from './exchanges.ts';

describe('with exchanges', () => {
  let house: ExchangeHouse;
  before(async () => {
    house = await openExchangeHouse();
  });
  after(() => house.close());

  test('a token is exchanged only by whom it was shown to or given to (RFC 8693 §2.1)', async () => {
    const token = await house.tokenOf(house.caller, { scope: 'read' });
    const seen = await eventsOf(house, async () => {
      // Wherever the stranger has it from.
      const { status, body } = await house.exchange(house.stranger, token);
      assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
      assert.equal((await house.exchange(house.service, token)).status, 200);
    });
    assert.equal(count(seen, 'entry.refused'), 1);
    assert.equal(count(seen, 'token.exchanged'), 1);
  });

  test('an exchange gives no more than the token had, nor than the one who asks has', async () => {
    const little = await house.tokenOf(house.caller, { scope: 'read' });
    const much = await house.tokenOf(house.caller, { scope: 'read write pay' });
    const seen = await eventsOf(house, async () => {
      const wider = [
        // The token has no `pay`, the service has.
        await house.exchange(house.service, little, { scope: 'pay' }),
        await house.exchange(house.service, little, { scope: 'read pay' }),
        // The token has `write`, the service has not.
        await house.exchange(house.service, much, { scope: 'write' }),
        await house.exchange(house.service, much, { scope: 'read introspect' }),
      ];
      for (const { status, body } of wider) {
        assert.deepEqual([status, body], [400, { error: 'invalid_scope' }]);
      }
      // An API that policy does not list it for.
      const back = await house.exchange(house.service, much, { resource: API, scope: 'read' });
      assert.notEqual(back.status, 200);
      assert.equal((await house.exchange(house.service, much, { scope: 'pay' })).body.scope, 'pay');
    });
    assert.equal(count(seen, 'token.exchanged'), 1);
    assert.ok(count(seen, 'entry.refused') >= 5);
  });

  test('an exchange lends nobody an API that they may not enter themselves (RFC 8693 §5)', async () => {
    // `pay` of one API is not `pay` of another, whatever they are called.
    const outsider = await house.keyed('outsider', [[house.payments, 'read', 'pay']]);
    const reader = await house.keyed('little-reader', [
      [house.payments, 'read', 'pay'],
      [house.store, 'read'],
    ]);
    const tokens = await Promise.all(
      [outsider, reader, house.caller].map((by) => house.tokenOf(by, { scope: 'read pay' })),
    );
    const [ofOutsider = '', ofReader = '', ofCaller = ''] = tokens;
    const seen = await eventsOf(house, async () => {
      const none = await house.exchange(house.service, ofOutsider);
      assert.deepEqual([none.status, none.body], [400, { error: 'unauthorized_client' }]);
      const little = await house.exchange(house.service, ofReader, { scope: 'pay' });
      assert.deepEqual([little.status, little.body], [400, { error: 'invalid_scope' }]);
      assert.equal((await house.exchange(house.service, ofReader)).body.scope, 'read');
      assert.equal(
        (await house.exchange(house.service, ofCaller, { scope: 'pay' })).body.scope,
        'pay',
      );
    });
    assert.equal(count(seen, 'token.exchanged'), 2);
    assert.equal(count(seen, 'entry.refused'), 2);
    // Nor once they were: what they may do there is asked each time.
    const { processes, store: rows } = house.house;
    const entries = [{ resource: house.payments.id, scopes: ['read', 'pay'] }];
    await rows.write((tx) => processes.change(tx, reader.process.id, { entries }, { door: 'cli' }));
    const now = await house.tokenOf(reader, { scope: 'read' });
    assert.deepEqual((await house.exchange(house.service, now)).body, {
      error: 'unauthorized_client',
    });
  });

  test('what a process got in exchange ends with its key, and with its listing, at once', async () => {
    const { store: rows, processActs, processes } = house.house;
    const cli = { door: 'cli' } as const;
    const reader = await house.keyed('store-api', [[house.store, 'introspect']]);
    for (const [name, take] of [
      [
        'key-stolen',
        async ({ process: { id } }: Keyed) => {
          const [proof] = await rows.read((q) => listProcessProofs(q, id));
          return rows.write((tx) => processActs.removeProof(tx, id, proof!.id, cli)); // It has one.
        },
      ],
      [
        'unlisted',
        async ({ process: { id } }: Keyed) =>
          rows.write((tx) => processes.change(tx, id, { entries: [] }, cli)),
      ],
    ] as const) {
      const actor = await house.keyed(name, [
        [house.payments, 'introspect'],
        [house.store, 'read'],
      ]);
      // Long after it was added: it is its change that tells, not its age.
      house.clock.advance(2 * DAY);
      const subject = await house.tokenOf(house.caller, { scope: 'read' });
      const theirs = (await house.exchange(actor, subject)).body.access_token as string;
      const others = (await house.exchange(house.service, subject)).body.access_token as string;
      assert.equal((await house.ask(theirs, reader)).body.active, true);
      assert.equal(await house.listed(theirs), false);
      const taken = await take(actor);
      assert.ok(taken.ok, JSON.stringify(taken));
      assert.deepEqual((await house.ask(theirs, reader)).body, { active: false }, name);
      assert.equal(await house.listed(theirs), true, name);
      // What it was exchanged for is another's, and so is what another exchanged it for.
      for (const [token, by] of [
        [subject, house.service],
        [others, reader],
      ] as const) {
        assert.equal((await house.ask(token, by)).body.active, true, name);
        assert.equal(await house.listed(token), false, name);
      }
    }
  });

  test('what was revoked, has expired or was forged is exchanged for nothing', async () => {
    const revoked = await house.tokenOf(house.caller, { scope: 'read' });
    await house.post('/revoke', { token: revoked, ...shownBy(house, house.caller) });
    const expired = await house.tokenOf(house.caller, { scope: 'read' });
    house.clock.advance(600_000);
    const good = await house.tokenOf(house.caller, { scope: 'read' });
    const spoilt = `${good.slice(0, -4)}AAAA`;
    const seen = await eventsOf(house, async () => {
      for (const token of [revoked, expired, spoilt, 'x', 'a.b.c']) {
        const { status, body } = await house.exchange(house.service, token);
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
      }
      assert.equal((await house.exchange(house.service, good)).status, 200);
    });
    assert.equal(count(seen, 'token.exchanged'), 1);
  });
});
