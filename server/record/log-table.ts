/** The logs, the places of events in them, and their tiles. */
import { sql } from 'kysely';
import { tables } from '../store/statement.ts';
import type { Tx } from '../store/store.ts';
import type { EventTables } from './event-table.ts';
import type { EventId } from './leaf.ts';

export interface LogRow {
  /** 1, 2, …: each log after the first began because the database was found restored or damaged. */
  log: number;
  origin: string;
  /** The public key, as a vkey. */
  vkey: string;
  /** The seed of the private key, sealed. */
  seed: Uint8Array;
  size: number;
  /** The last checkpoint signed, of exactly `size` events. */
  checkpoint: string;
  signed_at: number;
}

export interface TileRow {
  log: number;
  level: number;
  n: number;
  hashes: Uint8Array;
}

interface LogTables extends EventTables {
  record_log: LogRow;
  record_tile: TileRow;
}

const t = tables<LogTables>();

export const allLogs = t.statement((db) => db.selectFrom('record_log').selectAll().orderBy('log'));

export const newestLog = t.statement((db) =>
  db.selectFrom('record_log').selectAll().orderBy('log', 'desc').limit(1),
);

export const insertLog = t.statement((db, p: LogRow) =>
  db.insertInto('record_log').values({
    log: p.log,
    origin: p.origin,
    vkey: p.vkey,
    seed: p.seed,
    size: p.size,
    checkpoint: p.checkpoint,
    signed_at: p.signed_at,
  }),
);

/** Nothing changes when the log is not of the size that it is advanced from. */
export const advanceLog = t.statement(
  (db, p: { log: number; from: number; size: number; checkpoint: string; now: number }) =>
    db
      .updateTable('record_log')
      .set({ size: p.size, checkpoint: p.checkpoint, signed_at: p.now })
      .where('log', '=', p.log)
      .where('size', '=', p.from),
);

export const tileAt = t.statement((db, p: { log: number; level: number; n: number }) =>
  db
    .selectFrom('record_tile')
    .select('hashes')
    .where('log', '=', p.log)
    .where('level', '=', p.level)
    .where('n', '=', p.n),
);

export const putTile = t.statement((db, p: TileRow) =>
  db
    .insertInto('record_tile')
    .values({ log: p.log, level: p.level, n: p.n, hashes: p.hashes })
    .onConflict((oc) => oc.columns(['log', 'level', 'n']).doUpdateSet({ hashes: p.hashes })),
);

export const pendingIds = t.statement((db, p: { limit: number }) =>
  db.selectFrom('record_pending').select('id').orderBy('id').limit(p.limit),
);

/**
 * No join: PostgreSQL would at times merge the two tables, and read every event that there is. A leaf is null where what waits
 * is not there.
 */
export const pendingLeaves = t.statement((db, p: { limit: number }) =>
  db
    .selectFrom('record_pending')
    .select((eb) => [
      'id',
      eb
        .selectFrom('record_event')
        .select('leaf')
        .whereRef('record_event.id', '=', 'record_pending.id')
        .as('leaf'),
    ])
    .orderBy('id')
    .limit(p.limit),
);

export const countPending = t.statement((db) =>
  db.selectFrom('record_pending').select((eb) => eb.fn.countAll<number>().as('events')),
);

export const leafOf = t.statement((db, p: { id: EventId }) =>
  db.selectFrom('record_event').select('leaf').where('id', '=', p.id),
);

/** Statements over many ids take a fixed number of them, so that they are built once; the last id fills what is left over. */
type ManyIds = { [id: `id${number}`]: EventId };
const SMALL = 16;
const LARGE = 256;

const idsOf = (size: number, p: ManyIds) => Array.from({ length: size }, (_, i) => p[`id${i}`]!); // Slots, all there.

const place = (size: number) =>
  t.statement((db, p: { log: number; first: number } & ManyIds) =>
    db
      .insertInto('record_sequence')
      .columns(['log', 'idx', 'event'])
      .expression((eb) =>
        eb
          .selectFrom('record_pending')
          .select([
            sql<number>`cast(${p.log} as bigint)`.as('log'),
            sql<number>`cast(${p.first} as bigint) + row_number() over (order by id) - 1`.as('idx'),
            'id as event',
          ])
          .where('id', 'in', idsOf(size, p)),
      ),
  );

/** In order, so that those of one subject come side by side. */
const list = (size: number) =>
  t.statement<ManyIds, unknown>((db, p) =>
    db
      .insertInto('record_about')
      .columns(['subject', 'event'])
      .expression((eb) =>
        eb
          .selectFrom('record_event')
          .select([eb.ref('subject').$notNull().as('subject'), 'id as event'])
          .where('id', 'in', idsOf(size, p))
          .where('subject', 'is not', null)
          .orderBy('subject')
          .orderBy('id'),
      )
      // Whoever verifies sees what is missing; what is there twice is not to stop the rest.
      .onConflict((oc) => oc.columns(['subject', 'event']).doNothing()),
  );

const drop = (size: number) =>
  t.statement<ManyIds, unknown>((db, p) =>
    db.deleteFrom('record_pending').where('id', 'in', idsOf(size, p)),
  );

const sizes = [
  { size: LARGE, place: place(LARGE), list: list(LARGE), drop: drop(LARGE) },
  { size: SMALL, place: place(SMALL), list: list(SMALL), drop: drop(SMALL) },
] as const;

/**
 * Gives pending events, in the order of their ids, the places from `first` on, lists them under whom they tell of, and takes them off
 * those that wait. False when one was
 * not pending, and then the transaction must fail.
 */
export async function placePending(
  tx: Tx,
  log: number,
  first: number,
  ids: readonly EventId[],
): Promise<boolean> {
  for (let at = 0; at < ids.length; ) {
    const kind = ids.length - at <= SMALL ? sizes[1] : sizes[0];
    const chunk = ids.slice(at, at + kind.size);
    const many: ManyIds = {};
    for (let i = 0; i < kind.size; i++) many[`id${i}`] = chunk[Math.min(i, chunk.length - 1)]!;
    const placed = await tx.run(kind.place, { log, first: first + at, ...many });
    tx.put(kind.list, many);
    if (placed !== chunk.length || (await tx.run(kind.drop, many)) !== placed) return false;
    at += chunk.length;
  }
  return true;
}
