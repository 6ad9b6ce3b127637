/** For looks that need the database: opened as it is, and closed again; nothing in it changes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { migrationStatus } from '../../store/migrate.ts';
import type { Store } from '../../store/store.ts';
import { openDatabase } from '../open-house.ts';
import type { LookContext } from './look.ts';

export type Reached<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'unreachable'; readonly why: string }
  /** So many migrations are missing, and what the rooms would read may not be there yet. */
  | { readonly state: 'behind'; readonly missing: number }
  | { readonly state: 'found'; readonly value: T };

export async function reachDatabase<T>(
  { loaded: { config }, environment }: LookContext,
  work: (store: Store) => Promise<T>,
): Promise<Reached<T>> {
  // Opening the embedded database would make it.
  if (config.database === 'sqlite' && !existsSync(join(config.data, 'sallyport.db'))) {
    return { state: 'absent' };
  }
  try {
    const opened = await openDatabase({ config, environment });
    if (!opened.ok) return { state: 'unreachable', why: opened.error.what };
    const { store } = opened.value;
    try {
      const states = await migrationStatus(store);
      const missing = states.filter(({ appliedAt }) => appliedAt === undefined).length;
      if (missing > 0) return { state: 'behind', missing };
      return { state: 'found', value: await work(store) };
    } finally {
      await store.close();
    }
  } catch (error) {
    return { state: 'unreachable', why: inFull(error) };
  }
}

function inFull(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${inFull(error.cause)})`;
}
