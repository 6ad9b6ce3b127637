/**
 * The database as the rooms see it: four words, one for a row, one for rows, one for a change, one for what follows a commit.
 *
 * Rooms declare their tables and statements in their own `*-table.ts` files (see statement.ts) and get `Queries` or `Tx`
 * handed in. There are two makers of a Store, sqlite.ts and postgres.ts; nothing outside this folder knows which is in use.
 */
import type { Dialect } from './dialect.ts';
import type { Statement } from './statement.ts';

/** What something that was read rests on: every table that it was read of. */
export interface Footing {
  /** Those of which it counts only that a row is there still, under its id. */
  readonly existing: readonly string[];
  /** Those whose rows were found by their keys: a row that is added there makes no other of them. */
  readonly rows: readonly string[];
  /** Those where a row that is added would count, too. */
  readonly tables: readonly string[];
  /** Columns of those tables that were not read: what notes something there, such as when it was last seen, makes no other of them. */
  readonly unread?: Readonly<Record<string, readonly string[]>>;
}

export interface Queries {
  /** The first row, or undefined. */
  one<P, R>(statement: Statement<P, R>, parameters: P): Promise<R | undefined>;
  all<P, R>(statement: Statement<P, R>, parameters: P): Promise<R[]>;
  /**
   * Changes with every commit, whoever made it: what was read after a mark was taken still holds while the mark is the same,
   * so it may be kept that long. Left out where asking would cost as much as reading does, and within transactions.
   */
  mark?(): number;
  /**
   * The same for what rests on some tables: it changes with a commit that may have changed what was read of them, whoever made it, and
   * may be asked within a transaction as well. Undefined where that is not known, so that all is to be read: where this transaction,
   * or one that commits together with it, changed one of them.
   */
  markOf?(footing: Footing): number | undefined;
}

export interface Tx extends Queries {
  /** Changes rows; gives how many. A one-use rule is `run(…) === 1`. */
  run<P>(statement: Statement<P, unknown>, parameters: P): Promise<number>;
  /**
   * Changes rows where it does not matter how many. Nobody waits, so it can travel to the database together with what follows
   * it, be it COMMIT. If it fails, the transaction does.
   */
  put<P>(statement: Statement<P, unknown>, parameters: P): void;
  /**
   * Finds or changes exactly one row; otherwise all of the transaction is undone, and `write` rejects with `otherwise`. Nobody waits:
   * a transaction that says what it expects instead of asking is one way there and back. For a `select`, or for a change that says
   * nothing of `returning`.
   */
  expect<P>(statement: Statement<P, unknown>, parameters: P, otherwise: Error): void;
  /** Runs `effect` once the transaction is durable, before `write` resolves; never when it is not. */
  afterCommit(effect: () => void): void;
}

export interface WriteOptions {
  /**
   * False where nothing that is answered rests on it: the change survives the end of this process, but may be lost, with all
   * other such changes of its last moments, when the machine of the database loses power. True unless said otherwise.
   */
  readonly durable?: boolean;
  /**
   * True where whoever waits does not mind some milliseconds: of many that come at the same time more then share a commit, each of
   * which writes its pages anew. One that comes alone does not wait, nor does one beside others that are in a hurry.
   */
  readonly patient?: boolean;
  /**
   * The one subject (an account, an attempt) whose rows the work changes, where it changes no others that somebody else might: then
   * what it does may be committed together with the same for others. Makes no difference to what it does.
   */
  readonly of?: string | undefined;
}

export interface Store {
  readonly dialect: Dialect;
  read<T>(work: (q: Queries) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in a transaction and resolves when it is durable. `work` is a function of the database alone: it may be run
   * again after a conflict, awaits nothing but `tx`, and has effects outside only through `afterCommit`. A statement that fails
   * ends the transaction, whatever `work` makes of it: where a row may be there already, say `on conflict do nothing`.
   *
   * Rejects with the error of `work`, or a Fault: `store.conflict` when a constraint said no; `store.unavailable` when the
   * database could not be reached or did not answer in time, which may have been after it committed.
   */
  write<T>(work: (tx: Tx) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** As `Queries.markOf` says, of what would be read now: for whoever has kept something, and reads nothing if it still holds. */
  markOf?(footing: Footing): number | undefined;
  /** Finishes what is under way, then closes. Later calls fail. */
  close(): Promise<void>;
}
