/** What is tried with token exchange (RFC 8693 §5): other people's tokens, more than they were, longer than they are. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { DAY } from '../../../server/kernel/clock.ts';
import { listProcessProofs } from '../../../server/proofs/process-held.ts';
import type { Resource } from '../../../server/subjects/resource.ts';
import { count, eventsOf } from '../../support/events.ts';
import { API, type Keyed, type OAuthHouse, openOAuthHouse, shownBy } from '../oauth-house.ts';
import { createExchanges, type Exchanges, STORE } from './exchanges.ts';

describe('with exchanges', () => {
  let house: OAuthHouse;
  let exchanges: Exchanges;
  let api: Resource;
  let store: Resource;
  let caller: Keyed;
  let server: Keyed;
  let stranger: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    exchanges = createExchanges(house);
    api = await house.api();
    store = await house.api('store', { audience: STORE });
    caller = await house.keyed('caller', [
      [api, 'read', 'write', 'pay'],
      [store, 'read', 'pay'],
    ]);
    server = await house.keyed('server', [
      [api, 'introspect'],
      [store, 'read', 'pay'],
    ]);
    stranger = await house.keyed('stranger', [[store, 'read', 'introspect']]);
  });
  after(() => house.close());

  const tokenOf: Exchanges['tokenOf'] = (...asked) => exchanges.tokenOf(...asked);
  const ask: Exchanges['ask'] = (...asked) => exchanges.ask(...asked);
  const listed: Exchanges['listed'] = (token) => exchanges.listed(token);
  const exchange: Exchanges['exchange'] = (by, subject, form) =>
    exchanges.exchange(by, subject, { scope: 'read', ...form });

  test('a token is exchanged only by whom it was shown to or given to (RFC 8693 §2.1)', async () => {
    const token = await tokenOf(caller, { scope: 'read' });
    const seen = await eventsOf(house, async () => {
      // Wherever the stranger has it from.
      const { status, body } = await exchange(stranger, token);
      assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
      assert.equal((await exchange(server, token)).status, 200);
    });
    assert.equal(count(seen, 'entry.refused'), 1);
    assert.equal(count(seen, 'token.exchanged'), 1);
  });

  test('an exchange gives no more than the token had, nor than the one who asks has', async () => {
    const little = await tokenOf(caller, { scope: 'read' });
    const much = await tokenOf(caller, { scope: 'read write pay' });
    const seen = await eventsOf(house, async () => {
      const wider = [
        // The token has no `pay`, the service has.
        await exchange(server, little, { scope: 'pay' }),
        await exchange(server, little, { scope: 'read pay' }),
        // The token has `write`, the service has not.
        await exchange(server, much, { scope: 'write' }),
        await exchange(server, much, { scope: 'read introspect' }),
      ];
      for (const { status, body } of wider) {
        assert.deepEqual([status, body], [400, { error: 'invalid_scope' }]);
      }
      // An API that policy does not list it for.
      const back = await exchange(server, much, { resource: API, scope: 'read' });
      assert.notEqual(back.status, 200);
      assert.equal((await exchange(server, much, { scope: 'pay' })).body.scope, 'pay');
    });
    assert.equal(count(seen, 'token.exchanged'), 1);
    assert.ok(count(seen, 'entry.refused') >= 5);
  });

  test('an exchange lends nobody an API that they may not enter themselves (RFC 8693 §5)', async () => {
    // `pay` of one API is not `pay` of another, whatever they are called.
    const outsider = await house.keyed('outsider', [[api, 'read', 'pay']]);
    const reader = await house.keyed('little-reader', [
      [api, 'read', 'pay'],
      [store, 'read'],
    ]);
    const tokens = await Promise.all(
      [outsider, reader, caller].map((by) => tokenOf(by, { scope: 'read pay' })),
    );
    const [ofOutsider = '', ofReader = '', ofCaller = ''] = tokens;
    const seen = await eventsOf(house, async () => {
      const none = await exchange(server, ofOutsider);
      assert.deepEqual([none.status, none.body], [400, { error: 'unauthorized_client' }]);
      const little = await exchange(server, ofReader, { scope: 'pay' });
      assert.deepEqual([little.status, little.body], [400, { error: 'invalid_scope' }]);
      assert.equal((await exchange(server, ofReader)).body.scope, 'read');
      assert.equal((await exchange(server, ofCaller, { scope: 'pay' })).body.scope, 'pay');
    });
    assert.equal(count(seen, 'token.exchanged'), 2);
    assert.equal(count(seen, 'entry.refused'), 2);
    // Nor once they were: what they may do there is asked each time.
    const { processes, store: rows } = house.house;
    const entries = [{ resource: api.id, scopes: ['read', 'pay'] }];
    await rows.write((tx) => processes.change(tx, reader.process.id, { entries }, { door: 'cli' }));
    const now = await tokenOf(reader, { scope: 'read' });
    assert.deepEqual((await exchange(server, now)).body, { error: 'unauthorized_client' });
  });

  test('what a process got in exchange ends with its key, and with its listing, at once', async () => {
    const { store: rows, processActs, processes } = house.house;
    const cli = { door: 'cli' } as const;
    const reader = await house.keyed('store-api', [[store, 'introspect']]);
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
        [api, 'introspect'],
        [store, 'read'],
      ]);
      // Long after it was added: it is its change that tells, not its age.
      house.clock.advance(2 * DAY);
      const subject = await tokenOf(caller, { scope: 'read' });
      const theirs = (await exchange(actor, subject)).body.access_token as string;
      const others = (await exchange(server, subject)).body.access_token as string;
      assert.equal((await ask(theirs, reader)).body.active, true);
      assert.equal(await listed(theirs), false);
      const taken = await take(actor);
      assert.ok(taken.ok, JSON.stringify(taken));
      assert.deepEqual((await ask(theirs, reader)).body, { active: false }, name);
      assert.equal(await listed(theirs), true, name);
      // What it was exchanged for is another's, and so is what another exchanged it for.
      for (const [token, by] of [
        [subject, server],
        [others, reader],
      ] as const) {
        assert.equal((await ask(token, by)).body.active, true, name);
        assert.equal(await listed(token), false, name);
      }
    }
  });

  test('what was revoked, has expired or was forged is exchanged for nothing', async () => {
    const revoked = await tokenOf(caller, { scope: 'read' });
    await house.post('/revoke', { token: revoked, ...shownBy(house, caller) });
    const expired = await tokenOf(caller, { scope: 'read' });
    house.clock.advance(600_000);
    const good = await tokenOf(caller, { scope: 'read' });
    const spoilt = `${good.slice(0, -4)}AAAA`;
    const seen = await eventsOf(house, async () => {
      for (const token of [revoked, expired, spoilt, 'x', 'a.b.c']) {
        const { status, body } = await exchange(server, token);
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
      }
      assert.equal((await exchange(server, good)).status, 200);
    });
    assert.equal(count(seen, 'token.exchanged'), 1);
  });
});
