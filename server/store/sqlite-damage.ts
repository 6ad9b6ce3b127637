import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { isDamaged, sqliteFault } from './sqlite-connection.ts';

/** Every page is read: some seconds for this much on a slow disk. */
const MOST_BYTES = 2 * 1024 ** 3;

export type Damage =
  | { readonly state: 'sound' }
  /** Nobody would wait for all of it to be read. */
  | { readonly state: 'too-large' }
  | { readonly state: 'damaged'; readonly what: string };

/**
 * What SQLite finds wrong first with the pages of a file. Opening one reads few of them, so a server comes up on a database that
 * fails when somebody signs in. Changes nothing, and may run beside a server.
 */
export function damageOf(file: string): Damage {
  if (statSync(file).size > MOST_BYTES) return { state: 'too-large' };
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const row = database.prepare('pragma quick_check(1)').get() as { quick_check: string }; // As SQLite documents it.
    return row.quick_check === 'ok'
      ? { state: 'sound' }
      : { state: 'damaged', what: row.quick_check };
  } catch (error) {
    if (isDamaged(error) && error instanceof Error)
      return { state: 'damaged', what: error.message };
    throw sqliteFault(error);
  } finally {
    database.close();
  }
}
