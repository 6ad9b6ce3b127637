/**
 * Makes what was committed durable. SQLite would sync its write-ahead log within COMMIT and hold up the whole process
 * meanwhile; with `synchronous=NORMAL` it leaves that to us, and we do it on a thread of the pool. Order is kept by the log: what
 * a later commit holds is never durable before what an earlier one does.
 */
import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

export interface SyncedFile {
  /** Resolves once all that was written to the file before the call would survive a loss of power. */
  sync(): Promise<void>;
  close(): void;
}

export type Sync = (file: number) => Promise<void>;

/**
 * A file that SQLite writes. To be closed after the last connection: closing any handle on the main file drops the locks that
 * SQLite's own have on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
export function openSyncedFile(path: string, sync: Sync = promisify(fdatasync)): SyncedFile {
  let file: number | undefined;
  return {
    sync() {
      file ??= openSync(path, 'r+');
      return sync(file);
    },
    close() {
      if (file !== undefined) closeSync(file);
    },
  };
}
