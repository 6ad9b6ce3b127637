import { tables } from '../store/statement.ts';

/** Wraps new data keys; only unwraps old ones; gone. */
export type RingState = 'primary' | 'decrypt-only' | 'destroyed';

interface RingTables {
  vault_ring_key: {
    version: number;
    id: string;
    state: RingState;
    created_at: number;
    retired_at: number | null;
    destroyed_at: number | null;
  };
  vault_ring_secret: {
    version: number;
    root_id: string;
    root_version: number;
    wrapped: Uint8Array;
  };
}

const t = tables<RingTables>();

/** A ring key made for the first time by two nodes at once is the one that came first. */
export const insertRingKey = t.statement((db, p: { version: number; id: string; now: number }) =>
  db
    .insertInto('vault_ring_key')
    .values({ version: p.version, id: p.id, state: 'primary', created_at: p.now })
    .onConflict((oc) => oc.column('version').doNothing()),
);

export const insertRingSecret = t.statement(
  (db, p: { version: number; rootId: string; rootVersion: number; wrapped: Uint8Array }) =>
    db.insertInto('vault_ring_secret').values({
      version: p.version,
      root_id: p.rootId,
      root_version: p.rootVersion,
      wrapped: p.wrapped,
    }),
);

export const primaryRingKey = t.statement((db) =>
  db.selectFrom('vault_ring_key').select(['version', 'id']).where('state', '=', 'primary'),
);

export const liveRingKeys = t.statement((db) =>
  db
    .selectFrom('vault_ring_secret as s')
    .innerJoin('vault_ring_key as k', 'k.version', 's.version')
    .select(['k.version', 'k.id', 'k.state', 's.root_id', 's.root_version', 's.wrapped'])
    .orderBy('k.version'),
);

export const ringHistory = t.statement((db) =>
  db.selectFrom('vault_ring_key').selectAll().orderBy('version', 'desc'),
);

export const retireRingKey = t.statement((db, p: { version: number; now: number }) =>
  db
    .updateTable('vault_ring_key')
    .set({ state: 'decrypt-only', retired_at: p.now })
    .where('version', '=', p.version)
    .where('state', '=', 'primary'),
);

export const endRingKey = t.statement((db, p: { version: number; now: number }) =>
  db
    .updateTable('vault_ring_key')
    .set({ state: 'destroyed', destroyed_at: p.now })
    .where('version', '=', p.version)
    .where('state', '=', 'decrypt-only'),
);

export const deleteRingSecret = t.statement((db, p: { version: number }) =>
  db.deleteFrom('vault_ring_secret').where('version', '=', p.version),
);

export const rewrapRingSecret = t.statement(
  (
    db,
    p: {
      version: number;
      wrapped: Uint8Array;
      rootId: string;
      rootVersion: number;
      oldRootId: string;
    },
  ) =>
    db
      .updateTable('vault_ring_secret')
      .set({ wrapped: p.wrapped, root_id: p.rootId, root_version: p.rootVersion })
      .where('version', '=', p.version)
      .where('root_id', '=', p.oldRootId),
);
