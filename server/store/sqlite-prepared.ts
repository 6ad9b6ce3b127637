/**
 * A prepared statement whose rows are plain objects. They are put together here from the arrays that SQLite's binding gives on
 * request: its own objects take twice as long to make, and are slow to read.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';

type Row = Record<string, unknown>;

export interface Prepared {
  /** The first row. */
  one(values: readonly SQLInputValue[]): Row | undefined;
  all(values: readonly SQLInputValue[]): Row[];
  /** How many rows it changed. */
  run(values: readonly SQLInputValue[]): number;
}

export function prepareSqlite(database: DatabaseSync, sql: string): Prepared {
  const statement = database.prepare(sql);
  statement.setReturnArrays(true);
  let names: readonly string[] | undefined;

  function rowOf(values: readonly unknown[]): Row {
    // Columns that a migration adds while others of the process hold the statement come at the end.
    if (names?.length !== values.length) names = statement.columns().map(({ name }) => name);
    const row: Row = {};
    for (let i = 0; i < names.length; i++) row[names[i]!] = values[i]; // Within the length.
    return row;
  }

  return {
    one(values) {
      // Arrays, since that is what was asked for; the types don't tell.
      const found = statement.get(...values) as unknown as unknown[] | undefined;
      return found && rowOf(found);
    },
    all: (values) => (statement.all(...values) as unknown as unknown[][]).map(rowOf),
    run: (values) => Number(statement.run(...values).changes),
  };
}
