/**
 * What was loaded for one step of an attempt, kept in memory for the next: the code that follows a password a moment later is judged
 * without reading any of it again. Nothing rests on it. Whoever uses it settles under the condition that all of it still is so in
 * the database (settle.ts), and does without where it is not.
 */
import { hash } from 'node:crypto';
import { createAgingMap } from '../../kernel/aging-map.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Arrival } from '../arrival.ts';
import type { Attempt } from './attempts.ts';

/** Some two kilobytes each. */
const MOST = 5000;
/** People type a code within it; who takes longer is read again. */
const KEEP = 2 * MINUTE;

/** Of whom an attempt is for, and what they hold, all but the box that opens it: a destroyed key opens nothing any more. */
export interface KeptAttempts<Loaded extends { readonly attempt: Attempt }> {
  keep(token: string, loaded: Loaded, arrival: Arrival): void;
  /** Once: whatever comes next reads again. Undefined unless this is its token, and came by the way on which it began. */
  take(token: string, arrival: Arrival): Loaded | undefined;
}

export function createKeptAttempts<Loaded extends { readonly attempt: Attempt }>(
  clock: Clock,
): KeptAttempts<Loaded> {
  const kept = createAgingMap<
    string,
    { readonly door: string; readonly channel: string; readonly loaded: Loaded }
  >({ most: MOST, keep: { clock, for: KEEP } });
  // By their hash: no token is kept, and the time that it takes to find one tells nothing of it.
  const keyOf = (token: string) => hash('sha256', token, 'base64');

  return {
    keep(token, loaded, { door, channel }) {
      kept.set(keyOf(token), { door, channel, loaded });
    },

    take(token, arrival) {
      const key = keyOf(token);
      const found = kept.get(key);
      if (found?.door !== arrival.door || found.channel !== arrival.channel) return undefined;
      kept.delete(key);
      return found.loaded.attempt.expiresAt > clock.now() ? found.loaded : undefined;
    },
  };
}
