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
  const checked = new WeakSet<object>();

  function check(statement: Statement<never, unknown>): void {
    if (checked.has(statement)) return;
    const { sql } = statement.compile('sqlite');
    for (const [, table = ''] of sql.matchAll(TABLE)) require(table, 0);
    checked.add(statement);
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
        for (const [table, depth] of depths(inner)) require(table, depth);
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
