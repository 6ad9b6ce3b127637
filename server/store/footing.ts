import { Fault } from '../kernel/fault.ts';
import type { Statement } from './statement.ts';
import type { Footing, Queries } from './store.ts';

/** Whatever stands where a table may. Under another name a table comes first: `"session" as "s"`. */
const TABLE = /\b(?:from|join|into|update)\s+"(\w+)"/gi;

export interface Guard {
  /** Reads of these tables alone: what rests on others would be kept for longer than it holds. */
  over(q: Queries): Queries;
}

/** A footing is written by hand, beside the code that reads; this finds a table that was forgotten there, at the first reading. */
export function guarding(footing: Footing): Guard {
  const covered = depths(footing);
  const unread = Object.entries(footing.unread ?? {});
  const checked = new WeakSet<object>();

  function check(statement: Statement<never, unknown>): void {
    if (checked.has(statement)) return;
    const { sql } = statement.compile('sqlite');
    for (const [, table = ''] of sql.matchAll(TABLE)) require(table, 0);
    for (const [table, columns] of unread) {
      // By its name alone: it may be another table's.
      if (sql.includes('*') || columns.some((column) => sql.includes(`"${column}"`)))
        misread(table);
    }
    checked.add(statement);
  }

  function checkInner(inner: Footing): void {
    const depth = depths(inner);
    for (const [table, of] of depth) require(table, of);
    for (const [table, columns] of unread) {
      const left = inner.unread?.[table] ?? [];
      if (depth.has(table) && !columns.every((column) => left.includes(column))) misread(table);
    }
  }

  function misread(table: string): never {
    throw new Fault('store.misuse', `what is kept reads more of ${table} than its footing says`);
  }

  function require(table: string, depth: number): void {
    if ((covered.get(table) ?? -1) >= depth) return;
    throw new Fault('store.misuse', `what is kept rests on ${table}, which its footing leaves out`);
  }

  return {
    over: (q) => ({
      async one(statement, parameters) {
        check(statement);
        return q.one(statement, parameters);
      },
      async all(statement, parameters) {
        check(statement);
        return q.all(statement, parameters);
      },
      markOf(inner) {
        checkInner(inner);
        return q.markOf?.(inner);
      },
    }),
  };
}

/** How much of each table counts. */
function depths({ existing, rows, tables }: Footing): ReadonlyMap<string, number> {
  return new Map(
    [existing, rows, tables].flatMap((of, depth) => of.map((table) => [table, depth] as const)),
  );
}
