/**
 * Throttles. Guesses are counted three ways, and each count slows down what it counts, exponentially, never for good:
 *
 * - per account, whatever name it was called by: reserved before anything is computed, in a transaction of its own that no
 *   later failure undoes, and given back when the guess was right. A browser that signed in as this person before has a
 *   count of its own, so that a stranger's guesses never lock out the owner;
 * - per source (one IPv4 address, one IPv6 /64), and
 * - across accounts: many failures anywhere slow down strangers everywhere, which is what a spray looks like.
 *
 * The last two are shared by everyone, so a row that each sign-in reserved would make all of them wait for one lock. They are
 * read before and counted after a failure, and what is under way in this process counts as failed meanwhile.
 */
import { Buffer } from 'node:buffer';
import type { Clock } from '../kernel/clock.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { Store, Tx } from '../store/store.ts';
import { writeOrUndo } from '../store/undo.ts';
import type { Vault } from '../vault/vault.ts';
import {
  block,
  clearFailures,
  countFailure,
  type ThrottleRow,
  throttleByKey,
  throttlesByKey,
  uncountFailure,
} from './throttle-table.ts';

export interface ThrottleLimit {
  /** How many failures are free of any wait. */
  readonly free: number;
  /** The first wait; each further failure doubles it. Milliseconds. */
  readonly first: number;
  readonly longest: number;
  /** How long after the last failure a count is forgotten. */
  readonly forget: number;
}

export type ThrottleScope = 'account' | 'source' | 'spray';

export interface ThrottleLimits extends Readonly<Record<ThrottleScope, ThrottleLimit>> {}

export interface Guess {
  /**
   * Stands for the account: its id, or the index of the name that was typed when nobody has it. Undefined for a proof that
   * can't be guessed (a signature): only its source is counted, so nobody is kept out by guesses at another proof.
   */
  readonly account: string | undefined;
  /** The device that signed in as this account before, when the request brought its token. */
  readonly knownDevice: string | undefined;
  /** The network that the request came from. */
  readonly network: string;
}

export type Reservation =
  | { readonly free: true /** To be called once, however the guess ends. */; end(): void }
  | { readonly free: false; readonly scope: ThrottleScope; readonly retryAt: number };

export interface Engaged {
  readonly scope: ThrottleScope;
  readonly failures: number;
  readonly until: number;
}

export interface Throttle {
  reserve(guess: Guess): Promise<Reservation>;
  /** Takes back what a right proof had reserved. The guesses before it still count: there may be a second proof to guess. */
  giveBack(tx: Tx, guess: Guess): void;
  /** Forgets all guesses at an account; part of the transaction that grants. */
  forgive(tx: Tx, guess: Guess): void;
  /** Counts a failure for the source and across accounts; tells what is slowed down from now on. */
  blame(tx: Tx, guess: Guess): Promise<readonly Engaged[]>;
}

