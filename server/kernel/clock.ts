/** Time as a parameter: everything that expires, throttles or dates takes a Clock, so tests never sleep. */
export interface Clock {
  /** Milliseconds since the epoch. Never smaller than an earlier answer of the same clock. */
  now(): number;
}

/**
 * The machine's clock, held steady: when the wall clock is set back, time stands still until it has caught up, so that
 * nothing that had expired becomes valid again.
 */
export function systemClock(wall: () => number = Date.now): Clock {
  let latest = 0;
  return {
    now() {
      const reading = wall();
      if (reading > latest) latest = reading;
      return latest;
    },
  };
}

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Whole seconds until then, and one at least: what those who are to wait are told. */
export const secondsUntil = (at: number, now: number): number =>
  Math.max(1, Math.ceil((at - now) / SECOND));
