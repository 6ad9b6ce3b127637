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
  readonly spray: Uint8Array;
  /** The failures of the source at which it is at its limit. */
  readonly room: number;
}

export interface Failures {
  /** How long one is remembered. */
  costAt(scope: ThrottleScope): number;
  /** How many a row tells of now. */
  of(row: Pick<ThrottleRow, 'empty_at'>, scope: ThrottleScope): number;
  /** When a source with so many failures, or half a one less, is empty again: `of` rounds. */
  fullAt(failures: number, now: number): number;
  /** Counts one, unless the key is blocked, or what it shares with others is. */
  count(
    tx: Tx,
    scope: ThrottleScope,
    key: Uint8Array,
    shared?: Shared,
  ): Promise<{ readonly counted: boolean; readonly engaged?: Engaged }>;
  /** Counts one for all processes of a network; what is engaged then is a source like any other. */
  countTogether(tx: Tx, key: Uint8Array): Promise<Engaged | undefined>;
}

/** How many times as many failures as of one source are free for all processes of a network together. */
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

  function fullAt(failures: number, now: number): number {
    return failures === Number.POSITIVE_INFINITY
      ? Number.MAX_SAFE_INTEGER
      : now + Math.ceil((failures - 0.5) * costOf(limits.source));
  }

  async function countBy(
    tx: Tx,
    by: keyof typeof counting,
    key: Uint8Array,
    { source, spray, room }: Shared = { source: key, spray: key, room: Number.POSITIVE_INFINITY },
  ): Promise<{ readonly counted: boolean; readonly engaged?: Engaged }> {
    const now = clock.now();
    const limit = by === 'together' ? together : limits[by];
    const sourceFull = fullAt(room, now);
    const asked = { key, now, once: now + costOf(limit), source, spray, sourceFull };
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
    count: countBy,
    countTogether: async (tx, key) => (await countBy(tx, 'together', key)).engaged,
  };
}

/** Within the whole span, as many are remembered as are free. */
const costOf = ({ forget, free }: ThrottleLimit) => Math.ceil(forget / free);
