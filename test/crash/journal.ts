/**
 * What the process that is to die says of its work, line by line: before each deed what it puts in doubt, and once the gate
 * has answered what holds from then on. Whoever reads it to its sudden end knows what must be there, and of what it can't know.
 */
import { writeSync } from 'node:fs';
import type { Offer } from '../../server/gate/offer.ts';

/** A code that is good once. */
export type Code =
  | { readonly kind: 'totp' | 'recovery'; readonly identifier: string; readonly code: string }
  | { readonly kind: 'pass'; readonly identifier: string; readonly code: string };

/** What is so. `about` names what it is about: a later claim about the same takes its place. */
export type Claim = { readonly about: string } & (
  | { readonly is: 'live' | 'ended'; readonly session: string; readonly of: string }
  | { readonly is: 'good' | 'used' | 'void'; readonly code: Code }
  | { readonly is: 'over'; readonly attempt: string; readonly offer: Offer }
  | { readonly is: 'held' | 'removed'; readonly person: string; readonly proof: string }
  | { readonly is: 'active' | 'enrolling' | 'erased'; readonly person: string }
  | { readonly is: 'on record'; readonly type: string; readonly key: string }
  | { readonly is: 'at least'; readonly what: 'policy' | 'ring'; readonly version: number }
);

export type Line =
  /** The time that it is from now on. */
  | { readonly at: number }
  | { readonly begun: number; readonly doubts: readonly string[] }
  | { readonly done: number; readonly claims: readonly Claim[] };

export function say(line: Line): void {
  // Waits for the pipe: what was said can be heard even if this process ends now.
  writeSync(1, `${JSON.stringify(line)}\n`);
}

export interface Deeds {
  /** Does something, and says so before and after. */
  do<T>(
    doubts: readonly string[],
    work: () => Promise<{ claims: readonly Claim[]; value: T }>,
  ): Promise<T>;
}

export function createDeeds(): Deeds {
  let last = 0;
  return {
    async do(doubts, work) {
      last += 1;
      const number = last;
      say({ begun: number, doubts });
      const { claims, value } = await work();
      say({ done: number, claims });
      return value;
    },
  };
}

/** All that is known: claims by what they are about, and what is in doubt. */
export interface Known {
  readonly claims: ReadonlyMap<string, Claim>;
  /** What was under way at the end: it may or may not have happened. With what was last known of it. */
  readonly doubts: ReadonlyMap<string, Claim | undefined>;
  readonly at: number;
  /** How many deeds were acknowledged. */
  readonly done: number;
}

/** Reads what was heard, on top of what was known before. A line that was cut is no acknowledgement. */
export function readJournal(
  heard: string,
  before: ReadonlyMap<string, Claim>,
  from: number,
): Known {
  const claims = new Map(before);
  const open = new Map<number, readonly string[]>();
  let at = from;
  let done = 0;
  for (const text of heard.split('\n').slice(0, -1)) {
    const line = JSON.parse(text) as Line; // Written by `say` alone.
    if ('at' in line) at = line.at;
    else if ('begun' in line) open.set(line.begun, line.doubts);
    else {
      open.delete(line.done);
      done += 1;
      for (const claim of line.claims) claims.set(claim.about, claim);
    }
  }
  const doubts = new Map<string, Claim | undefined>();
  for (const about of [...open.values()].flat()) {
    doubts.set(about, claims.get(about));
    claims.delete(about);
  }
  return { claims, doubts, at, done };
}
