import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createKept, type Kept } from '../../server/store/kept.ts';
import type { Footing, Queries, Tx } from '../../server/store/store.ts';
import { openEmptyStore, type TestStore } from '../support/store.ts';
import {
  add,
  byId,
  createScratch,
  dataOf,
  fill,
  put,
  raw,
  remove,
  rename,
  set,
} from './scratch-table.ts';

describe('what is kept between commits', () => {
  let test: TestStore;
  let kept: Kept<number>;
  let reads: number;

  beforeEach(async () => {
    test = await openEmptyStore();
    await createScratch(test.store);
    await test.store.write(async (tx) => {
      for (const id of ['a', 'b', 'c']) await put(tx, id, 1);
    });
    kept = createKept(2);
    reads = 0;
  });
  afterEach(() => test.close());

  const numberOf = (q: Queries, id: string) =>
    kept.of(q, id, async () => {
      reads += 1;
      return (await q.one(byId, { id }))?.n;
    });
  const read = (id: string) => test.store.read(async (q) => numberOf(q, id));
  /** PostgreSQL has no mark: there all of it is read each time, and everything else holds. */
  const readsOf = (sqlite: number, postgres: number) =>
    assert.equal(reads, test.store.dialect === 'sqlite' ? sqlite : postgres);

  it('is read once while nobody commits', async () => {
    for (let i = 0; i < 5; i++) assert.equal(await read('a'), 1);
    readsOf(1, 5);
  });

  it('is read again after a commit of our own', async () => {
    await read('a');
    await test.store.write((tx) => tx.run(add, { id: 'a', n: 1 }));
    assert.equal(await read('a'), 2);
  });

  it('is read again after a commit by another connection to the same database', async () => {
    const another = test.another();
    await read('a');
    await another.write((tx) => tx.run(add, { id: 'a', n: 1 }));
    assert.equal(await read('a'), 2);
  });

  it('is read again after a commit of something else, and kept through a transaction that was undone', async () => {
    await read('a');
    await assert.rejects(
      test.store.write(async (tx) => {
        await tx.run(add, { id: 'a', n: 1 });
        throw new Error('no');
      }),
    );
    assert.equal(await read('a'), 1);
    readsOf(1, 2);
    await test.store.write((tx) => tx.run(add, { id: 'b', n: 1 }));
    assert.equal(await read('a'), 1);
    readsOf(2, 3);
  });

  it('is not asked within a transaction, which sees what it wrote itself', async () => {
    await read('a');
    const seen = await test.store.write(async (tx) => {
      await tx.run(add, { id: 'a', n: 1 });
      return numberOf(tx, 'a');
    });
    assert.equal(seen, 2);
    assert.equal(await read('a'), 2);
  });

  it('is not kept when somebody committed between the mark and the reading', async () => {
    let mark = 1;
    const q = (): Queries => ({
      one: async () => undefined,
      all: async () => [],
      mark: () => mark,
    });
    const slow = kept.of(q(), 'a', async () => {
      mark = 2;
      await kept.of(q(), 'b', async () => 7);
      return 1;
    });
    assert.equal(await slow, 1);
    assert.equal(await kept.of(q(), 'a', async () => 2), 2);
  });

  it('is bounded, and nothing is kept of what is not there', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'd']) await read(id);
    readsOf(5, 5);
    assert.equal(await read('c'), 1);
    readsOf(5, 6);
  });
});

