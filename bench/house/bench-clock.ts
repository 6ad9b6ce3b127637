import { type Clock, SECOND, systemClock } from '../../server/kernel/clock.ts';

export interface BenchClock extends Clock {
  /** Half a minute later at once: everybody's authenticator app shows the next code. */
  nextCode(): void;
}

/** The machine's clock, which can be told to go ahead of itself. */
export function benchClock(): BenchClock {
  let ahead = 0;
  const clock = systemClock(() => Date.now() + ahead);
  return {
    now: () => clock.now(),
    nextCode() {
      ahead += 30 * SECOND;
    },
  };
}
