/**
 * A map whose entries go in the order in which they came: each when its time is over, and the oldest when there are too many. For what
 * is wanted for a while only, such as the answers to requests that may come again. As with bounded-map.ts, whoever fills it pushes out
 * what others left there, so what must not be forgotten stands elsewhere.
 *
 * Where it stands in the order is kept between calls: to look for the first key of a large Map from which many were deleted costs V8
 * twenty microseconds.
 */
import type { Clock } from './clock.ts';

export interface AgingMap<K, V> {
  /** How many there are whose time is not over. */
  readonly size: number;
  get(key: K): V | undefined;
  /** It is the youngest from now on, whether it was there or not. */
  set(key: K, value: V): void;
  delete(key: K): void;
}

export interface AgingMapLimits<V> {
  readonly most: number;
  /** How long each is kept. */
  readonly keep: { readonly clock: Clock; readonly for: number } | 'for-ever';
  /** Told of each that went because of its age or of the others; not of what was replaced or deleted. */
  readonly onForgotten?: (value: V) => void;
}

interface Entry<V> {
  readonly at: number;
  readonly value: V;
}

export function createAgingMap<K, V>({
  most,
  keep,
  onForgotten = () => {},
}: AgingMapLimits<V>): AgingMap<K, V> {
  const entries = new Map<K, Entry<V>>();
  let order = entries.entries();
  /** The first of those in order, unless it was deleted since. */
  let first: readonly [K, Entry<V>] | undefined;

  function oldest(): readonly [K, Entry<V>] | undefined {
    if (first !== undefined && entries.get(first[0]) === first[1]) return first;
    let next = order.next();
    if (next.done) {
      // An iterator that came to the end stays there.
      order = entries.entries();
      next = order.next();
    }
    first = next.done ? undefined : next.value;
    return first;
  }

  function forget([key, { value }]: readonly [K, Entry<V>]): void {
    entries.delete(key);
    onForgotten(value);
  }

  function sweep(now: number): void {
    if (keep === 'for-ever') return;
    // Before its time none is over, whether it is still there or not: in a large Map to look for it costs as much as what is asked for.
    if (first !== undefined && now - first[1].at < keep.for) return;
    for (let one = oldest(); one !== undefined && now - one[1].at >= keep.for; one = oldest()) {
      forget(one);
    }
  }

  const time = () => (keep === 'for-ever' ? 0 : keep.clock.now());

  return {
    get size() {
      sweep(time());
      return entries.size;
    },
    get(key) {
      sweep(time());
      return entries.get(key)?.value;
    },
    set(key, value) {
      const at = time();
      sweep(at);
      entries.delete(key);
      while (entries.size >= most) {
        const one = oldest();
        if (one === undefined) break;
        forget(one);
      }
      entries.set(key, { at, value });
    },
    delete(key) {
      entries.delete(key);
    },
  };
}
