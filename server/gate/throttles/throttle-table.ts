import { sql } from 'kysely';
import { tables } from '../../store/statement.ts';

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

/** How a count slows down: nothing below what is free, then the first wait, doubled with each failure up to the longest. */
export interface Slowing {
  readonly free: number;
  readonly first: number;
  readonly longest: number;
  readonly cost: number;
}

interface Counting {
  key: Uint8Array;
  now: number;
  /** `now` and the cost. */
  once: number;
  /** Keys that must not be blocked either; `key` itself where there are none. */
  source: Uint8Array;
  within: Uint8Array;
  spray: Uint8Array;
  /** When the source, or what it lies in, is emptied at this time or later, it is at its limit. */
  sourceFull: number;
  withinFull: number;
}

/**
 * Counts one failure and locks the row, unless the key or a shared one is blocked: then no row comes back. One statement, so
 * that of a hundred requests at once each sees the count of those before it, and nothing has to be undone.
 */
export function countFailure({ free, first, longest, cost }: Slowing) {
  const doublings = Math.ceil(Math.log2(longest / first));
  const double = sql.lit(2 * cost);
  return t.statement((db, p: Counting) => {
    const from = (wait: number) => sql<number>`cast(${p.now} as bigint) + ${sql.lit(wait)}`;
    const fresh = free > 1 ? sql<number>`0` : from(Math.min(first, longest));
    // With this failure, rounded to whole ones, as `failuresOf` does.
    const failures = sql`(2 * (throttle.empty_at - ${p.now}) + ${sql.lit(3 * cost)}) / ${double}`;
    const over = sql`${failures} - ${sql.lit(free)}`;
    return db
      .insertInto('throttle')
      .columns(['key', 'empty_at', 'blocked_until'])
      .expression(
        db
          .selectNoFrom([
            sql<Uint8Array>`${p.key}`.as('key'),
            sql<number>`${p.once}`.as('empty_at'),
            fresh.as('blocked_until'),
          ])
          .where((eb) =>
            eb.not(
              eb.exists(
                eb
                  .selectFrom('throttle as shared')
                  .select(sql<number>`1`.as('one'))
                  .where('shared.key', 'in', [p.source, p.within, p.spray])
                  .where((eb) =>
                    eb.or([
                      eb('shared.blocked_until', '>', p.now),
                      eb.and([
                        eb('shared.key', '=', p.source),
                        eb('shared.empty_at', '>=', p.sourceFull),
                      ]),
                      eb.and([
                        eb('shared.key', '=', p.within),
                        eb('shared.empty_at', '>=', p.withinFull),
                      ]),
                    ]),
                  ),
              ),
            ),
          ),
      )
      .onConflict((oc) =>
        oc
          .column('key')
          .doUpdateSet((eb) => ({
            empty_at: eb
              .case()
              .when('throttle.empty_at', '>', p.now)
              .then(sql<number>`throttle.empty_at + ${sql.lit(cost)}`)
              .else(p.once)
              .end(),
            blocked_until: sql<number>`case
              when throttle.empty_at <= ${p.now} then ${fresh}
              when ${over} < 0 then 0
              when ${over} >= ${sql.lit(doublings)} then ${from(longest)}
              else ${from(0)} + (cast(${sql.lit(first)} as bigint) << cast(${over} as integer))
            end`,
          }))
          .where('throttle.blocked_until', '<=', p.now),
      )
      .returning(['empty_at', 'blocked_until']);
  });
}

/**
 * A row, unless the account or a shared key is blocked, or the source or what it lies in is at its limit: looks, and counts nothing.
 * `counted` is 1 where anything is counted for the account. Each key is looked for by itself: for a list of them SQLite makes a table
 * first, which takes as long as all the rest.
 */
export const unblocked = t.statement(
  (
    db,
    p: Pick<Counting, 'now' | 'source' | 'within' | 'spray' | 'sourceFull' | 'withinFull'> & {
      readonly account: Uint8Array;
    },
  ) => {
    const of = (key: Uint8Array) =>
      db.selectFrom('throttle').select(sql<number>`1`.as('one')).where('key', '=', key);
    const blocked = (key: Uint8Array) => of(key).where('blocked_until', '>', p.now);
    const blockedOrFull = (key: Uint8Array, full: number) =>
      of(key).where((eb) => eb.or([eb('blocked_until', '>', p.now), eb('empty_at', '>=', full)]));
    return db
      .selectNoFrom((eb) =>
        eb
          .selectFrom('throttle')
          .select((of) => of.fn.countAll<number>().as('rows'))
          .where('key', '=', p.account)
          .as('counted'),
      )
      .where((eb) => eb.not(eb.exists(blocked(p.account))))
      .where((eb) => eb.not(eb.exists(blockedOrFull(p.source, p.sourceFull))))
      .where((eb) => eb.not(eb.exists(blockedOrFull(p.within, p.withinFull))))
      .where((eb) => eb.not(eb.exists(blocked(p.spray))));
  },
);

export const throttleByKey = t.statement((db, p: { key: Uint8Array }) =>
  db.selectFrom('throttle').selectAll().where('key', '=', p.key),
);

/** Of a source and what it lies in, whichever waits longer; the same key twice where it lies in nothing. Null for neither. */
export const blockedByEither = t.statement((db, p: { source: Uint8Array; within: Uint8Array }) =>
  db
    .selectFrom('throttle')
    .select((eb) => eb.fn.max<number | null>('blocked_until').as('until'))
    .where('key', 'in', [p.source, p.within]),
);

/** A key that let a right proof through was not blocked before it, and is not to be by it. */
export const uncountFailure = t.statement((db, p: { key: Uint8Array; cost: number }) =>
  db
    .updateTable('throttle')
    .set((eb) => ({ empty_at: eb('empty_at', '-', p.cost), blocked_until: 0 }))
    .where('key', '=', p.key),
);

/** What that would leave empty, is gone instead: no row says the same. */
export const dropFailure = t.statement((db, p: { key: Uint8Array; cost: number; now: number }) =>
  db
    .deleteFrom('throttle')
    .where('key', '=', p.key)
    .where((eb) => eb(eb('empty_at', '-', p.cost), '<=', p.now)),
);

export const clearFailures = t.statement((db, p: { key: Uint8Array }) =>
  db.deleteFrom('throttle').where('key', '=', p.key),
);

export const forgetThrottles = t.statement((db, p: { now: number }) =>
  db.deleteFrom('throttle').where('empty_at', '<=', p.now).where('blocked_until', '<=', p.now),
);
