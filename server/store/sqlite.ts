/**
 * The embedded database: one file, one writer, many readers (WAL).
 *
 * Group commit: requests that want to write wait in one queue; each runs inside the open transaction behind a savepoint of its
 * own, and one commit, so one fsync, makes all of them durable before any of them is answered (`synchronous=FULL`).
 */
import { chmodSync, existsSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { Fault } from '../kernel/fault.ts';
import { bind, type Statement } from './statement.ts';
import type { Queries, Store, Tx } from './store.ts';

/** How many transactions share a commit at most: bounds what a crash makes everyone repeat, and the wait of the first. */
const GROUP = 256;
/** A transaction that awaits something other than the database would hold up all others. */
const STUCK_AFTER = 10_000;

interface Job {
  readonly work: (tx: Tx) => Promise<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

interface Finished {
  readonly job: Job;
  readonly value: unknown;
  readonly effects: readonly (() => void)[];
}

export interface SqliteOptions {
  /** A file, or ':memory:' for tests that need no durability. */
  readonly file: string;
  /** Told after each commit how many transactions it held. */
  readonly onCommit?: (transactions: number) => void;
}

export function openSqlite(options: SqliteOptions): Store {
  const isNew = options.file !== ':memory:' && !existsSync(options.file);
  const writer = connect(options.file);
  if (isNew) chmodSync(options.file, 0o600);
  const reader = options.file === ':memory:' ? writer : connect(options.file);
  if (reader !== writer) reader.database.exec('pragma query_only = on');

  let queue: Job[] = [];
  let running: Promise<void> | undefined;
  let closed = false;

  async function drain(): Promise<void> {
    // One turn of the loop: what arrived together commits together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const group = queue.slice(0, GROUP);
      queue = queue.slice(GROUP);
      await commitGroup(group);
    }
    running = undefined;
  }

  async function commitGroup(group: readonly Job[]): Promise<void> {
    const finished: Finished[] = [];
    try {
      writer.run('begin immediate');
      for (const job of group) await runJob(job, finished);
      writer.run('commit');
    } catch (cause) {
      writer.rollback();
      const fault = new Fault('store.unavailable', 'the database did not commit', { cause });
      for (const { job } of finished) job.reject(fault);
      for (const job of group) job.reject(fault);
      return;
    }
    options.onCommit?.(finished.length);
    for (const { job, value, effects } of finished) {
      for (const effect of effects) effect();
      job.resolve(value);
    }
  }

  /** Runs one job behind its savepoint. Throws only when the whole group is lost. */
  async function runJob(job: Job, finished: Finished[]): Promise<void> {
    const effects: (() => void)[] = [];
    const tx = writer.transaction(effects);
    writer.run('savepoint job');
    try {
      const value = await settled(job.work(tx));
      writer.run('release job');
      finished.push({ job, value, effects });
    } catch (reason) {
      writer.run('rollback to job');
      writer.run('release job');
      job.reject(reason);
    } finally {
      tx.end();
    }
  }

  return {
    dialect: 'sqlite',
    async read(work) {
      if (closed) throw new Fault('store.misuse', 'the database is closed');
      return work(reader.queries);
    },
    write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(new Fault('store.misuse', 'the database is closed'));
      return new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject });
        running ??= drain();
      });
    },
    async close() {
      closed = true;
      await running;
      if (reader !== writer) reader.database.close();
      writer.database.close();
    },
  };
}

/** Resolves with the work, or fails once it has hung for longer than any use of a database takes. */
function settled<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<never>((_, reject) => {
    // Started a turn later: nearly all work is done before any timer would be made.
    timer = setTimeout(() => {
      reject(
        new Fault('store.misuse', 'a transaction waited for something other than the database'),
      );
    }, STUCK_AFTER);
  });
  return Promise.race([work, stuck]).finally(() => clearTimeout(timer));
}

function connect(file: string) {
  const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5000 });
  database.exec('pragma journal_mode = wal');
  database.exec('pragma synchronous = full');
  // Erasure means it: what is deleted or overwritten leaves no copy in free pages.
  database.exec('pragma secure_delete = on');
  database.exec('pragma trusted_schema = off');
  database.exec('pragma cache_size = -16384');

  const lasting = new Map<unknown, StatementSync>();
  /** Prepared once per connection for each key, the statement itself or the text of one of our own. */
  function prepare(key: unknown, sql: string): StatementSync {
    let prepared = lasting.get(key);
    if (prepared === undefined) {
      prepared = database.prepare(sql);
      lasting.set(key, prepared);
    }
    return prepared;
  }

  function execute<P, R, T>(
    statement: Statement<P, R>,
    parameters: P,
    use: (prepared: StatementSync, values: SQLInputValue[]) => T,
  ): T {
    const compiled = statement.compile('sqlite');
    // Kysely's types let only values of the columns' types in, all of which SQLite takes.
    const values = bind(compiled, parameters as object) as SQLInputValue[];
    try {
      const { sql } = compiled;
      return use(statement.lasting ? prepare(statement, sql) : database.prepare(sql), values);
    } catch (cause) {
      throw sqliteFault(cause);
    }
  }

  const queries: Queries = {
    async one<P, R>(statement: Statement<P, R>, parameters: P) {
      return execute(statement, parameters, (s, values) => s.get(...values) as R | undefined);
    },
    async all<P, R>(statement: Statement<P, R>, parameters: P) {
      return execute(statement, parameters, (s, values) => s.all(...values) as R[]);
    },
  };

  return {
    database,
    queries,
    run: (sql: string) => void prepare(sql, sql).run(),
    rollback() {
      try {
        if (database.isTransaction) database.exec('rollback');
      } catch {
        // The connection is beyond use; the next begin says so.
      }
    },
    transaction(effects: (() => void)[]): Tx & { end(): void } {
      let open = true;
      const check = () => {
        if (!open) throw new Fault('store.misuse', 'a transaction was used after its end');
      };
      return {
        async one(statement, parameters) {
          check();
          return queries.one(statement, parameters);
        },
        async all(statement, parameters) {
          check();
          return queries.all(statement, parameters);
        },
        async run(statement, parameters) {
          check();
          return execute(statement, parameters, (s, values) => Number(s.run(...values).changes));
        },
        afterCommit(effect) {
          check();
          effects.push(effect);
        },
        end() {
          open = false;
        },
      };
    },
  };
}

/** SQLite's result codes, as far as they tell a conflict apart from a database that can't be used. */
function sqliteFault(cause: unknown): unknown {
  const code = (cause as { errcode?: number }).errcode;
  if (code === undefined) return cause;
  const primary = code & 0xff;
  if (primary === 19)
    return new Fault('store.conflict', 'a rule of the database was broken', { cause });
  return new Fault('store.unavailable', 'the database failed', { cause });
}
