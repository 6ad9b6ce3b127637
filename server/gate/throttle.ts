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
import type { Clock } from '../kernel/clock.ts';
import type { Store, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import {
  block,
  clearFailures,
  countFailure,
  throttleByKey,
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
  giveBack(tx: Tx, guess: Guess): Promise<void>;
  /** Forgets all guesses at an account; part of the transaction that grants. */
  forgive(tx: Tx, guess: Guess): Promise<void>;
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
    const row = await tx.one(countFailure, { key, now, forget: now + limit.forget });
    if (row === undefined) return { counted: false };
    const delay = wait(limit, row.failures);
    if (delay === 0) return { counted: true };
    const until = now + delay;
    await tx.run(block, { key, until });
    return { counted: true, engaged: { scope, failures: row.failures, until } };
  }

  /** When a shared count lets through again; undefined when it does now. */
  async function sharedBlock(
    tx: Tx,
    scope: 'source' | 'spray',
    key: Uint8Array,
    network: string,
  ): Promise<number | undefined> {
    const now = clock.now();
    const row = await tx.one(throttleByKey, { key });
    if (row !== undefined && row.blocked_until > now) return row.blocked_until;
    if (scope === 'spray') return undefined;
    const failures = row !== undefined && row.expires_at > now ? row.failures : 0;
    const pending = underWay.get(network) ?? 0;
    // At its limit a source may try one at a time; below it, no more than would reach it.
    const room = Math.max(1, limits.source.free - failures);
    return pending >= room ? now + limits.source.first : undefined;
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
      const account = accountKey(guess);
      return store.write(async (tx): Promise<Reservation> => {
        if (guess.knownDevice === undefined) {
          const source = await sharedBlock(tx, 'source', sourceKey(guess), guess.network);
          if (source !== undefined) return { free: false, scope: 'source', retryAt: source };
        }
        if (account === undefined) return { free: true, end: begin(guess.network) };
        if (guess.knownDevice === undefined) {
          const spray = await sharedBlock(tx, 'spray', SPRAY, guess.network);
          if (spray !== undefined) return { free: false, scope: 'spray', retryAt: spray };
        }
        const { counted } = await count(tx, 'account', account);
        if (counted) return { free: true, end: begin(guess.network) };
        const row = await tx.one(throttleByKey, { key: account });
        return { free: false, scope: 'account', retryAt: row?.blocked_until ?? clock.now() };
      });
    },

    async giveBack(tx, guess) {
      const key = accountKey(guess);
      if (key !== undefined) await tx.run(uncountFailure, { key });
    },

    async forgive(tx, guess) {
      const key = accountKey(guess);
      if (key !== undefined) await tx.run(clearFailures, { key });
    },

    async blame(tx, guess) {
      const engaged: Engaged[] = [];
      const account = accountKey(guess);
      const row = account && (await tx.one(throttleByKey, { key: account }));
      if (row !== undefined && row.blocked_until > clock.now()) {
        engaged.push({ scope: 'account', failures: row.failures, until: row.blocked_until });
      }
      if (guess.knownDevice !== undefined) return engaged;
      for (const [scope, key] of [
        ['source', sourceKey(guess)],
        ['spray', SPRAY],
      ] as const) {
        const outcome = await count(tx, scope, key);
        if (outcome.engaged !== undefined) engaged.push(outcome.engaged);
      }
      return engaged;
    },
  };
}
