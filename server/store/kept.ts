import { createBoundedMap } from '../kernel/bounded-map.ts';
import { guarding } from './footing.ts';
import type { Footing, Queries } from './store.ts';

/**
 * What was read, kept for as long as nobody commits anything; with a footing, anything that may have changed what it rests on. Exact,
 * so what is revoked or replaced counts at once.
 */
export interface Kept<V> {
  /** What is kept under `key`; else what `read` gives, and that is kept unless it is undefined. */
  of(
    q: Queries,
    key: string,
    read: (q: Queries) => Promise<V | undefined>,
  ): V | undefined | Promise<V | undefined>;
  /** What is kept under `key`, and nothing where all is to be read. */
  held(q: Pick<Queries, 'markOf'>, key: string): V | undefined;
}

/** Keeps up to `most` values. Where the database has no mark, and without a footing within transactions, everything is read each time. */
export function createKept<V extends NonNullable<unknown>>(
  most: number,
  footing?: Footing,
): Kept<V> {
  const values = createBoundedMap<string, V>(most);
  const guard = footing && guarding(footing);
  let mark: number | undefined;
  return {
    of(q, key, read) {
      const now = footing === undefined ? q.mark?.() : q.markOf?.(footing);
      if (now === undefined) return read(over(q));
      if (now !== mark) {
        values.clear();
        mark = now;
      }
      return values.get(key) ?? readAndKeep(now, q, key, read);
    },
    held(q, key) {
      const now = footing && q.markOf?.(footing);
      return now === undefined || now !== mark ? undefined : values.get(key);
    },
  };

  function over(q: Queries): Queries {
    return guard === undefined ? q : guard.over(q);
  }

  async function readAndKeep(
    now: number,
    q: Queries,
    key: string,
    read: (q: Queries) => Promise<V | undefined>,
  ) {
    const value = await read(over(q));
    // Somebody may have committed meanwhile, and another reader noticed: then this one is of the past.
    if (value !== undefined && now === mark) {
      values.set(key, value);
    }
    return value;
  }
}
