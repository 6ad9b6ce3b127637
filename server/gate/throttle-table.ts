import { sql } from 'kysely';
import { tables } from '../store/statement.ts';

export interface ThrottleRow {
  key: Uint8Array;
  failures: number;
  blocked_until: number;
  expires_at: number;
}

const t = tables<{ throttle: ThrottleRow }>();

/**
 * Counts one failure and locks the row, unless the key is blocked: then no row comes back. One statement, so that of a
 * hundred requests at once each sees the count of those before it.
 */
export const countFailure = t.statement((db, p: { key: Uint8Array; now: number; forget: number }) =>
  db
    .insertInto('throttle')
    .values({ key: p.key, failures: 1, blocked_until: 0, expires_at: p.forget })
    .onConflict((oc) =>
      oc
        .column('key')
        .doUpdateSet({
          failures: sql<number>`case when throttle.expires_at <= ${p.now} then 1 else throttle.failures + 1 end`,
          expires_at: p.forget,
        })
        .where('throttle.blocked_until', '<=', p.now),
    )
    .returning('failures'),
);

export const block = t.statement((db, p: { key: Uint8Array; until: number }) =>
  db.updateTable('throttle').set({ blocked_until: p.until }).where('key', '=', p.key),
);

export const throttleByKey = t.statement((db, p: { key: Uint8Array }) =>
  db.selectFrom('throttle').selectAll().where('key', '=', p.key),
);

export const throttlesByKey = t.statement((db, p: { a: Uint8Array; b: Uint8Array }) =>
  db.selectFrom('throttle').selectAll().where('key', 'in', [p.a, p.b]),
);

/** A key that let a right proof through was not blocked before it, and is not to be by it. */
export const uncountFailure = t.statement((db, p: { key: Uint8Array }) =>
  db
    .updateTable('throttle')
    .set((eb) => ({ failures: eb('failures', '-', 1), blocked_until: 0 }))
    .where('key', '=', p.key)
    .where('failures', '>', 0),
);

export const clearFailures = t.statement((db, p: { key: Uint8Array }) =>
  db.deleteFrom('throttle').where('key', '=', p.key),
);

export const forgetThrottles = t.statement((db, p: { now: number }) =>
  db.deleteFrom('throttle').where('expires_at', '<=', p.now),
);