describe('what is kept until what it rests on changes', () => {
  const ROWS: Footing = { existing: [], rows: ['scratch'], tables: [] };
  const WHOLE: Footing = { existing: [], rows: [], tables: ['scratch'] };
  const THERE: Footing = { existing: ['scratch'], rows: [], tables: [] };
  const OTHER: Footing = { existing: [], rows: ['other'], tables: [] };
  let test: TestStore;

  beforeEach(async () => {
    test = await openEmptyStore();
    await createScratch(test.store);
    await test.store.write((tx) => put(tx, 'a', 1));
  });
  afterEach(() => test.close());

  const marksOf = () =>
    test.store.read(async (q) => [ROWS, WHOLE, THERE].map((footing) => q.markOf?.(footing)));
  const same = (before: readonly unknown[], after: readonly unknown[]) =>
    after.map((mark, i) => mark === before[i]);

  it('outlives what is added elsewhere in its tables, unless that counts, and nothing else', async (t) => {
    if (test.store.dialect !== 'sqlite') return t.skip('PostgreSQL has no mark');
    const steps = [
      { work: (tx: Tx) => put(tx, 'b', 1), keeps: [true, false, true] },
      { work: (tx: Tx) => tx.run(add, { id: 'a', n: 1 }), keeps: [false, false, true] },
      // It is there no more as what it was.
      { work: (tx: Tx) => tx.run(rename, { id: 'b', to: 'c' }), keeps: [false, false, false] },
      { work: (tx: Tx) => tx.run(remove, { id: 'c' }), keeps: [false, false, false] },
      { work: (tx: Tx) => tx.run(remove, { id: 'nothing' }), keeps: [true, true, true] },
    ];
    for (const { work, keeps } of steps) {
      const before = await marksOf();
      await test.store.write(async (tx) => void (await work(tx)));
      assert.deepEqual(same(before, await marksOf()), keeps);
    }
  });

  it('is of the past as soon as another connection commits anything', async (t) => {
    if (test.store.dialect !== 'sqlite') return t.skip('PostgreSQL has no mark');
    const another = test.another();
    const before = await marksOf();
    await another.write((tx) => put(tx, 'b', 1));
    assert.deepEqual(same(before, await marksOf()), [false, false, false]);
  });

  it('is not known within a transaction that changed it, and known in one that did not', async (t) => {
    if (test.store.dialect !== 'sqlite') return t.skip('PostgreSQL has no mark');
    const [rows] = await marksOf();
    const seen = await test.store.write(async (tx) => {
      const before = tx.markOf?.(ROWS);
      await tx.run(add, { id: 'a', n: 1 });
      return [before, tx.markOf?.(ROWS), tx.markOf?.(OTHER) === undefined];
    });
    assert.deepEqual(seen, [rows, undefined, false]);
  });

  it('is as it was after a transaction that was undone', async (t) => {
    if (test.store.dialect !== 'sqlite') return t.skip('PostgreSQL has no mark');
    const before = await marksOf();
    const undone = test.store.write(async (tx) => {
      await tx.run(add, { id: 'a', n: 1 });
      throw new Error('no');
    });
    await assert.rejects(undone);
    assert.deepEqual(same(before, await marksOf()), [true, true, true]);
  });

  it('is of the past for whoever commits together with what changes it', async () => {
    const kept = createKept<number>(10, ROWS);
    const numberOf = (q: Queries) =>
      kept.of(q, 'a', async (reading) => (await reading.one(byId, { id: 'a' }))?.n);
    const seen = await Promise.all([
      test.store.write(async (tx) => numberOf(tx)),
      test.store.write(async (tx) => void (await tx.run(add, { id: 'a', n: 1 }))),
      test.store.write(async (tx) => numberOf(tx)),
    ]);
    if (test.store.dialect === 'sqlite') assert.deepEqual(seen, [1, undefined, 2]);
    assert.equal(await test.store.read(async (q) => numberOf(q)), 2);
  });

  it('outlives what changes only columns that it did not read, as far as that is told', async (t) => {
    if (test.store.dialect !== 'sqlite') return t.skip('PostgreSQL has no mark');
    const data: Footing = { ...ROWS, unread: { scratch: ['n'] } };
    const markOf = () => test.store.read(async (q) => q.markOf?.(data));
    const steps = [
      { work: (tx: Tx) => tx.run(set, { id: 'a', n: 2 }), keeps: true },
      { work: (tx: Tx) => tx.run(fill, { id: 'a', data: new Uint8Array(1) }), keeps: false },
      { work: (tx: Tx) => tx.run(add, { id: 'a', n: 1 }), keeps: true },
      // Who knows what else is set behind such a value.
      { work: (tx: Tx) => tx.run(raw('update "scratch" set "n" = abs(n)'), {}), keeps: false },
      { work: (tx: Tx) => tx.run(rename, { id: 'a', to: 'z' }), keeps: false },
      { work: (tx: Tx) => tx.run(remove, { id: 'z' }), keeps: false },
    ];
    for (const { work, keeps } of steps) {
      const before = await markOf();
      const within = await test.store.write(async (tx) => {
        await work(tx);
        return tx.markOf?.(data);
      });
      assert.deepEqual([within !== undefined, (await markOf()) === before], [keeps, keeps]);
    }
  });

  it('may not read what its footing says it does not', async () => {
    const of = (unread: string[], statement: typeof byId | typeof dataOf) => {
      const kept = createKept<object>(10, { ...ROWS, unread: { scratch: unread } });
      return test.store.read(async (q) =>
        kept.of(q, 'a', (over) => over.one(statement, { id: 'a' })),
      );
    };
    await assert.rejects(of(['n'], byId), { code: 'store.misuse' });
    await assert.rejects(of(['data'], dataOf), { code: 'store.misuse' });
    assert.deepEqual(await of(['n'], dataOf), { data: null });
    const inside = createKept<object>(10, ROWS);
    const around = createKept<object>(10, { ...ROWS, unread: { scratch: ['n'] } });
    const reading = test.store.read(async (q) =>
      around.of(q, 'a', async (outer) =>
        inside.of(outer, 'a', (over) => over.one(byId, { id: 'a' })),
      ),
    );
    await assert.rejects(reading, { code: 'store.misuse' });
  });

  it('may read of no table that its footing leaves out', async () => {
    const kept = createKept<number>(10, OTHER);
    const reading = test.store.read(async (q) =>
      kept.of(q, 'a', async (over) => (await over.one(byId, { id: 'a' }))?.n),
    );
    await assert.rejects(reading, { code: 'store.misuse' });
  });
});
