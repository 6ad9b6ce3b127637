/** Lets the first of many alike through, and the next one when a while has passed, if ever: so that nobody fills a disk with one thing. */
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import type { Clock } from '../../kernel/clock.ts';

/** The first is the only one. */
export const ONCE = Number.POSITIVE_INFINITY;

export function createSeldom(clock: Clock, every: number, most = 10_000): (key: string) => boolean {
  const latest = createBoundedMap<string, number>(most);
  return (key) => {
    const now = clock.now();
    const before = latest.get(key);
    if (before !== undefined && now - before < every) return false;
    // Forgetting them costs an event each, and nothing else.
    latest.set(key, now);
    return true;
  };
}
