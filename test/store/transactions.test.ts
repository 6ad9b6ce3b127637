import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import { tables } from '../../server/store/statement.ts';
import { isPostgres, openEmptyStore, type TestStore } from '../support/store.ts';
import {
  add,
  byId,
  createScratch,
  everything,
  get,
  ids,
  insert,
  put,
  raw,
  use,
} from './scratch-table.ts';

const isFault = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

describe('a transaction', () => {
  let test: TestStore;
  let commits: number[];
  beforeEach(async () => {
    commits = [];
    test = await openEmptyStore({ onCommit: (transactions) => commits.push(transactions) });
    await createScratch(test.store);
    commits.length = 0;
  });
  afterEach(() => test.close());

  it('gives back numbers, texts and bytes as they went in', async () => {
    const { store } = test;
    const data = new Uint8Array([0, 1, 255]);
    await store.write((tx) => put(tx, 'Ö\u{1F511}', Number.MAX_SAFE_INTEGER, data));
    await store.write((tx) => put(tx, 'empty', -1, null));
    const row = await get(store, 'Ö\u{1F511}');
    assert.deepEqual({ ...row }, { id: 'Ö\u{1F511}', n: Number.MAX_SAFE_INTEGER, data });
    assert.equal(row?.data?.constructor, Uint8Array);
    assert.equal((await get(store, 'empty'))?.data, null);
    const sum = raw<{ sum: number; many: number; some: number }>(
      'select sum(n) as sum, count(*) as many, exists(select 1 from scratch) as some from scratch where n < 0',
    );
    assert.deepEqual(
      { ...(await store.read((q) => q.one(sum, {}))) },
      { sum: -1, many: 1, some: 1 },
    );
  });

  it('refuses to round a number that is too large', async () => {
    const large = raw("insert into scratch values ('large', 9007199254740993, null)");
    await test.store.write((tx) => tx.run(large, {}));
    await assert.rejects(get(test.store, 'large'));
  });

  it('tells a broken rule from a failure', async () => {
    const { store } = test;
    await store.write((tx) => put(tx, 'a'));
    await assert.rejects(
      store.write((tx) => put(tx, 'a')),
      isFault('store.conflict'),
    );
    await assert.rejects(
      store.write((tx) => tx.run(raw('insert into nowhere values (1)'), {})),
      isFault('store.unavailable'),
    );
  });

  it('is undone, and says what it was told to say, where what it expects is not so', async () => {
    const { store } = test;
    await store.write((tx) => put(tx, 'a'));
    const used = new Error('used');
    const absent = new Error('absent');
    const useOnce = (id: string) =>
      store.write(async (tx) => {
        tx.expect(byId, { id: 'a' }, absent);
        tx.expect(use, { id }, used);
        tx.put(insert, { id: `after ${id}`, n: 0, data: null });
        return id;
      });
    assert.equal(await useOnce('a'), 'a');
    await assert.rejects(useOnce('a'), (error) => error === used);
    await assert.rejects(useOnce('b'), (error) => error === used);
    assert.deepEqual(await store.read(ids), ['a', 'after a']);

    const waiting = store.write(async (tx) => {
      tx.expect(byId, { id: 'gone' }, absent);
      tx.expect(use, { id: 'a' }, used);
      return await tx.one(byId, { id: 'a' });
    });
    await assert.rejects(waiting, (error) => error === absent, 'the first is told');

    const sent = store.write(async (tx) => {
      await tx.one(byId, { id: 'a' });
      tx.expect(use, { id: 'a' }, used);
      // On its way, and not answered yet when COMMIT follows it.
      await new Promise(setImmediate);
    });
    await assert.rejects(sent, (error) => error === used, 'COMMIT tells it, too');
  });

  it('expects exactly one row', async () => {
    const { store } = test;
    await store.write((tx) => put(tx, 'a').then(() => put(tx, 'b')));
    const several = new Error('several');
    await assert.rejects(
      store.write(async (tx) => tx.expect(everything, {}, several)),
      (error) => error === several,
    );
  });

  it('is committed together with those of other subjects, each with its own answer', async () => {
    const { store } = test;
    const names = Array.from({ length: 20 }, (_, i) => `subject ${i}`);
    const written = await Promise.all(
      names.map((of, i) =>
        store.write(
          async (tx) => {
            tx.put(insert, { id: of, n: i, data: null });
            return { row: tx.one(byId, { id: of }) };
          },
          { of },
        ),
      ),
    );
    for (const [i, { row }] of written.entries()) assert.equal((await row)?.n, i);
    assert.equal(
      commits.reduce((sum, each) => sum + each),
      20,
    );
    assert.ok(commits.length < 20, `${commits.length} commits`);
  });

  it('is kept when one that would be committed together with it fails', async () => {
    const { store } = test;
    await store.write((tx) => put(tx, 'there'));
    const used = new Error('used');
    const outcomes = await Promise.allSettled([
      store.write(async (tx) => tx.put(insert, { id: 'first', n: 0, data: null }), { of: '1' }),
      store.write(async (tx) => tx.put(insert, { id: 'there', n: 0, data: null }), { of: '2' }),
      store.write(async (tx) => tx.expect(use, { id: 'nobody' }, used), { of: '3' }),
      store.write(async (tx) => tx.put(insert, { id: 'last', n: 0, data: null }), { of: '4' }),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    const [, conflict, unmet] = outcomes as PromiseRejectedResult[];
    assert.ok(isFault('store.conflict')(conflict?.reason));
    assert.equal(unmet?.reason, used);
    assert.deepEqual(await store.read(ids), ['first', 'last', 'there']);
  });

  it('lets one of a hundred use what can be used once, said as an expectation', async () => {
    const { store } = test;
    await store.write((tx) => put(tx, 'once'));
    const used = new Error('used');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) =>
        store.write(async (tx) => tx.expect(use, { id: 'once' }, used), { of: `user ${i % 7}` }),
      ),
    );
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.equal(outcome.reason, used);
    }
  });

  it('is undone when a statement failed, even if its work makes light of it', async () => {
    const { store } = test;
    await store.write((tx) => put(tx, 'a'));
    await assert.rejects(
      store.write(async (tx) => {
        await put(tx, 'b');
        await put(tx, 'a').catch(() => {});
      }),
      isFault('store.conflict'),
    );
    await assert.rejects(
      store.write(async (tx) => {
        await put(tx, 'c');
        await put(tx, 'a').catch(() => {});
        await put(tx, 'd');
      }),
    );
    assert.deepEqual(await store.read(ids), ['a']);
  });

  it('is refused to whoever uses it after its end', async () => {
    let kept: Promise<unknown> | undefined;
    const { store } = test;
    await store.write(async (tx) => {
      setImmediate(() => {
        kept = assert.rejects(put(tx, 'late'), isFault('store.misuse'));
      });
    });
    await store.write((tx) => put(tx, 'in time'));
    await new Promise((resolve) => setImmediate(resolve));
    await kept;
    assert.deepEqual(await store.read(ids), ['in time']);
  });

  it('answers nobody before the commit that holds it', async () => {
    const order: string[] = [];
    const { store } = test;
    const all = Array.from({ length: 40 }, (_, i) =>
      store
        .write(async (tx) => {
          await put(tx, `row ${i}`);
          tx.afterCommit(() => order.push(`effect ${commits.length}`));
        })
        .then(() => order.push('answer')),
    );
    await Promise.all(all);
    assert.equal(
      commits.reduce((sum, each) => sum + each, 0),
      40,
    );
    assert.equal(order.filter((step) => step === 'answer').length, 40);
    assert.ok(!order.includes('effect 0'), 'an effect before a commit');
    if (!isPostgres()) assert.ok(commits.length <= 2, `${commits.length} commits for 40 at once`);
    assert.equal((await store.read(ids)).length, 40);
  });

  it('that fails takes none of its neighbours along, and what follows them happens once', async () => {
    const { store } = test;
    const followed: number[] = [];
    const all = Array.from({ length: 30 }, (_, i) =>
      store.write(async (tx) => {
        tx.afterCommit(() => followed.push(i));
        await put(tx, `${100 + i}`);
        if (i % 3 === 0) throw new Error(`no ${i}`);
        if (i % 3 === 1) await put(tx, `${100 + i}`);
      }),
    );
    const outcomes = await Promise.allSettled(all);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      outcomes.map((_, i) => (i % 3 === 2 ? 'fulfilled' : 'rejected')),
    );
    assert.deepEqual(
      await store.read(ids),
      Array.from({ length: 10 }, (_, i) => `${102 + 3 * i}`),
    );
    assert.deepEqual(
      followed.sort((a, b) => a - b),
      Array.from({ length: 10 }, (_, i) => 2 + 3 * i),
    );
  });

  it('that fails before it changed anything makes nobody run again', async () => {
    const { store } = test;
    let runs = 0;
    const all = Array.from({ length: 30 }, (_, i) =>
      store.write(async (tx) => {
        if (i % 3 === 0) {
          await tx.one(raw('select 1 as n'), {});
          throw new Error(`no ${i}`);
        }
        runs += 1;
        await put(tx, `${100 + i}`);
      }),
    );
    await Promise.allSettled(all);
    assert.equal(runs, 20);
    assert.equal((await store.read(ids)).length, 20);
  });

  it('lets one of a hundred use what can be used once', async () => {
    const { store } = test;
    const node = test.another();
    await store.write((tx) => put(tx, 'code'));
    const used = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        (i % 2 ? store : node).write((tx) => tx.run(use, { id: 'code' })),
      ),
    );
    assert.equal(
      used.reduce((sum, each) => sum + each, 0),
      1,
    );
  });

  it('loses no addition to the same row', async () => {
    const { store } = test;
    await store.write((tx) => put(tx, 'count'));
    await Promise.all(
      Array.from({ length: 60 }, () => store.write((tx) => tx.run(add, { id: 'count', n: 1 }))),
    );
    assert.equal((await get(store, 'count'))?.n, 60);
  });

  it('keeps its change when what follows the commit fails, and says so', async () => {
    const { store } = test;
    const seen: string[] = [];
    await assert.rejects(
      store.write(async (tx) => {
        await put(tx, 'a');
        tx.afterCommit(() => {
          throw new Error('broken effect');
        });
        tx.afterCommit(() => seen.push('next'));
      }),
      isFault('store.misuse'),
    );
    assert.deepEqual(seen, ['next']);
    await store.write((tx) => put(tx, 'b'));
    assert.deepEqual(await store.read(ids), ['a', 'b']);
  });

  it('can not be a read', async () => {
    await assert.rejects(
      test.store.read((q) => q.one(raw("insert into scratch values ('x', 1, null)"), {})),
    );
    assert.deepEqual(await test.store.read(ids), []);
  });

  it('is refused once the store is closed, and one under way is finished first', async () => {
    const { store } = test;
    const last = store.write((tx) => put(tx, 'last'));
    const closing = store.close();
    await assert.rejects(
      store.write((tx) => put(tx, 'later')),
      isFault('store.misuse'),
    );
    await last;
    await closing;
    assert.deepEqual(await test.another().read(ids), ['last']);
  });
});

describe('a statement', () => {
  it('can not take its parameters as a whole', () => {
    const t = tables<{ scratch: { id: string; n: number } }>();
    const wrong = t.statement((db, p: { id: string; n: number }) =>
      db.insertInto('scratch').values({ ...p }),
    );
    assert.throws(() => wrong.compile('sqlite'), isFault('store.misuse'));
  });
});
