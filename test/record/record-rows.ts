/** The record's rows, taken out and put back, altered or not: what someone with the database in hand can do. */
import { tables } from '../../server/store/statement.ts';
import type { Store } from '../../server/store/store.ts';

type Value = string | number | Uint8Array | null;
export type Row = Record<string, Value>;

export const recordTables = {
  record_about: ['subject', 'event'],
  record_event: ['id'],
  record_pending: ['id'],
  record_sequence: ['log', 'idx'],
  record_tile: ['log', 'level', 'n'],
  record_log: ['log'],
} as const;
export type RecordTable = keyof typeof recordTables;
const names = Object.keys(recordTables) as RecordTable[];

const t = tables<Record<RecordTable, Row>>();

export async function rowsOf(store: Store, table: RecordTable): Promise<Row[]> {
  return store.read((q) =>
    q.all(
      t.query((db) => {
        let query = db.selectFrom(table).selectAll();
        for (const key of recordTables[table]) query = query.orderBy(key);
        return query;
      }),
      {},
    ),
  );
}

/** Puts `changes` into the row that `row` was read as. */
export async function alter(store: Store, table: RecordTable, row: Row, changes: Row) {
  await store.write((tx) =>
    tx.run(
      t.query((db) => {
        let query = db.updateTable(table).set(changes);
        for (const key of recordTables[table]) query = query.where(key, '=', row[key]!);
        return query;
      }),
      {},
    ),
  );
}

export async function remove(store: Store, table: RecordTable, row: Row) {
  await store.write((tx) =>
    tx.run(
      t.query((db) => {
        let query = db.deleteFrom(table);
        for (const key of recordTables[table]) query = query.where(key, '=', row[key]!);
        return query;
      }),
      {},
    ),
  );
}

export async function put(store: Store, table: RecordTable, ...rows: Row[]) {
  await store.write(async (tx) => {
    for (const row of rows)
      await tx.run(
        t.query((db) => db.insertInto(table).values(row)),
        {},
      );
  });
}

export type Copy = Readonly<Record<RecordTable, readonly Row[]>>;

/** A back-up of the record. */
export async function copyOf(store: Store): Promise<Copy> {
  const copy: Partial<Record<RecordTable, Row[]>> = {};
  for (const name of names) copy[name] = await rowsOf(store, name);
  return copy as Copy; // Every name was copied.
}

/** Puts a back-up in the place of what is there. */
export async function restore(store: Store, copy: Copy) {
  for (const name of names) {
    await store.write((tx) =>
      tx.run(
        t.query((db) => db.deleteFrom(name)),
        {},
      ),
    );
    await put(store, name, ...copy[name]);
  }
}
