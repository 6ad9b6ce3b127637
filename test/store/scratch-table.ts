/** A table that only tests of the store have. */
import type { Statement } from '../../server/store/statement.ts';
import { tables } from '../../server/store/statement.ts';
import type { Queries, Store, Tx } from '../../server/store/store.ts';

interface ScratchTables {
  scratch: { id: string; n: number; data: Uint8Array | null };
}

const t = tables<ScratchTables>();

export const insert = t.statement((db, p: { id: string; n: number; data: Uint8Array | null }) =>
  db.insertInto('scratch').values({ id: p.id, n: p.n, data: p.data }),
);
export const byId = t.statement((db, p: { id: string }) =>
  db.selectFrom('scratch').selectAll().where('id', '=', p.id),
);
export const everything = t.statement((db) => db.selectFrom('scratch').selectAll().orderBy('id'));
export const add = t.statement((db, p: { id: string; n: number }) =>
  db
    .updateTable('scratch')
    .set((eb) => ({ n: eb('n', '+', p.n) }))
    .where('id', '=', p.id),
);
export const set = t.statement((db, p: { id: string; n: number }) =>
  db.updateTable('scratch').set({ n: p.n }).where('id', '=', p.id),
);
export const fill = t.statement((db, p: { id: string; data: Uint8Array }) =>
  db.updateTable('scratch').set({ data: p.data }).where('id', '=', p.id),
);
export const dataOf = t.statement((db, p: { id: string }) =>
  db.selectFrom('scratch').select('data').where('id', '=', p.id),
);
export const remove = t.statement((db, p: { id: string }) =>
  db.deleteFrom('scratch').where('id', '=', p.id),
);
export const rename = t.statement((db, p: { id: string; to: string }) =>
  db.updateTable('scratch').set({ n: 1, id: p.to }).where('id', '=', p.id),
);
/** A one-use rule. */
export const use = t.statement((db, p: { id: string }) =>
  db.updateTable('scratch').set({ n: 1 }).where('id', '=', p.id).where('n', '=', 0),
);

export function raw<R = unknown>(sql: string): Statement<Record<string, never>, R> {
  return { lasting: false, compile: () => ({ sql, values: [] }) };
}

export async function createScratch(store: Store): Promise<void> {
  const [integer, blob] = store.dialect === 'sqlite' ? ['integer', 'blob'] : ['bigint', 'bytea'];
  const sql = `create table scratch (id text primary key, n ${integer} not null, data ${blob})`;
  await store.write((tx) => tx.run(raw(sql), {}));
}

export async function put(tx: Tx, id: string, n = 0, data: Uint8Array | null = null) {
  return tx.run(insert, { id, n, data });
}

export async function ids(q: Queries): Promise<string[]> {
  return (await q.all(everything, {})).map(({ id }) => id);
}

export async function get(store: Store, id: string) {
  return store.read((q) => q.one(byId, { id }));
}
