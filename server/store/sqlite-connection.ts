/** One connection to the embedded database: its settings, its prepared statements, its errors. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Fault } from '../kernel/fault.ts';
import { type Prepared, prepareSqlite } from './sqlite-prepared.ts';
import { bind, type Statement } from './statement.ts';
import type { Queries, Tx } from './store.ts';

/** How long SQLite itself, and so the whole process, waits for another process: a command that writes beside the server. */
const BUSY_TIMEOUT = 50;
/** And when it opens the file, which another may be recovering. */
const OPEN_TIMEOUT = 5_000;

export interface OpenTransaction {
  readonly tx: Tx;
  readonly effects: readonly (() => void)[];
  /** Whether there may be anything to take back. */
  changed(): boolean;
  /** The first error of a statement. After it the transaction can't be kept, whatever its work makes of it. */
  failure(): unknown;
  /** Later statements are refused. */
  end(): void;
}

export interface SqliteConnection {
  readonly queries: Queries;
  /** Changes whenever another connection, of this process or another, committed (https://sqlite.org/pragma.html#pragma_data_version). */
  version(): number;
  /** Runs one of the store's own commands. */
  run(sql: string): void;
  row(sql: string): unknown;
  inTransaction(): boolean;
  /** Ends a transaction, if one is open. Never throws. */
  rollback(): void;
  /** What one piece of work does within the transaction that is open. */
  transaction(): OpenTransaction;
  close(): void;
}

export function connectSqlite(file: string): SqliteConnection {
  const database = new DatabaseSync(file, {
    enableForeignKeyConstraints: true,
    timeout: OPEN_TIMEOUT,
  });
  database.exec('pragma journal_mode = wal');
  // Checkpoints sync by themselves; for each commit, sqlite-log.ts does.
  database.exec('pragma synchronous = normal');
  // Erasure means it: what is deleted or overwritten leaves no copy in free pages.
  database.exec('pragma secure_delete = on');
  database.exec('pragma trusted_schema = off');
  database.exec('pragma cache_size = -16384');
  // Pages that a savepoint would bring back stay in memory.
  database.exec('pragma temp_store = memory');
  database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT}`);

  const lasting = new Map<unknown, Prepared>();
  /** Prepared once per connection for each key: a statement of a room, or the text of one of the store's own. */
  function prepare(key: unknown, sql: string): Prepared {
    let prepared = lasting.get(key);
    if (prepared === undefined) {
      prepared = prepareSqlite(database, sql);
      lasting.set(key, prepared);
    }
    return prepared;
  }

  function execute<P, R, T>(
    statement: Statement<P, R>,
    parameters: P,
    use: (prepared: Prepared, values: SQLInputValue[]) => T,
  ): T {
    const compiled = statement.compile('sqlite');
    // Kysely's types let only values of the columns' types in, all of which SQLite takes.
    const values = bind(compiled, parameters as object) as SQLInputValue[];
    try {
      const { sql } = compiled;
      return use(
        statement.lasting ? prepare(statement, sql) : prepareSqlite(database, sql),
        values,
      );
    } catch (cause) {
      throw sqliteFault(cause);
    }
  }

  const queries: Queries = {
    async one<P, R>(statement: Statement<P, R>, parameters: P) {
      return execute(statement, parameters, (s, values) => s.one(values) as R | undefined);
    },
    async all<P, R>(statement: Statement<P, R>, parameters: P) {
      return execute(statement, parameters, (s, values) => s.all(values) as R[]);
    },
  };

  function transaction(): OpenTransaction {
    const effects: (() => void)[] = [];
    let open = true;
    let changed = false;
    let failure: unknown;

    function check() {
      if (!open) throw new Fault('store.misuse', 'a transaction was used after its end');
    }

    function change<P, R, T>(
      statement: Statement<P, R>,
      parameters: P,
      use: (prepared: Prepared, values: SQLInputValue[]) => T,
    ): T {
      check();
      // PostgreSQL refuses what follows a failed statement; work that relies on more must fail here too.
      if (failure !== undefined) throw failure;
      changed ||= !reads(statement);
      try {
        return execute(statement, parameters, use);
      } catch (error) {
        failure = error;
        throw error;
      }
    }

    return {
      tx: {
        async one<P, R>(statement: Statement<P, R>, parameters: P) {
          return change(statement, parameters, (s, values) => s.one(values) as R | undefined);
        },
        async all<P, R>(statement: Statement<P, R>, parameters: P) {
          return change(statement, parameters, (s, values) => s.all(values) as R[]);
        },
        async run(statement, parameters) {
          return change(statement, parameters, (s, values) => s.run(values));
        },
        put(statement, parameters) {
          check();
          // Nobody sees what it finds: it is to hold rows, and here there is one writer.
          if (reads(statement)) return;
          try {
            change(statement, parameters, (s, values) => s.run(values));
          } catch {
            // Kept as the transaction's failure.
          }
        },
        expect(statement, parameters, otherwise) {
          check();
          const rows = reads(statement)
            ? (s: Prepared, values: SQLInputValue[]) => s.all(values).length
            : (s: Prepared, values: SQLInputValue[]) => s.run(values);
          try {
            if (change(statement, parameters, rows) !== 1) failure = otherwise;
          } catch {
            // Kept as the transaction's failure.
          }
        },
        afterCommit(effect) {
          check();
          effects.push(effect);
        },
      },
      effects,
      changed: () => changed,
      failure: () => failure,
      end() {
        open = false;
      },
    };
  }

  const dataVersion = database.prepare('pragma data_version');
  dataVersion.setReturnArrays(true);

  return {
    queries,
    version: () => (dataVersion.get() as unknown as [number])[0], // One row of one number.
    run: (sql) => void prepare(sql, sql).run([]),
    row: (sql) => prepare(sql, sql).one([]),
    inTransaction: () => database.isTransaction,
    rollback() {
      try {
        if (database.isTransaction) database.exec('rollback');
      } catch {
        // The connection is beyond use; the next begin says so.
      }
    },
    transaction,
    close: () => database.close(),
  };
}

function reads(statement: Statement<never, unknown>): boolean {
  return statement.compile('sqlite').sql.startsWith('select ');
}

const BUSY = 5;
const CONSTRAINT = 19;

/** The primary result code of an error of SQLite (https://sqlite.org/rescode.html). */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: number }).errcode;
  return code === undefined ? undefined : code & 0xff;
}

export function isBusy(error: unknown): boolean {
  return codeOf(error) === BUSY;
}

/** Tells a rule that said no from a database that can't be used; anything else stays as it is. */
export function sqliteFault(cause: unknown): unknown {
  const code = codeOf(cause);
  if (code === undefined) return cause;
  if (code === CONSTRAINT) {
    return new Fault('store.conflict', 'a rule of the database was broken', { cause });
  }
  return new Fault('store.unavailable', 'the database failed', { cause });
}
