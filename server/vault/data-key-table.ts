import { tables } from '../store/statement.ts';

interface DataKeyTables {
  vault_data_key: {
    owner: string;
    id: string;
    ring_version: number | null;
    wrapped: Uint8Array | null;
    created_at: number;
    destroyed_at: number | null;
  };
}

const t = tables<DataKeyTables>();

export interface NewDataKey {
  owner: string;
  id: string;
  ringVersion: number;
  wrapped: Uint8Array;
  now: number;
}

export const insertDataKey = t.statement((db, p: NewDataKey) =>
  db
    .insertInto('vault_data_key')
    .values({
      owner: p.owner,
      id: p.id,
      ring_version: p.ringVersion,
      wrapped: p.wrapped,
      created_at: p.now,
    })
    .onConflict((oc) => oc.column('owner').doNothing()),
);

export const dataKeyOf = t.statement((db, p: { owner: string }) =>
  db.selectFrom('vault_data_key').select(['id', 'wrapped']).where('owner', '=', p.owner),
);

export const destroyDataKey = t.statement((db, p: { owner: string; now: number }) =>
  db
    .updateTable('vault_data_key')
    .set({ wrapped: null, ring_version: null, destroyed_at: p.now })
    .where('owner', '=', p.owner)
    .where('destroyed_at', 'is', null),
);

/** Keys wrapped under a ring key, in the order of their owners, from one owner on. */
export const dataKeysUnder = t.statement(
  (db, p: { ringVersion: number; after: string; limit: number }) =>
    db
      .selectFrom('vault_data_key')
      .select(['owner', 'id', 'wrapped'])
      .where('ring_version', '=', p.ringVersion)
      .where('owner', '>', p.after)
      .orderBy('owner')
      .limit(p.limit),
);

/** Only where it still stands as it was read: a key that was destroyed or rewrapped meanwhile stays so. */
export const rewrapDataKey = t.statement(
  (db, p: { owner: string; from: number; to: number; wrapped: Uint8Array }) =>
    db
      .updateTable('vault_data_key')
      .set({ wrapped: p.wrapped, ring_version: p.to })
      .where('owner', '=', p.owner)
      .where('ring_version', '=', p.from),
);

export const oneDataKeyUnder = t.statement((db, p: { ringVersion: number }) =>
  db
    .selectFrom('vault_data_key')
    .select('owner')
    .where('ring_version', '=', p.ringVersion)
    .limit(1),
);

export const dataKeyCounts = t.statement((db) =>
  db
    .selectFrom('vault_data_key')
    .select(({ fn }) => ['ring_version', fn.countAll<number>().as('keys')])
    .where('ring_version', 'is not', null)
    .groupBy('ring_version'),
);
