/**
 * What was loaded for one step of an attempt, kept in memory for the next: the code that follows a password a moment later is judged
 * without reading any of it again. Nothing rests on it. Whoever uses it settles under the condition that all of it still is so in
 * the database (settle.ts), and does without where it is not.
 */
import { createAgingMap } from '../../kernel/aging-map.ts';
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { Arrival } from '../arrival.ts';
import { hashSecret, parseToken, tokenMatches } from '../sessions/token.ts';
import type { AttemptId } from './attempt-table.ts';
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
    AttemptId,
    {
      readonly hash: Uint8Array;
      readonly door: string;
      readonly channel: string;
      readonly loaded: Loaded;
    }
  >({ most: MOST, keep: { clock, for: KEEP } });

  return {
    keep(text, loaded, { door, channel }) {
      const token = parseToken('attempt', text);
      if (token === undefined) return;
      kept.set(token.id, { hash: hashSecret(token.secret), door, channel, loaded });
    },

    take(text, arrival) {
      const token = parseToken('attempt', text);
      const found = token && kept.get(token.id);
      if (token === undefined || found === undefined) return undefined;
      if (!tokenMatches(token, found.hash)) return undefined;
      if (found.door !== arrival.door || found.channel !== arrival.channel) return undefined;
      kept.delete(token.id);
      return found.loaded.attempt.expiresAt > clock.now() ? found.loaded : undefined;
    },
  };
}
