import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createKept, type Kept } from '../../server/store/kept.ts';
import type { Queries } from '../../server/store/store.ts';
import { openEmptyStore, type TestStore } from '../support/store.ts';
import { add, byId, createScratch, put } from './scratch-table.ts';

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
