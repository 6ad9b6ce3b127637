/**
 * A store whose process is killed at a named point: when a statement of some kind has run and is not committed yet, or when
 * it was committed and nobody was told. SIGKILL: nothing of ours runs after it, no handler, no `finally`.
 */
import type { KeptCheckpoint } from '../../server/record/kept-checkpoint.ts';
import type { Store, Tx } from '../../server/store/store.ts';

interface Point {
  /** What the statement says, in either dialect. */
  readonly sql: RegExp;
  /** Before its commit, or once it is durable and nobody heard of it. */
  readonly when: 'before' | 'after';
}

export const POINTS = {
  'before a commit': { sql: /^(?:insert|update|delete)/, when: 'before' },
  'between a commit and its answer': { sql: /^(?:insert|update|delete)/, when: 'after' },
  'before a grant is durable': { sql: /^insert into "session"/, when: 'before' },
  'between a grant and its answer': { sql: /^insert into "session"/, when: 'after' },
  'before a used code is durable': { sql: /^update "proof"/, when: 'before' },
  'between a used code and its answer': { sql: /^update "proof"/, when: 'after' },
  'before a session’s end is durable': {
    sql: /^update "session" set "ended_at"/,
    when: 'before',
  },
  'between a session’s end and its answer': {
    sql: /^update "session" set "ended_at"/,
    when: 'after',
  },
  'before a person’s key is destroyed': {
    sql: /^update "vault_data_key" set "wrapped" = \S+, "ring_version" = \S+, "destroyed_at"/,
    when: 'before',
  },
  'once a person’s key is destroyed': {
    sql: /^update "vault_data_key" set "wrapped" = \S+, "ring_version" = \S+, "destroyed_at"/,
    when: 'after',
  },
  'before a batch of the record is durable': { sql: /^update "record_log"/, when: 'before' },
  'once a batch of the record is durable': { sql: /^update "record_log"/, when: 'after' },
  'before a rotation has begun': { sql: /^insert into "vault_ring_secret"/, when: 'before' },
  'once a rotation has begun': { sql: /^insert into "vault_ring_secret"/, when: 'after' },
  'in the middle of a rotation': {
    sql: /^update "vault_data_key" set "wrapped" = \S+, "ring_version" = \S+ where/,
    when: 'after',
  },
  'before an old key is destroyed': { sql: /^delete from "vault_ring_secret"/, when: 'before' },
  'once an old key is destroyed': { sql: /^delete from "vault_ring_secret"/, when: 'after' },
  'before policies are durable': { sql: /^insert into "policy_set"/, when: 'before' },
  'between policies and their answer': { sql: /^insert into "policy_set"/, when: 'after' },
  'before a checkpoint is kept': { sql: /^keep/, when: 'before' },
  'once a checkpoint is kept': { sql: /^keep/, when: 'after' },
  'before a migration is durable': { sql: /^insert into "migration"/, when: 'before' },
  'between two migrations': { sql: /^insert into "migration"/, when: 'after' },
} as const satisfies Record<string, Point>;

export type PointName = keyof typeof POINTS;

export interface Killing {
  /** From now on what is done counts; and the one that the plan names is the last. */
  arm(): void;
  readonly aroundStore: (store: Store) => Store;
  readonly aroundKept: (kept: KeptCheckpoint) => KeptCheckpoint;
}

export function killAt(plan: { point: PointName; nth: number } | undefined): Killing {
  let armed = false;
  let met = 0;
  const point: Point | undefined = plan && POINTS[plan.point];

  /** Whether this is where it ends. Counts what matches the plan's point. */
  function isLast(sql: string): boolean {
    if (!armed || point === undefined || !point.sql.test(sql)) return false;
    met += 1;
    return met === plan?.nth;
  }

  function aroundTx(tx: Tx, note: () => void): Tx {
    return {
      one(statement, parameters) {
        if (isLast(statement.compile(dialect).sql)) note();
        return tx.one(statement, parameters);
      },
      all: (statement, parameters) => tx.all(statement, parameters),
      run(statement, parameters) {
        if (isLast(statement.compile(dialect).sql)) note();
        return tx.run(statement, parameters);
      },
      put(statement, parameters) {
        if (isLast(statement.compile(dialect).sql)) note();
        tx.put(statement, parameters);
      },
      expect(statement, parameters, otherwise) {
        if (isLast(statement.compile(dialect).sql)) note();
        tx.expect(statement, parameters, otherwise);
      },
      afterCommit: (effect) => tx.afterCommit(effect),
    };
  }

  // The text is the same in both dialects as far as the points above look.
  const dialect = 'sqlite';

  return {
    arm() {
      armed = true;
    },
    aroundStore: (store) => ({
      dialect: store.dialect,
      read: (work) => store.read(work),
      async write(work) {
        let last = false;
        const value = await store.write(async (tx) => {
          const given = await work(
            aroundTx(tx, () => {
              last = true;
            }),
          );
          if (last && point?.when === 'before') die();
          return given;
        });
        if (last) die();
        return value;
      },
      close: () => store.close(),
    }),
    aroundKept: (kept) => ({
      read: () => kept.read(),
      async write(note) {
        const last = isLast('keep');
        if (last && point?.when === 'before') die();
        await kept.write(note);
        if (last) die();
      },
    }),
  };
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment; nothing may happen in it.
  for (;;);
}
