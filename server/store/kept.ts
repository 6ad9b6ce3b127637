import { createBoundedMap } from '../kernel/bounded-map.ts';
import type { Queries } from './store.ts';

/** What was read, kept for as long as nobody commits anything: exact, so what is revoked or replaced counts at once. */
export interface Kept<V> {
  /** What is kept under `key`; else what `read` gives, and that is kept unless it is undefined. */
  of(
    q: Queries,
    key: string,
    read: () => Promise<V | undefined>,
  ): V | undefined | Promise<V | undefined>;
}

/** Keeps up to `most` values. Within transactions, and where the database has no mark, everything is read each time. */
export function createKept<V extends NonNullable<unknown>>(most: number): Kept<V> {
  const values = createBoundedMap<string, V>(most);
  let mark: number | undefined;
  return {
    of(q, key, read) {
      const now = q.mark?.();
      if (now === undefined) return read();
      if (now !== mark) {
        values.clear();
        mark = now;
      }
      const known = values.get(key);
      return known === undefined ? readAndKeep(now, key, read) : known;
    },
  };

  async function readAndKeep(now: number, key: string, read: () => Promise<V | undefined>) {
    const value = await read();
    // Somebody may have committed meanwhile, and another reader noticed: then this one is of the past.
    if (value !== undefined && now === mark) {
      values.set(key, value);
    }
    return value;
  }
}