export function createThrottle(deps: {
  store: Store;
  vault: Vault;
  clock: Clock;
  limits: ThrottleLimits;
}): Throttle {
  const { store, vault, clock, limits } = deps;
  const underWay = new Map<string, number>();

  const keyOf = (text: string) => vault.blindIndex('throttle', text);
  const accountKey = ({ account, knownDevice }: Guess) => {
    if (account === undefined) return undefined;
    return keyOf(
      knownDevice === undefined ? `account:${account}` : `device:${knownDevice}:${account}`,
    );
  };
  const sourceKey = ({ network }: Guess) => keyOf(`source:${network}`);
  const SPRAY = keyOf('spray');

  /** How long one failure is remembered: within the whole span, as many as are free. */
  const costOf = ({ forget, free }: ThrottleLimit) => Math.ceil(forget / free);
  const failuresOf = (row: Pick<ThrottleRow, 'empty_at'>, limit: ThrottleLimit) =>
    Math.max(0, Math.round((row.empty_at - clock.now()) / costOf(limit)));

  function wait(limit: ThrottleLimit, failures: number): number {
    if (failures < limit.free) return 0;
    return Math.min(limit.longest, limit.first * 2 ** Math.min(failures - limit.free, 30));
  }

  async function count(
    tx: Tx,
    scope: ThrottleScope,
    key: Uint8Array,
  ): Promise<{ counted: boolean; engaged?: Engaged }> {
    const now = clock.now();
    const limit = limits[scope];
    const cost = costOf(limit);
    const row = await tx.one(countFailure, { key, now, cost, first: now + cost });
    if (row === undefined) return { counted: false };
    const failures = failuresOf(row, limit);
    const delay = wait(limit, failures);
    if (delay === 0) return { counted: true };
    const until = now + delay;
    tx.put(block, { key, until });
    return { counted: true, engaged: { scope, failures, until } };
  }

  /** What keeps strangers waiting whoever they ask for: their source, or a spray. Undefined when nothing does now. */
  function sharedBlock(
    rows: readonly ThrottleRow[],
    keys: { readonly source: Uint8Array; readonly spray: Uint8Array | undefined },
    network: string,
  ): { readonly scope: 'source' | 'spray'; readonly retryAt: number } | undefined {
    const now = clock.now();
    const rowOf = (key: Uint8Array) => rows.find((row) => Buffer.compare(row.key, key) === 0);
    const source = rowOf(keys.source);
    if (source !== undefined && source.blocked_until > now) {
      return { scope: 'source', retryAt: source.blocked_until };
    }
    const failures = source === undefined ? 0 : failuresOf(source, limits.source);
    const pending = underWay.get(network) ?? 0;
    // At its limit a source may try one at a time; below it, no more than would reach it.
    const room = Math.max(1, limits.source.free - failures);
    if (pending >= room) return { scope: 'source', retryAt: now + limits.source.first };
    const spray = keys.spray && rowOf(keys.spray);
    return spray !== undefined && spray.blocked_until > now
      ? { scope: 'spray', retryAt: spray.blocked_until }
      : undefined;
  }

  function begin(network: string): () => void {
    underWay.set(network, (underWay.get(network) ?? 0) + 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      const left = (underWay.get(network) ?? 1) - 1;
      if (left === 0) underWay.delete(network);
      else underWay.set(network, left);
    };
  }

  return {
    async reserve(guess) {
      const { knownDevice, network } = guess;
      const account = accountKey(guess);
      // A spray slows down guesses at accounts; what can't be guessed is counted by its source alone.
      const keys =
        knownDevice === undefined
          ? { source: sourceKey(guess), spray: account && SPRAY }
          : undefined;
      let end = () => {};
      async function place(tx: Tx): Promise<Result<Reservation, Reservation>> {
        end(); // Of a try before this one, which came to nothing.
        // At once: where a shared count says no, what was counted for the account is undone.
        const [rows, counting] = await Promise.all([
          keys && tx.all(throttlesByKey, { a: keys.source, b: keys.spray ?? keys.source }),
          account && count(tx, 'account', account),
        ]);
        const shared = keys && sharedBlock(rows ?? [], keys, network);
        if (shared !== undefined) return failed({ free: false, ...shared });
        if (account !== undefined && !counting?.counted) {
          const row = await tx.one(throttleByKey, { key: account });
          return ok({ free: false, scope: 'account', retryAt: row?.blocked_until ?? clock.now() });
        }
        end = begin(network);
        return ok({ free: true, end });
      }
      try {
        const reserved = await writeOrUndo(store, place);
        return reserved.ok ? reserved.value : reserved.error;
      } catch (fault) {
        end();
        throw fault;
      }
    },

    giveBack(tx, guess) {
      const key = accountKey(guess);
      if (key !== undefined) tx.put(uncountFailure, { key, cost: costOf(limits.account) });
    },

    forgive(tx, guess) {
      const key = accountKey(guess);
      if (key !== undefined) tx.put(clearFailures, { key });
    },

    async blame(tx, guess) {
      const engaged: Engaged[] = [];
      const account = accountKey(guess);
      const row = account && (await tx.one(throttleByKey, { key: account }));
      if (row !== undefined && row.blocked_until > clock.now()) {
        const failures = failuresOf(row, limits.account);
        engaged.push({ scope: 'account', failures, until: row.blocked_until });
      }
      if (guess.knownDevice !== undefined) return engaged;
      for (const [scope, key] of [
        ['source', sourceKey(guess)],
        ['spray', SPRAY],
      ] as const) {
        const outcome = await count(tx, scope, key);
        if (outcome.engaged !== undefined) engaged.push(outcome.engaged);
        // What a source does while it is blocked is its own: it must not slow down everyone else.
        if (!outcome.counted) break;
      }
      return engaged;
    },
  };
}
