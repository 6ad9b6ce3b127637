/**
 * An assertion that was seen on the wire or in a log is shown again (T1550.001, T1528; RFC 7523 §3: `jti`; RFC 9700 §2.5). One that
 * is good for five minutes and checked in memory alone is good once for each node, and for each request of the same moment.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { tables } from '../../server/store/statement.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addApi,
  assertionBy,
  enter,
  entered,
  keyedProcess,
  refusal,
  type SigningKey,
} from '../support/processes.ts';

describe('an assertion that was used', () => {
  let test: TestHouse;
  let api: Resource;
  let key: SigningKey;
  before(async () => {
    test = await openTestHouse();
    api = await addApi(test);
    ({ key } = await keyedProcess(test, api, 'billing'));
  });
  after(() => test.close());

  it('is refused the second time, and the next one is accepted', async () => {
    const offer = assertionBy(test, key, 'billing');
    const seen = await eventsOf(test, async () => {
      entered(await enter(test, { offers: [offer] }));
      assert.equal(refusal(await enter(test, { offers: [offer] })), 'used');
      entered(await enter(test, { offers: [assertionBy(test, key, 'billing')] }));
    });
    assert.equal(count(seen, 'entry.granted'), 2);
    assert.deepEqual(
      seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason),
      ['used'],
    );
  });

  it('is accepted once when fifty use it at once', async () => {
    const offer = assertionBy(test, key, 'billing');
    const seen = await eventsOf(test, async () => {
      const arrivals = Array.from({ length: 50 }, (_, i) => `198.51.100.${i + 1}`);
      const outcomes = await Promise.all(
        arrivals.map((address) => enter(test, { offers: [offer] }, { address, network: address })),
      );
      assert.equal(outcomes.filter(({ state }) => state === 'granted').length, 1);
      assert.deepEqual(
        new Set(outcomes.filter(({ state }) => state !== 'granted').map(refusal)),
        new Set(['used']),
      );
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    assert.equal(count(seen, 'entry.refused'), 49);
  });

  it('is refused on another node of the same database', async () => {
    const { createGate } = await import('../../server/gate/gate.ts');
    const { gateLimits } = await import('../../server/gate/gate-config.ts');
    const { cheapSettings } = await import('../support/settings.ts');
    const { house } = test;
    const { processArrival, AUDIENCE } = await import('../support/processes.ts');
    const other = createGate({
      ...house,
      store: test.test.another(),
      limits: gateLimits(cheapSettings().gate, false),
      commands: cheapSettings().commands,
      cards: house.proofs.card,
      carryOver: async () => {},
      report: (fault) => assert.fail(String(fault)),
    });
    const offer = assertionBy(test, key, 'billing');
    entered(await enter(test, { offers: [offer] }));
    const seen = await eventsOf(test, async () => {
      const again = await other.enter(
        { as: undefined, offers: [offer], resource: { audience: AUDIENCE }, scopes: [] },
        processArrival(test),
        async () => 'in',
      );
      assert.equal(refusal(again), 'used');
    });
    assert.equal(count(seen, 'entry.refused'), 1);
  });

  it('is spent also where policy said no, and can’t be kept for the day on which it says yes', async () => {
    const late = await keyedProcess(test, api, 'late', []);
    const offer = assertionBy(test, late.key, 'late');
    const ask = () => enter(test, { offers: [offer], scopes: ['read'] });
    assert.equal(refusal(await ask()), 'scope');
    await test.house.store.write((tx) =>
      test.house.processes.change(
        tx,
        late.process.id,
        { entries: [{ resource: api.id, scopes: ['read'] }] },
        { door: 'cli' },
      ),
    );
    assert.equal(refusal(await ask()), 'used');
    const fresh = { offers: [assertionBy(test, late.key, 'late')], scopes: ['read'] };
    entered(await enter(test, fresh));
  });

  it('is one process’s own: another may use the same identifier', async () => {
    const other = await keyedProcess(test, api, 'other');
    const jti = 'the same';
    entered(await enter(test, { offers: [assertionBy(test, key, 'billing', { jti })] }));
    entered(await enter(test, { offers: [assertionBy(test, other.key, 'other', { jti })] }));
  });

  it('is refused after its row was swept away, since it has expired by then', async () => {
    const offer = assertionBy(test, key, 'billing');
    entered(await enter(test, { offers: [offer] }));
    const rows = async () => (await test.house.store.read((q) => q.all(spent, {}))).length;
    test.clock.advance(2 * MINUTE);
    await test.house.sweeper.sweep();
    // A node whose clock is behind would take it for a while yet.
    assert.ok((await rows()) > 0);
    test.clock.advance(4 * MINUTE);
    await test.house.sweeper.sweep();
    assert.equal(await rows(), 0);
    const seen = await eventsOf(test, async () =>
      assert.equal(refusal(await enter(test, { offers: [offer] })), 'wrong'),
    );
    assert.deepEqual(
      seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason),
      ['expired'],
    );
  });
});

const spent = tables<{ spent: { key: Uint8Array } }>().statement((db) =>
  db.selectFrom('spent').select('key'),
);
