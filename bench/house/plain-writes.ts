/** The least that a durable request can cost on a store: a transaction of one row. */

import { systemClock } from '../../server/kernel/clock.ts';
import { createIds } from '../../server/kernel/id.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { type Statement, tables } from '../../server/store/statement.ts';
import type { Store } from '../../server/store/store.ts';

const t = tables<{ bench_row: { id: string; data: Uint8Array } }>();
const insertRow = t.statement((db, p: { id: string; data: Uint8Array }) =>
  db.insertInto('bench_row').values({ id: p.id, data: p.data }),
);

export interface PlainWrites {
  one(): Promise<void>;
}

export async function createPlainWrites(store: Store): Promise<PlainWrites> {
  const random = systemRandom();
  const ids = createIds(systemClock(), random);
  const [blob, end] =
    store.dialect === 'sqlite' ? ['blob', ' strict, without rowid'] : ['bytea', ''];
  const sql = `create table bench_row (id text primary key, data ${blob} not null)${end}`;
  const create: Statement<Record<string, never>, unknown> = {
    lasting: false,
    compile: () => ({ sql, values: [] }),
  };
  await store.write((tx) => tx.run(create, {}));
  const data = random.bytes(400);
  return {
    async one() {
      await store.write((tx) => tx.run(insertRow, { id: ids.next(), data }));
    },
  };
}
