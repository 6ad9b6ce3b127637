/**
 * Throttles. Guesses are counted three ways, and each count slows down what it counts, exponentially, never for good:
 *
 * - per account, whatever name it was called by: reserved before anything is computed, in a transaction of its own that no
 *   later failure undoes, and given back when the guess was right. A browser that signed in as this person before has a
 *   count of its own, so that a stranger's guesses never lock out the owner;
 * - per source (one IPv4 address, one IPv6 /64), and
 * - across accounts: many failures anywhere slow down strangers everywhere, which is what a spray looks like. What can't be
 *   guessed counts for nothing there and waits for nothing there: one address could hold up everyone's sign-in with it.
 *
 * A process is a source of its own within its network, so that one machine's mistakes don't keep its neighbours out. All of a
 * network's processes together have a bound too, many times as wide: naming many gains nobody a place for each.
 *
 * So is each account that is asked for through a network device that tells nobody's address: who comes there shares its address
 * with all others, and one who guesses must not keep them waiting. All of them together are bounded as the processes of a network
 * are; and what they may add to the count across accounts is no more than any other source may.
 *
 * The last two are shared by everyone, so a row that each sign-in reserved would make all of them wait for one lock. They are
 * looked at when a place is reserved and counted after a failure, and what is under way in this process counts as failed
 * meanwhile. How failures are counted, and how long they keep what they count waiting: failures.ts.
 */
import { remembered } from '../../kernel/bounded-map.ts';
import { hex } from '../../kernel/bytes.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Queries, Store, Tx } from '../../store/store.ts';
import type { Vault } from '../../vault/vault.ts';
import type { Arrival } from '../arrival.ts';
import {
  alone,
  createFailures,
  type Engaged,
  type FailureLimits,
  type Shared,
  type ThrottleScope,
} from './failures.ts';
import {
  blockedByEither,
  clearFailures,
  dropFailure,
  throttleByKey,
  unblocked,
  uncountFailure,
} from './throttle-table.ts';

export type { ThrottleScope } from './failures.ts';

export interface ThrottleLimits extends FailureLimits {
  /** Attempts that are opened within a minute: from one network, and from all of them together. */
  readonly opening: { readonly network: number; readonly all: number };
}

export interface Guess {
  /**
   * Stands for the account: its id, or the index of the name that was typed when nobody has it. Undefined for a proof that
   * can't be guessed (a signature): only its source is counted, so nobody is kept out by guesses at another proof.
   */
  readonly account: string | undefined;
  /** The device that signed in as this account before, when the request brought its token. */
  readonly knownDevice: string | undefined;
  /** The network that the request came from; of a process, the process in it; behind a network device, the account at it. */
  readonly network: string;
  /** Of a process: the network that it is in, bare; of who is behind a network device: that device. */
  readonly within?: string;
}

/** Of somebody who offers a proof in an attempt: whom it is counted for. */
export function guessOf(
  {
    subject,
    lookup,
  }: { readonly subject: string | undefined; readonly lookup: Uint8Array | undefined },
  knownDevice: string | undefined,
  guessable: boolean,
  { network, behind }: Pick<Arrival, 'network' | 'behind'>,
): Guess {
  const whose = subject ?? (lookup ? hex(lookup) : 'nobody');
  const account = guessable ? whose : undefined;
  return behind === undefined
    ? { account, knownDevice, network }
    : { account, knownDevice, network: `${behind} ${whose}`, within: behind };
}

export type Source = Pick<Guess, 'network' | 'within'>;

export type Reservation =
  | { readonly free: true /** To be called once, however the guess ends. */; end(): void }
  | { readonly free: false; readonly scope: ThrottleScope; readonly retryAt: number };

/** A guess that nobody is told of unless it was right. */
export interface Unreserved {
  /**
   * Undefined where `reserve` would find no place now. It is asked before anything is verified: what is right and has to wait must take
   * no longer than what is wrong, or the time would tell which it was. What comes to wait later does not keep this guess waiting, as
   * little as one that has a place. `counted`: whether there are guesses at the account to be forgotten.
   */
  look(q: Queries): Promise<{ readonly counted: boolean } | undefined>;
  /** To be called once, however it ends. */
  end(): void;
}

