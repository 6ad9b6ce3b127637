/**
 * Failures, as rows count them: each is remembered for a while, and within the whole of it so many are free. Beyond these each makes
 * what it counts wait, twice as long as the one before. For whom a row stands, and who has to wait for it, is for throttle.ts to say.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Tx } from '../../store/store.ts';
import { countFailure, type ThrottleRow } from './throttle-table.ts';

interface ThrottleLimit {
  /** How many failures are free of any wait. */
  readonly free: number;
  /** The first wait; each further failure doubles it. Milliseconds. */
  readonly first: number;
  readonly longest: number;
  /** Within how long the failures that are free are forgotten, one after the other. */
  readonly forget: number;
}

export type ThrottleScope = 'account' | 'source' | 'spray';

export type FailureLimits = Readonly<Record<ThrottleScope, ThrottleLimit>>;

export interface Engaged {
  readonly scope: ThrottleScope;
  readonly failures: number;
  readonly until: number;
}

/** What strangers of a network share, as far as it can keep one of them waiting. */
export interface Shared {
  readonly source: Uint8Array;
  /** What the source lies in; itself where that is nothing. */
  readonly within: Uint8Array;
  readonly spray: Uint8Array;
  /** The failures of the source at which it is at its limit, and those of what it lies in. */
  readonly room: number;
  readonly roomWithin: number;
}

export interface Failures {
  /** How long one is remembered. */
  costAt(scope: ThrottleScope): number;
  /** How many a row tells of now. */
  of(row: Pick<ThrottleRow, 'empty_at'>, scope: ThrottleScope): number;
  /** When a source with so many failures, or half a one less, is empty again, and what it lies in: `of` rounds. */
  fullAt(
    shared: Pick<Shared, 'room' | 'roomWithin'>,
    now: number,
  ): { readonly sourceFull: number; readonly withinFull: number };
  /** How many are free for all that lie in one together. */
  readonly freeTogether: number;
  /** How many of those a row tells of now. */
  ofTogether(row: Pick<ThrottleRow, 'empty_at'>): number;
  /** Counts one, unless the key is blocked, or what it shares with others is. */
  count(
    tx: Tx,
    scope: ThrottleScope,
    key: Uint8Array,
    shared?: Shared,
  ): Promise<{ readonly counted: boolean; readonly engaged?: Engaged }>;
  /** Counts one for all that lie in one; what is engaged then is a source like any other. */
  countTogether(tx: Tx, key: Uint8Array): Promise<Engaged | undefined>;
}

/** How many times as many failures as of one source are free for all that lie in one: a network's processes, or those behind a device. */
const TOGETHER = 10;

export function createFailures(clock: Clock, limits: FailureLimits): Failures {
  const together: ThrottleLimit = { ...limits.source, free: TOGETHER * limits.source.free };

  const counting = {
    account: countFailure({ ...limits.account, cost: costOf(limits.account) }),
    source: countFailure({ ...limits.source, cost: costOf(limits.source) }),
    spray: countFailure({ ...limits.spray, cost: costOf(limits.spray) }),
    together: countFailure({ ...together, cost: costOf(together) }),
  };

  const failuresOf = (row: Pick<ThrottleRow, 'empty_at'>, limit: ThrottleLimit) =>
    Math.max(0, Math.round((row.empty_at - clock.now()) / costOf(limit)));

  function fullAt({ room, roomWithin }: Pick<Shared, 'room' | 'roomWithin'>, now: number) {
    const at = (failures: number, limit: ThrottleLimit) =>
      failures === Number.POSITIVE_INFINITY
        ? Number.MAX_SAFE_INTEGER
        : now + Math.ceil((failures - 0.5) * costOf(limit));
    return { sourceFull: at(room, limits.source), withinFull: at(roomWithin, together) };
  }

  async function countBy(
    tx: Tx,
    by: keyof typeof counting,
    key: Uint8Array,
    shared: Shared = alone(key),
  ): Promise<{ readonly counted: boolean; readonly engaged?: Engaged }> {
    const now = clock.now();
    const limit = by === 'together' ? together : limits[by];
    const { source, within, spray } = shared;
    const once = now + costOf(limit);
    const asked = { key, now, once, source, within, spray, ...fullAt(shared, now) };
    const row = await tx.one(counting[by], asked);
    if (row === undefined) return { counted: false };
    const until = row.blocked_until;
    if (until <= now) return { counted: true };
    const scope = by === 'together' ? 'source' : by;
    return { counted: true, engaged: { scope, failures: failuresOf(row, limit), until } };
  }

  return {
    costAt: (scope) => costOf(limits[scope]),
    of: (row, scope) => failuresOf(row, limits[scope]),
    fullAt,
    freeTogether: together.free,
    ofTogether: (row) => failuresOf(row, together),
    count: countBy,
    countTogether: async (tx, key) => (await countBy(tx, 'together', key)).engaged,
  };
}

/** What shares nothing with anyone. */
export function alone(key: Uint8Array): Shared {
  const room = Number.POSITIVE_INFINITY;
  return { source: key, within: key, spray: key, room, roomWithin: room };
}

/** Within the whole span, as many are remembered as are free. */
const costOf = ({ forget, free }: ThrottleLimit) => Math.ceil(forget / free);
