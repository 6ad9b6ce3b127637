/** One connection to the embedded database: its settings, its prepared statements, its errors. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Fault } from '../kernel/fault.ts';
import { type Changes, type Touch, touchOf } from './sqlite-changes.ts';
import { type Prepared, prepareSqlite } from './sqlite-prepared.ts';
import { bind, type Compiled, type Statement } from './statement.ts';
import type { Queries, Tx } from './store.ts';

/** How long SQLite itself, and so the whole process, waits for another process: a command that writes beside the server. */
const BUSY_TIMEOUT = 50;
/** And when it opens the file, which another may be recovering. */
const OPEN_TIMEOUT = 5_000;

/** The number of the page that no database uses: its locks lie there (https://sqlite.org/fileformat2.html#the_lock_byte_page). */
const LOCK_PAGE = 262_145;

/**
 * How many KiB of pages a connection keeps, for a database of so many pages. To put pages in order that were split, SQLite borrows the
 * number of the lock page for a moment; then each commit goes through all pages that are kept, looking for those beyond the end. So few are
 * kept, until the end itself lies beyond.
 */
export function cacheOf(pages: number): number {
  return pages < LOCK_PAGE ? 4096 : 16_384;
}

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
  /** What one piece of work does within the transaction that is open. `changes` is told of what it touches. */
  transaction(changes: Pick<Changes, 'touched' | 'markWithin'>): OpenTransaction;
  close(): void;
}

/** A statement as it is used again and again. */
interface Ready {
  readonly prepared: Prepared;
  readonly compiled: Compiled;
  readonly touch: Touch | undefined;
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
  const { page_count: pages } = database.prepare('pragma page_count').get() as {
    page_count: number; // As SQLite documents it.
  };
  database.exec(`pragma cache_size = -${cacheOf(pages)}`);
  // Pages that a savepoint would bring back stay in memory.
  database.exec('pragma temp_store = memory');
  database.exec(`pragma busy_timeout = ${BUSY_TIMEOUT}`);

  const lasting = new Map<unknown, Ready>();
  /** Prepared once per connection for each key: a statement of a room, or the text of one of the store's own. */
  function own(sql: string): Prepared {
    return (lasting.get(sql) ?? keep(sql, { sql, values: [] })).prepared;
  }

  function keep(key: unknown, compiled: Compiled): Ready {
    const ready = make(compiled);
    lasting.set(key, ready);
    return ready;
  }

  function make(compiled: Compiled): Ready {
    const { sql } = compiled;
    return { prepared: prepareSqlite(database, sql), compiled, touch: touchOf(sql) };
  }

  function readyFor<P, R>(statement: Statement<P, R>): Ready {
    const known = lasting.get(statement);
    if (known !== undefined) return known;
    const compiled = statement.compile('sqlite');
    try {
      return statement.lasting ? keep(statement, compiled) : make(compiled);
    } catch (cause) {
      throw sqliteFault(cause);
    }
  }

  function execute<T>(
    { prepared, compiled }: Ready,
    parameters: unknown,
    use: (prepared: Prepared, values: SQLInputValue[]) => T,
  ): T {
    // Kysely's types let only values of the columns' types in, all of which SQLite takes.
    const values = bind(compiled, parameters as object) as SQLInputValue[];
    try {
      return use(prepared, values);
    } catch (cause) {
      throw sqliteFault(cause);
    }
  }

  /** What rows there are says the statement's type, which was made with its text. */
  const queries: Queries = {
    async one<P, R>(statement: Statement<P, R>, parameters: P) {
      return execute(readyFor(statement), parameters, first) as R | undefined;
    },
    async all<P, R>(statement: Statement<P, R>, parameters: P) {
      return execute(readyFor(statement), parameters, every) as R[];
    },
  };

  function transaction(changes: Pick<Changes, 'touched' | 'markWithin'>): OpenTransaction {
    const effects: (() => void)[] = [];
    let open = true;
    let changed = false;
    let failure: unknown;

    function check() {
      if (!open) throw new Fault('store.misuse', 'a transaction was used after its end');
    }

    function change<T>(
      statement: Statement<never, unknown>,
      parameters: unknown,
      use: (prepared: Prepared, values: SQLInputValue[]) => T,
    ): T {
      check();
      // PostgreSQL refuses what follows a failed statement; work that relies on more must fail here too.
      if (failure !== undefined) throw failure;
      try {
        const ready = readyFor(statement);
        const { touch } = ready;
        if (touch === undefined) return execute(ready, parameters, use);
        changed = true;
        const done = execute(ready, parameters, use);
        if (done !== 0) changes.touched(touch);
        return done;
      } catch (error) {
        failure = error;
        throw error;
      }
    }

    return {
      tx: {
        async one<P, R>(statement: Statement<P, R>, parameters: P) {
          return change(statement, parameters, first) as R | undefined;
        },
        async all<P, R>(statement: Statement<P, R>, parameters: P) {
          return change(statement, parameters, every) as R[];
        },
        async run(statement, parameters) {
          return change(statement, parameters, run);
        },
        put(statement, parameters) {
          check();
          // Nobody sees what it finds: it is to hold rows, and here there is one writer.
          if (reads(statement)) return;
          try {
            change(statement, parameters, run);
          } catch {
            // Kept as the transaction's failure.
          }
        },
        expect(statement, parameters, otherwise) {
          check();
          try {
            const rows = change(statement, parameters, reads(statement) ? count : run);
            if (rows !== 1) failure = otherwise;
          } catch {
            // Kept as the transaction's failure.
          }
        },
        afterCommit(effect) {
          check();
          effects.push(effect);
        },
        markOf: (footing) => changes.markWithin(footing),
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
    run: (sql) => void own(sql).run([]),
    row: (sql) => own(sql).one([]),
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

const first = (prepared: Prepared, values: SQLInputValue[]) => prepared.one(values);
const every = (prepared: Prepared, values: SQLInputValue[]) => prepared.all(values);
const count = (prepared: Prepared, values: SQLInputValue[]) => prepared.all(values).length;
const run = (prepared: Prepared, values: SQLInputValue[]) => prepared.run(values);

function reads(statement: Statement<never, unknown>): boolean {
  return statement.compile('sqlite').sql.startsWith('select ');
}

const BUSY = 5;
const CORRUPT = 11;
const CONSTRAINT = 19;
const NOT_A_DATABASE = 26;

/** The primary result code of an error of SQLite (https://sqlite.org/rescode.html). */
function codeOf(error: unknown): number | undefined {
  const code = (error as { errcode?: number } | undefined)?.errcode;
  return code === undefined ? undefined : code & 0xff;
}

export function isBusy(error: unknown): boolean {
  return codeOf(error) === BUSY;
}

/** The file is not as SQLite left it: it was damaged, or is none of its own. */
export function isDamaged(error: unknown): boolean {
  const code = codeOf(error);
  return code === CORRUPT || code === NOT_A_DATABASE;
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
