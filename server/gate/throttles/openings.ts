/**
 * A bound on opening attempts. Anyone may open one, and each is a row until it is swept away: so each network, and all of them
 * together, may open so many a minute, counted in memory before anything is read. A network that is at its bound waits and
 * others go on; people behind one address share what it may open.
 *
 * Each count is a bucket that leaks steadily (the generic cell rate algorithm, ITU-T I.371): a minute's worth at once, then as
 * many as leak. Nodes count apart, and a restart forgets: what is bounded is how fast rows come.
 */
import { type Clock, MINUTE } from '../../kernel/clock.ts';

export interface OpeningLimits {
  /** Within a minute, from one network. */
  readonly network: number;
  /** Within a minute, from all of them together. */
  readonly all: number;
}

export interface Openings {
  /** Takes a place for one attempt; when there is none, gives the time at which there is one. */
  take(network: string): number | undefined;
  /** How many networks are remembered. */
  readonly networks: number;
}

/** Below so many, networks that are empty again are not looked for. */
const FEW = 1024;

export function createOpenings(clock: Clock, limits: OpeningLimits): Openings {
  const each = MINUTE / limits.network;
  const any = MINUTE / limits.all;
  /** When each network's bucket is empty again. */
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
    for (const [network, at] of emptyAt) if (at <= now) emptyAt.delete(network);
    tidyAt = Math.max(FEW, 2 * emptyAt.size);
  }

  return {
    take(network) {
      const now = steady();
      const own = Math.max(now, emptyAt.get(network) ?? 0) + each;
      const all = Math.max(now, allEmptyAt) + any;
      const wait = Math.max(own, all) - now - MINUTE;
      // What was refused fills nothing: a flood leaves others their share.
      if (wait > 0) return Math.ceil(now + wait - back);
      emptyAt.set(network, own);
      allEmptyAt = all;
      tidy(now);
      return undefined;
    },
    get networks() {
      return emptyAt.size;
    },
  };
}
