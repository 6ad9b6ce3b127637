/** For looks that need the database: opened as it is, and closed again; nothing in it changes. */
import { Fault } from '../../kernel/fault.ts';
import { migrationsSeen } from '../../store/migrate.ts';
import type { Store } from '../../store/store.ts';
import { openDatabase } from '../open-house.ts';
import { inFull } from './in-full.ts';
import type { LookContext } from './look.ts';

export type Reached<T> =
  /** There is none, or nothing in it. */
  | { readonly state: 'absent' }
  | { readonly state: 'unreachable'; readonly why: string }
  /** Its schema is not one of ours, or is newer than this release. */
  | { readonly state: 'foreign'; readonly why: string }
  /** So many migrations are missing, and what the rooms would read may not be there yet. */
  | { readonly state: 'behind'; readonly missing: number }
  | { readonly state: 'found'; readonly value: T };

export async function reachDatabase<T>(
  { loaded: { config }, environment }: LookContext,
  work: (store: Store) => Promise<T>,
): Promise<Reached<T>> {
  try {
    const opened = await openDatabase({ config, environment, existing: true });
    if (!opened.ok) {
      const { absent, what } = opened.error;
      return absent ? { state: 'absent' } : { state: 'unreachable', why: what };
    }
    const { store } = opened.value;
    try {
      const states = await migrationsSeen(store);
      const missing = states.filter(({ appliedAt }) => appliedAt === undefined).length;
      if (missing > 0) return { state: 'behind', missing };
      return { state: 'found', value: await work(store) };
    } finally {
      await store.close();
    }
  } catch (error) {
    const state =
      error instanceof Fault && error.code === 'store.foreign' ? 'foreign' : 'unreachable';
    return { state, why: inFull(error) };
  }
}
