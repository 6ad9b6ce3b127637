import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { HOUR, MINUTE, SECOND } from '../../server/kernel/clock.ts';
import { holdLease, releaseLease, takeLease } from '../../server/store/lease.ts';
import { tables } from '../../server/store/statement.ts';
import { manualClock } from '../support/clock.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const t = tables<{ lease: { name: string; holder: string; token: number; expires_at: number } }>();
const insert = t.statement((db, p: { name: string }) =>
  db.insertInto('lease').values({ name: p.name, holder: 'x', token: 1, expires_at: 0 }),
);
const names = t.statement((db) =>
  db.selectFrom('lease').select('name').where('holder', '=', 'x').orderBy('name'),
);

describe('a store', () => {
  const clock = manualClock();
  let test: TestStore;
  beforeEach(async () => {
    test = await openTestStore(clock);
  });
  afterEach(() => test.close());

  it('keeps what a transaction wrote and forgets what a failed one did, in one group', async () => {
    const { store } = test;
    const outcomes = await Promise.allSettled([
      store.write((tx) => tx.run(insert, { name: 'a' })),
      store.write(async (tx) => {
        await tx.run(insert, { name: 'b' });
        throw new Error('no');
      }),
      store.write((tx) => tx.run(insert, { name: 'c' })),
      store.write((tx) => tx.run(insert, { name: 'a' })),
    ]);
    const kept = outcomes.map(({ status }) => status === 'fulfilled');
    assert.deepEqual(kept.slice(1, 3), [false, true]);
    // Which of the two is first is up to the database.
    assert.notEqual(kept[0], kept[3]);
    const rows = await store.read((q) => q.all(names, {}));
    assert.deepEqual(
      rows.map((row) => row.name),
      ['a', 'c'],
    );
  });

  it('runs what follows a commit only when there was one', async () => {
    const seen: string[] = [];
    await test.store.write(async (tx) => tx.afterCommit(() => seen.push('kept')));
    await assert.rejects(
      test.store.write(async (tx) => {
        tx.afterCommit(() => seen.push('lost'));
        throw new Error('no');
      }),
    );
    assert.deepEqual(seen, ['kept']);
  });

  it('refuses a parameter that was not given', async () => {
    await assert.rejects(
      test.store.write((tx) => tx.run(insert, {} as { name: string })),
      /"name" was not given/,
    );
  });

  it('gives a lease to one holder at a time and fences the one that slept', async () => {
    const { store } = test;
    const now = clock.now();
    const first = await store.write((tx) =>
      takeLease(tx, { name: 'work', holder: 'one' }, now, 100),
    );
    assert.equal(first?.token, 1);
    const early = await store.write((tx) =>
      takeLease(tx, { name: 'work', holder: 'two' }, now, 100),
    );
    assert.equal(early, undefined);
    const second = await store.write((tx) =>
      takeLease(tx, { name: 'work', holder: 'two' }, now + 100, 100),
    );
    assert.equal(second?.token, 2);
    assert.equal(await store.write((tx) => holdLease(tx, first!, now + 101, 100)), false);
    assert.equal(await store.write((tx) => holdLease(tx, second!, now + 101, 100)), true);
    await store.write((tx) => releaseLease(tx, second!));
    const third = await store.write((tx) =>
      takeLease(tx, { name: 'work', holder: 'one' }, now + 102, 100),
    );
    assert.equal(third?.token, 3);
  });

  it('gives on a lease whose holder died with a clock that ran ahead', async () => {
    const { store } = test;
    const now = clock.now();
    const take = (holder: string, at: number) =>
      store.write((tx) => takeLease(tx, { name: 'work', holder }, at, 5 * SECOND));
    const ahead = await take('one', now + 2 * HOUR);
    assert.ok(ahead);
    const right = await take('two', now);
    assert.equal(right?.token, 2);
    assert.equal(
      await store.write((tx) => holdLease(tx, ahead, now + 2 * HOUR, 5 * SECOND)),
      false,
    );
    // A node whose clock is fast by minutes is at work still.
    await store.write((tx) => releaseLease(tx, right!));
    assert.ok(await take('fast', now + 5 * MINUTE));
    assert.equal(await take('two', now), undefined);
  });
});
