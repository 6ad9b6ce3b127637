import type { Clock } from '../../server/kernel/clock.ts';

export interface ManualClock extends Clock {
  advance(milliseconds: number): void;
}

/** A clock that stands until it is told to move. */
export function manualClock(start = Date.UTC(2026, 0, 5, 9, 0, 0)): ManualClock {
  let time = start;
  return {
    now: () => time,
    advance(milliseconds) {
      time += milliseconds;
    },
  };
}

/** Seconds by which the clock of a test differs from the machine's, which clients go by. */
export const skewOf = ({ clock }: { readonly clock: Clock }): number =>
  Math.floor((clock.now() - Date.now()) / 1000);
