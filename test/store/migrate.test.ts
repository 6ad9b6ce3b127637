import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Fault } from '../../server/kernel/fault.ts';
import { takeLease } from '../../server/store/lease.ts';
import {
  migrateUp,
  migrationStatus,
  migrations,
  migrationText,
} from '../../server/store/migrate.ts';
import type { Migration } from '../../server/store/migration.ts';
import released from '../../server/store/migrations/released.json' with { type: 'json' };
import { freeze, releasedProblems } from '../../server/store/released.ts';
import { manualClock } from '../support/clock.ts';
import { openEmptyStore, type TestStore } from '../support/store.ts';
import { fillTables, readTables } from './fill-tables.ts';

const all = migrations.map(({ id }) => id);
/** Tables that a migration drops, with rows that nobody misses: what waits there is over within five minutes, and asked again. */
const dropped: ReadonlySet<string> = new Set(['app_request']);

function makeTable(id: string, name: string): Migration {
  return {
    id,
    up: ({ schema, type, keyed }) => [
      keyed(schema.createTable(name).addColumn('id', type.text, (c) => c.primaryKey())),
    ],
  };
}

describe('migrations', () => {
  const clock = manualClock();
  let test: TestStore;
  beforeEach(async () => {
    test = await openEmptyStore();
  });
  afterEach(() => test.close());

  it('are applied in order, once', async () => {
    assert.deepEqual(await migrateUp(test.store, clock), all);
    assert.deepEqual(await migrateUp(test.store, clock), []);
    const status = await migrationStatus(test.store);
    assert.deepEqual(
      status,
      all.map((id) => ({ id, appliedAt: clock.now() })),
    );
  });

  it('are applied once by nodes that start together', async () => {
    const nodes = [test.store, test.another(), test.another(), test.another()];
    const done = await Promise.all(nodes.map((node) => migrateUp(node, clock)));
    assert.deepEqual(done.flat().sort(), all);
    for (const node of nodes) {
      assert.ok((await migrationStatus(node)).every(({ appliedAt }) => appliedAt !== undefined));
    }
  });

  it('are finished by another node when one dies halfway', async () => {
    await migrateUp(test.store, clock, migrations.slice(0, 1));
    const dead = { name: 'migrate', holder: 'a node that died' };
    await test.store.write((tx) => takeLease(tx, dead, clock.now(), 60_000));
    clock.advance(60_000);
    assert.deepEqual(await migrateUp(test.store, clock), all.slice(1));
  });

  for (let from = 0; from < migrations.length; from++) {
    const name = migrations[from - 1]?.id ?? 'an empty database';
    it(`lead from ${name} to the newest with its rows`, async () => {
      await migrateUp(test.store, clock, migrations.slice(0, from));
      await fillTables(test.store);
      const before = await readTables(test.store);
      assert.deepEqual(await migrateUp(test.store, clock), all.slice(from));
      const after = await readTables(test.store);
      for (const [table, rows] of Object.entries(before)) {
        if (dropped.has(table)) {
          assert.equal(after[table], undefined, table);
          continue;
        }
        const kept = after[table]?.map((row) =>
          Object.fromEntries(Object.keys(rows[0] ?? {}).map((column) => [column, row[column]])),
        );
        assert.deepEqual(kept, rows, table);
      }
    });
  }

  it('make tables that take rows', async () => {
    await migrateUp(test.store, clock);
    await fillTables(test.store);
    for (const [table, rows] of Object.entries(await readTables(test.store))) {
      assert.equal(rows.length, 2, table);
    }
  });

  it('that fail leave nothing behind and are tried again', async () => {
    const broken: Migration = {
      id: '9999-broken',
      up: ({ schema, type }) => [
        schema.createTable('half').addColumn('id', type.text),
        schema.alterTable('nowhere').addColumn('id', type.text),
      ],
    };
    await assert.rejects(migrateUp(test.store, clock, [...migrations, broken]));
    assert.equal((await readTables(test.store)).half, undefined);
    const mended = makeTable(broken.id, 'half');
    assert.deepEqual(await migrateUp(test.store, clock, [...migrations, mended]), [broken.id]);
  });

  it('of a newer Sallyport are refused', async () => {
    const newer = [...migrations, makeTable('9999-newer', 'newer')];
    await migrateUp(test.store, clock, newer);
    const refused = (error: unknown) =>
      error instanceof Fault && /newer Sallyport.*9999-newer/.test(error.message);
    await assert.rejects(migrateUp(test.store, clock), refused);
    await assert.rejects(migrationStatus(test.store), refused);
  });

  it('that were changed after they were applied are refused', async () => {
    const id = '9999-table';
    await migrateUp(test.store, clock, [...migrations, makeTable(id, 'one')]);
    await assert.rejects(
      migrateUp(test.store, clock, [...migrations, makeTable(id, 'two')]),
      /9999-table is not what this database was made with/,
    );
  });
});

describe('released migrations', () => {
  it('are what they were', () => {
    assert.deepEqual(releasedProblems(released, migrations), []);
  });

  const first = makeTable('0001-a', 'a');
  const second = makeTable('0002-b', 'b');
  const frozen = freeze({}, [first, second]);

  it('are frozen by the text of each dialect', () => {
    assert.deepEqual(Object.keys(frozen), ['0001-a', '0002-b']);
    assert.equal(frozen['0001-a']?.sqlite, migrationText(first, 'sqlite').hash);
    assert.notEqual(frozen['0001-a']?.sqlite, frozen['0001-a']?.postgres);
    assert.deepEqual(releasedProblems(frozen, [first, second]), []);
  });

  it('are followed by new ones, which a freeze adds', () => {
    const third = makeTable('0003-c', 'c');
    assert.deepEqual(releasedProblems(frozen, [first, second, third]), []);
    assert.deepEqual(Object.keys(freeze(frozen, [first, second, third])), [
      '0001-a',
      '0002-b',
      '0003-c',
    ]);
  });

  it('can not be changed, left out, or preceded', () => {
    const changed = makeTable('0002-b', 'c');
    assert.equal(releasedProblems(frozen, [first, changed]).length, 2);
    assert.match(releasedProblems(frozen, [first])[0] ?? '', /0002-b is released and must stay/);
    const between = makeTable('0001-between', 'c');
    assert.match(
      releasedProblems(frozen, [first, between, second])[0] ?? '',
      /stands before 0002-b/,
    );
    assert.match(releasedProblems({}, [second, first])[0] ?? '', /order/);
  });
});
