/**
 * Makes what was committed durable. SQLite would sync its write-ahead log within COMMIT and hold up the whole process
 * meanwhile; with `synchronous=NORMAL` it leaves that to us, and we do it on a thread of the pool. Order is kept by the log: what
 * a later commit holds is never durable before what an earlier one does.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

export interface SqliteLog {
  /** Resolves once all that was committed before the call would survive a loss of power. */
  sync(): Promise<void>;
  close(): void;
}

export type Sync = (file: number) => Promise<void>;

export function openSqliteLog(database: string, sync: Sync = promisify(fdatasync)): SqliteLog {
  // The log stays the same file for as long as a connection is open; no lock of SQLite's is on it that closing would drop.
  let file: number | undefined;
  return {
    sync() {
      file ??= openSync(`${database}-wal`, 'r+');
      return sync(file);
    },
    close() {
      if (file !== undefined) closeSync(file);
    },
  };
}
