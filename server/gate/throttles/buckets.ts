/**
 * A bound on what somebody may do again and again and each time leaves a row or an event: so many a minute by each, whoever that is (a
 * network that opens attempts, a person who renames a proof), and by all of them together, counted in memory before anything is
 * written. Whoever is at their bound waits and others go on.
 *
 * Each count is a bucket that leaks steadily (the generic cell rate algorithm, ITU-T I.371): a minute's worth at once, then as
 * many as leak. Nodes count apart, and a restart forgets: what is bounded is how fast rows come.
 */
import { type Clock, MINUTE } from '../../kernel/clock.ts';

export interface BucketLimits {
  /** Within a minute, by one. */
  readonly each: number;
  /** Within a minute, by all of them together. */
  readonly all: number;
}

export interface Buckets {
  /** Takes a place; when there is none, gives the time at which there is one. */
  take(whose: string): number | undefined;
  /** How many of them are remembered. */
  readonly size: number;
}

/** Below so many, buckets that are empty again are not looked for. */
const FEW = 1024;

export function createBuckets(clock: Clock, limits: BucketLimits): Buckets {
  const each = MINUTE / limits.each;
  const any = MINUTE / limits.all;
  /** When the bucket of each is empty again. */
  const emptyAt = new Map<string, number>();
  let allEmptyAt = 0;
  let tidyAt = FEW;
  let latest = 0;
  /** How far the clock was set back meanwhile. */
  let back = 0;

  /** Never goes back: buckets that were filled by a later clock would look full. */
  function steady(): number {
    const now = clock.now() + back;
    if (now < latest) back += latest - now;
    else latest = now;
    return latest;
  }

  /** What is empty again is as good as never seen. Done when there are twice as many as were left: it costs each a moment. */
  function tidy(now: number): void {
    if (emptyAt.size < tidyAt) return;
    for (const [whose, at] of emptyAt) if (at <= now) emptyAt.delete(whose);
    tidyAt = Math.max(FEW, 2 * emptyAt.size);
  }

  return {
    take(whose) {
      const now = steady();
      const own = Math.max(now, emptyAt.get(whose) ?? 0) + each;
      const all = Math.max(now, allEmptyAt) + any;
      const wait = Math.max(own, all) - now - MINUTE;
      // What was refused fills nothing: a flood leaves others their share.
      if (wait > 0) return Math.ceil(now + wait - back);
      emptyAt.set(whose, own);
      allEmptyAt = all;
      tidy(now);
      return undefined;
    },
    get size() {
      return emptyAt.size;
    },
  };
}