export interface Throttle {
  reserve(guess: Guess): Promise<Reservation>;
  /**
   * For a proof that costs nothing to verify, and that nobody is told of unless it was right and nothing had kept a guess waiting.
   * What is right needs no reservation then: it would be given back. What is not is to be judged as any other. Whoever calls it sees
   * to it that one guess at an account is judged so at a time. Undefined where `reserve` would find no place.
   */
  unreserved(guess: Guess): Unreserved | undefined;
  /**
   * Whether what can't be guessed is kept waiting for its source's failures. Nothing is reserved: what is under way need not
   * count as failed where no number of tries would find anything, and machines come by the hundreds at once. So it may as well be
   * asked in the transaction that settles what was computed, by `rowsOf`.
   */
  blocked(guess: Source): Promise<{ readonly retryAt: number } | undefined>;
  /** The rows that `blocked` reads, for those who read them along with others. */
  rowsOf(guess: Source): { readonly source: Uint8Array; readonly within: Uint8Array };
  /** Takes back what a right proof had reserved. The guesses before it still count: there may be a second proof to guess. */
  giveBack(tx: Tx, guess: Guess): void;
  /** Forgets all guesses at an account; part of the transaction that grants. */
  forgive(tx: Tx, guess: Guess): void;
  /** Counts a failure for the source and across accounts; tells what is slowed down from now on. */
  blame(tx: Tx, guess: Guess): Promise<readonly Engaged[]>;
}

const MOST_KEYS = 10_000;

const isFull = ({ room, roomWithin }: Shared) => room <= 0 || roomWithin <= 0;

