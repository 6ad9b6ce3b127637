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

/** Of more in a minute, all are counted anew: it costs some events more. */
const MOST_KEYS = 10_000;

/** So many of each key in a minute: of somebody known, who thinks of ever new things to be told of. */
export function createFewOfEach(clock: Clock, most: number): (key: string) => boolean {
  let minute = 0;
  let counts = new Map<string, number>();
  return (key) => {
    const now = Math.floor(clock.now() / MINUTE);
    if (now !== minute || counts.size >= MOST_KEYS) {
      minute = now;
      counts = new Map();
    }
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return count <= most;
  };
}
