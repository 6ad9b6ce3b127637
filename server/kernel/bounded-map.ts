/**
 * A map that never holds more than so many: for what can be found again at a cost, such as a key that was parsed or a row that was
 * read. When it is full, it forgets what was used longest ago. It is right only where forgetting costs time and nothing else.
 *
 * Not for what must not be forgotten, since whoever can fill it can push things out: counts of guesses, ids that are spent, places
 * that are taken. Those have a map of their own that refuses when it is full, or a row in the database. For what ends by the clock, and
 * goes in the order in which it came, there is aging-map.ts.
 *
 * It keeps two generations: what is used moves into the young one, and when that is half of what may be kept, the old one goes. So of
 * `most` at least the half used last is always there. An exact order would cost a deletion from a large Map each time, and finding
 * its first key then costs V8 twenty microseconds.
 */

export interface BoundedMap<K, V> {
  /** How many entries it holds; two of them may be of one key, in one generation each. */
  readonly size: number;
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): void;
  clear(): void;
}

/** Of no value undefined, which stands for what is not kept. */
export function createBoundedMap<K, V extends NonNullable<unknown>>(
  most: number,
): BoundedMap<K, V> {
  let young = new Map<K, V>();
  let old = new Map<K, V>();

  function set(key: K, value: V): void {
    young.set(key, value);
    if (young.size < most / 2) return;
    old = young;
    young = new Map();
  }

  return {
    get size() {
      return young.size + old.size;
    },
    get(key) {
      const known = young.get(key);
      if (known !== undefined) return known;
      const older = old.get(key);
      if (older !== undefined) set(key, older);
      return older;
    },
    set,
    delete(key) {
      young.delete(key);
      old.delete(key);
    },
    clear() {
      young = new Map();
      old = new Map();
    },
  };
}

/** Characters. Texts come from strangers, who could fill a map with the longest that they may send. */
export const LONGEST_REMEMBERED = 512;

/** What `make` gave for a text before, for up to `most` texts. It has to give the same each time. */
export function remembered<V extends NonNullable<unknown>>(
  most: number,
  make: (text: string) => V,
): (text: string) => V {
  const known = createBoundedMap<string, V>(most);
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const made = make(text);
    if (text.length <= LONGEST_REMEMBERED) known.set(text, made);
    return made;
  };
}