export function createThrottle(deps: {
  store: Store;
  vault: Vault;
  clock: Clock;
  limits: FailureLimits;
}): Throttle {
  const { store, vault, clock, limits } = deps;
  const failures = createFailures(clock, limits);
  const underWay = new Map<string, number>();

  const keyOf = (text: string) => vault.blindIndex('throttle', text);
  /** The same machines come again and again: their keys need not be computed each time. */
  const sharedKeyOf = remembered(MOST_KEYS, keyOf);
  const accountKeys = new WeakMap<Guess, Uint8Array>();
  const accountKey = (guess: Guess) => {
    const { account, knownDevice } = guess;
    if (account === undefined) return undefined;
    let key = accountKeys.get(guess);
    if (key === undefined) {
      const of = knownDevice === undefined ? 'account' : `device:${knownDevice}`;
      key = keyOf(`${of}:${account}`);
      accountKeys.set(guess, key);
    }
    return key;
  };
  const sourceKey = ({ network }: Pick<Guess, 'network'>) => sharedKeyOf(`source:${network}`);
  const SPRAY = keyOf('spray');
  const withinKey = ({ within }: Pick<Guess, 'within'>) =>
    within === undefined ? undefined : sharedKeyOf(`within:${within}`);

  function rowsOf(guess: Source) {
    const source = sourceKey(guess);
    return { source, within: withinKey(guess) ?? source };
  }

  /** Until when a network's processes wait, all of them or this one. */
  async function sourceBlock(q: Queries, guess: Source): Promise<number | undefined> {
    const row = await q.one(blockedByEither, rowsOf(guess));
    const until = row?.until ?? 0;
    return until > clock.now() ? until : undefined;
  }

  /** At its limit a source may try one at a time; below it, no more than would reach it. */
  const roomOf = (free: number, pending: number) =>
    pending === 0 ? Number.POSITIVE_INFINITY : free - pending;

  /** What strangers of a network share. Those of its guesses that are under way count as failed. */
  function sharedBy(guess: Guess, account: Uint8Array | undefined): Shared {
    const source = sourceKey(guess);
    const room = roomOf(limits.source.free, underWay.get(guess.network) ?? 0);
    const shared = { ...alone(source), room };
    if (account === undefined) return shared;
    const within = withinKey(guess);
    if (within === undefined) return { ...shared, spray: SPRAY };
    const roomWithin = roomOf(failures.freeTogether, underWay.get(allWithin(guess)) ?? 0);
    return { ...shared, spray: SPRAY, within, roomWithin };
  }

  /**
   * Waits for nothing within the transaction, so that it is one way there and back; nor for the disk: who can take a machine's
   * power away gains no more than the guesses of that moment.
   */
  async function countAlone(
    guess: Guess,
    account: Uint8Array,
    shared: Shared | undefined,
  ): Promise<boolean> {
    const { counting } = await store.write(
      async (tx) => {
        const counting = failures.count(tx, 'account', account, shared);
        counting.catch(() => {}); // Whatever it is, the transaction fails of it.
        return { counting };
      },
      { durable: false, of: guess.account },
    );
    return (await counting).counted;
  }

  /** What keeps a guess waiting; undefined when nothing does (any more). */
  async function blockOf(
    q: Queries,
    account: Uint8Array | undefined,
    shared: Shared | undefined,
  ): Promise<{ readonly scope: ThrottleScope; readonly retryAt: number } | undefined> {
    const now = clock.now();
    if (shared !== undefined) {
      const source = await q.one(throttleByKey, { key: shared.source });
      if (source !== undefined && source.blocked_until > now) {
        return { scope: 'source', retryAt: source.blocked_until };
      }
      const failed = source === undefined ? 0 : failures.of(source, 'source');
      const within =
        shared.within === shared.source
          ? undefined
          : await q.one(throttleByKey, { key: shared.within });
      const together = within === undefined ? 0 : failures.ofTogether(within);
      if (failed >= shared.room || together >= shared.roomWithin) {
        return { scope: 'source', retryAt: now + limits.source.first };
      }
      const spray = account && (await q.one(throttleByKey, { key: shared.spray }));
      if (spray !== undefined && spray.blocked_until > now) {
        return { scope: 'spray', retryAt: spray.blocked_until };
      }
    }
    const own = account && (await q.one(throttleByKey, { key: account }));
    return own !== undefined && own.blocked_until > now
      ? { scope: 'account', retryAt: own.blocked_until }
      : undefined;
  }

  const allWithin = ({ within }: Pick<Guess, 'within'>) => `within ${within}`;

  function begin(guess: Source): () => void {
    const counted =
      guess.within === undefined ? [guess.network] : [guess.network, allWithin(guess)];
    for (const one of counted) underWay.set(one, (underWay.get(one) ?? 0) + 1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      for (const one of counted) {
        const left = (underWay.get(one) ?? 1) - 1;
        if (left === 0) underWay.delete(one);
        else underWay.set(one, left);
      }
    };
  }

  return {
    async reserve(guess) {
      const account = accountKey(guess);
      // A spray slows down guesses at accounts; what can't be guessed is counted by its source alone.
      const shared = guess.knownDevice === undefined ? sharedBy(guess, account) : undefined;
      // From here on it is under way for all others, before anything is waited for.
      const end = begin(guess);
      try {
        // As many are under way as are free: no row need be there to say so.
        const full = shared !== undefined && isFull(shared);
        if (account !== undefined && !full && (await countAlone(guess, account, shared))) {
          return { free: true, end };
        }
        const block = await store.read(async (q) => {
          const retryAt = guess.within === undefined ? undefined : await sourceBlock(q, guess);
          if (retryAt !== undefined) return { scope: 'source' as const, retryAt };
          return blockOf(q, account, shared);
        });
        if (account === undefined && block === undefined) return { free: true, end };
        end();
        return { free: false, ...(block ?? { scope: 'account', retryAt: clock.now() }) };
      } catch (fault) {
        end();
        throw fault;
      }
    },

    unreserved(guess) {
      const account = accountKey(guess);
      if (account === undefined) return undefined;
      const shared = guess.knownDevice === undefined ? sharedBy(guess, account) : alone(account);
      if (isFull(shared)) return undefined;
      const { source, within, spray } = shared;
      return {
        async look(q) {
          const now = clock.now();
          const full = failures.fullAt(shared, now);
          const row = await q.one(unblocked, { account, source, within, spray, now, ...full });
          return row && { counted: Number(row.counted) > 0 };
        },
        end: begin(guess),
      };
    },

    rowsOf,
    async blocked(guess) {
      const retryAt = await store.read((q) => sourceBlock(q, guess));
      return retryAt === undefined ? undefined : { retryAt };
    },

    giveBack(tx, guess) {
      const key = accountKey(guess);
      if (key === undefined) return;
      const cost = failures.costAt('account');
      tx.put(dropFailure, { key, cost, now: clock.now() });
      tx.put(uncountFailure, { key, cost });
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
        const count = failures.of(row, 'account');
        engaged.push({ scope: 'account', failures: count, until: row.blocked_until });
      }
      if (guess.knownDevice !== undefined) return engaged;
      const source = await failures.count(tx, 'source', sourceKey(guess));
      if (source.engaged !== undefined) engaged.push(source.engaged);
      // What a source does while it is blocked is its own: it must not slow down anyone else.
      if (!source.counted) return engaged;
      const within = withinKey(guess);
      const all = within && (await failures.countTogether(tx, within));
      if (all !== undefined) engaged.push(all);
      if (account === undefined) return engaged;
      if (guess.within !== undefined) {
        const share = sharedKeyOf(`spray within:${guess.within}`);
        if (!(await failures.count(tx, 'source', share)).counted) return engaged;
      }
      const spray = await failures.count(tx, 'spray', SPRAY);
      if (spray.engaged !== undefined) engaged.push(spray.engaged);
      return engaged;
    },
  };
}
