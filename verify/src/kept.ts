/**
 * A document of the issuer, kept: fetched when it is needed and old, by one fetch at a time, not again within a cooldown whatever
 * callers send, and used past its time only for a bounded while when it can't be had anew. After that there is none: closed.
 */
export interface Kept<T> {
  /** The document, at most `freshFor` old if it could be had, at most `freshFor + staleFor` old if not. */
  get(): Promise<T | undefined>;
  /** As `get`, but anew, unless it was tried within the cooldown. */
  renew(): Promise<T | undefined>;
}

export interface Keeping<T> {
  /** Fetches it. `at` is the moment of which it tells. */
  readonly load: (previous: T | undefined) => Promise<{ value: T; at: number }>;
  readonly now: () => number;
  readonly freshFor: number;
  readonly staleFor: number;
  /** Between two fetches that callers bring about. */
  readonly cooldown: number;
  /** Between two tries while it can't be had. */
  readonly retryAfter: number;
  readonly onFault: (fault: unknown) => void;
}

export function createKept<T>(keeping: Keeping<T>): Kept<T> {
  let held: { value: T; at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  // A wall clock that was set back makes everything old, not new.
  const since = (at: number) => Math.abs(keeping.now() - at);
  const usable = (longest: number) =>
    held !== undefined && since(held.at) < longest ? held.value : undefined;

  /** A log that fails is not to fail the request, nor, where nobody waits for the fetch, the process. */
  function tell(fault: unknown): void {
    try {
      keeping.onFault(fault);
    } catch {}
  }

  async function fetchOnce(): Promise<void> {
    triedAt = keeping.now();
    try {
      held = await keeping.load(held?.value);
    } catch (fault) {
      tell(fault);
    }
  }

  async function attempt(gap: number): Promise<void> {
    if (pending === undefined) {
      if (since(triedAt) < gap) return;
      pending = fetchOnce().finally(() => {
        pending = undefined;
      });
    }
    await pending;
  }

  return {
    async get() {
      if (usable(keeping.freshFor) === undefined) await attempt(keeping.retryAfter);
      else if (usable(keeping.freshFor / 2) === undefined) {
        // Nobody waits for a fetch that is made ahead of its time.
        void attempt(keeping.retryAfter);
      }
      return usable(keeping.freshFor + keeping.staleFor);
    },
    async renew() {
      await attempt(keeping.cooldown);
      return usable(keeping.freshFor + keeping.staleFor);
    },
  };
}
