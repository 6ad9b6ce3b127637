/**
 * One server at a time on an embedded database: two would each think themselves alone with their queues and caches. Commands
 * that read and write shortly take no such lock and work beside a server.
 *
 * The lock is one that SQLite takes on a file of its own, so the operating system lets go of it however the process ends.
 */
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy, sqliteFault } from './sqlite-connection.ts';

export interface ServeLock {
  release(): void;
}

/** As long as a look at the lock may be in the way of whoever takes it. */
const LOOKING = 250;

/** Undefined while another process serves from this folder. */
export function takeServeLock(folder: string): ServeLock | undefined {
  const file = join(folder, 'serve.lock');
  // Never opened again: closing a file lets go of every lock that the process holds on it (POSIX, fcntl).
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file, { timeout: LOOKING });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw sqliteFault(error);
  }
  return { release: () => database.close() };
}

/** Whether a process serves from this folder now. Changes nothing. */
export function isServeLockHeld(folder: string): boolean {
  const file = join(folder, 'serve.lock');
  if (!existsSync(file)) return false;
  const database = new DatabaseSync(file, { timeout: 0, readOnly: true });
  try {
    database.exec('select count(*) from sqlite_schema');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw sqliteFault(error);
  } finally {
    database.close();
  }
}
