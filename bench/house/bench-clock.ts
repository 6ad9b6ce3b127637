import { type Clock, SECOND, systemClock } from '../../server/kernel/clock.ts';

export interface BenchClock extends Clock {
  /** A while later at once: authenticator apps show a code that is next to none shown before. */
  nextCode(): void;
}

/** The machine's clock, which can be told to go ahead of itself. */
export function benchClock(): BenchClock {
  let ahead = 0;
  const clock = systemClock(() => Date.now() + ahead);
  return {
    now: () => clock.now(),
    nextCode() {
      ahead += 90 * SECOND;
    },
  };
}
