/** Lets the first of many alike through in a minute, and only so many in all: for what anyone can cause without a proof. */
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import { createSeldom } from './seldom.ts';

/** Of all networks together: whoever has many of them fills no record with it either. */
const MOST_A_MINUTE = 60;

export function createFewAMinute(clock: Clock, most = MOST_A_MINUTE): (key: string) => boolean {
  const first = createSeldom(clock, MINUTE);
  let running = { minute: 0, told: 0 };
  return (key) => {
    const minute = Math.floor(clock.now() / MINUTE);
    if (running.minute !== minute) running = { minute, told: 0 };
    if (running.told >= most || !first(key)) return false;
    running.told += 1;
    return true;
  };
}
