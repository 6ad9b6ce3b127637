import { tables } from '../store/statement.ts';

/**
 * A count that leaks: a failure fills it by `cost` milliseconds, and time empties it. So what is free within a span is
 * forgotten within that span, and the mistakes of honest people never add up to a wait for everyone.
 */
export interface ThrottleRow {
  key: Uint8Array;
  empty_at: number;
  blocked_until: number;
}

const t = tables<{ throttle: ThrottleRow }>();

/**
 * Counts one failure and locks the row, unless the key is blocked: then no row comes back. One statement, so that of a
 * hundred requests at once each sees the count of those before it.
 */
export const countFailure = t.statement(
  (db, p: { key: Uint8Array; now: number; cost: number; first: number }) =>
    db
      .insertInto('throttle')
      .values({ key: p.key, empty_at: p.first, blocked_until: 0 })
      .onConflict((oc) =>
        oc
          .column('key')
          .doUpdateSet((eb) => ({
            empty_at: eb
              .case()
              .when('throttle.empty_at', '>', p.now)
              .then(eb('throttle.empty_at', '+', p.cost))
              .else(p.first)
              .end(),
          }))
          .where('throttle.blocked_until', '<=', p.now),
      )
      .returning('empty_at'),
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
export const uncountFailure = t.statement((db, p: { key: Uint8Array; cost: number }) =>
  db
    .updateTable('throttle')
    .set((eb) => ({ empty_at: eb('empty_at', '-', p.cost), blocked_until: 0 }))
    .where('key', '=', p.key),
);

export const clearFailures = t.statement((db, p: { key: Uint8Array }) =>
  db.deleteFrom('throttle').where('key', '=', p.key),
);

export const forgetThrottles = t.statement((db, p: { now: number }) =>
  db.deleteFrom('throttle').where('empty_at', '<=', p.now).where('blocked_until', '<=', p.now),
);
