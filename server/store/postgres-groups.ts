/**
 * Transactions that are committed together. A COMMIT costs both sides as much as a few statements do, and the disk more than all of
 * them: so what was said in whole by several requests at about the same time is sent as one batch, which the server commits or
 * undoes at once. Where it fails, each is run again by itself, so nobody is told no for a neighbour.
 *
 * Each of them changes the rows of one subject (`of`) and no others that somebody might wait for. In a group there is one for each
 * subject, in the order of their names: groups of all nodes take their locks in one order, and none waits for another in a ring.
 */
import { DatabaseError } from 'pg';
import { Fault } from '../kernel/fault.ts';
import type { Answer, Item, Query } from './postgres-batch.ts';
import { failureOf, unknownOutcome } from './postgres-fault.ts';
import type { Connection, ConnectionPool } from './postgres-pool.ts';
import { firstError, NOT_DURABLE } from './postgres-transaction.ts';

export interface Groups {
  /** True once it is committed; false where nothing took place, and it is to be run alone. */
  commit(of: string, items: readonly Item[]): Promise<boolean>;
}

interface Member {
  readonly of: string;
  readonly items: readonly Item[];
  /** In which it came. */
  readonly round: number;
  settle(committed: boolean): void;
  fail(reason: unknown): void;
}

/** A group is no larger: bounds how long one waits for the others. */
const MOST = 32;
/** While a group is under way the next ones gather; where it takes longer than this (a lock, a slow disk), they set out all the same. */
const PATIENCE = 20;
/** So many are under way at a time. */
const LANES = 3;

export function createGroups(
  pool: ConnectionPool,
  options: {
    readonly durable: boolean;
    /** Milliseconds; who was not on the way after twice as long hears that the database is not there. */
    readonly wait: number;
    readonly onCommit?: ((transactions: number) => void) | undefined;
  },
): Groups {
  let waiting: Member[] = [];
  let underWay = 0;
  let soon = false;
  let late: NodeJS.Timeout | undefined;
  /** Rises each time that somebody waited for `wait`. */
  let round = 0;
  let overdue: NodeJS.Timeout | undefined;

  function arrange(): void {
    if (waiting.length === 0 || soon) return;
    if (underWay === 0) {
      soon = true;
      setImmediate(setOut);
    } else if (underWay < LANES) late ??= setTimeout(setOut, PATIENCE);
  }

  /** A database that says nothing keeps the groups that are under way: nobody is to wait behind several of them. */
  function keepTime(): void {
    overdue ??= setTimeout(() => {
      overdue = undefined;
      round++;
      const since = round - 2;
      const gone = new Fault('store.unavailable', 'the database was busy for too long');
      for (const member of waiting) if (member.round <= since) member.fail(gone);
      waiting = waiting.filter((member) => member.round > since);
      if (waiting.length > 0) keepTime();
    }, options.wait);
  }

  function setOut(): void {
    soon = false;
    clearTimeout(late);
    late = undefined;
    const group = take();
    if (group.length === 0) return;
    underWay++;
    run(group).finally(() => {
      underWay--;
      arrange();
    });
    arrange();
  }

  /** One for each subject, in order. */
  function take(): Member[] {
    const taken = new Map<string, Member>();
    const left: Member[] = [];
    for (const member of waiting) {
      if (taken.size < MOST && !taken.has(member.of)) taken.set(member.of, member);
      else left.push(member);
    }
    waiting = left;
    if (left.length === 0) {
      clearTimeout(overdue);
      overdue = undefined;
    }
    return [...taken.values()].sort((a, b) => (a.of < b.of ? -1 : 1));
  }

  async function run(group: readonly Member[]): Promise<void> {
    try {
      const committed = await pool.use((connection) => send(connection, group));
      if (committed) options.onCommit?.(group.length);
      for (const { settle } of group) settle(committed);
    } catch (reason) {
      for (const { fail } of group) fail(reason);
    }
  }

  async function send(connection: Connection, group: readonly Member[]): Promise<boolean> {
    const items = group.flatMap((member) => member.items);
    const queries: readonly Query[] = items.map(({ query }) => query);
    const sent = (options.durable ? queries : [NOT_DURABLE, ...queries]).map(connection.send);
    const outcomes = await Promise.allSettled(sent);
    const error = firstError(outcomes);
    if (error === undefined) {
      const answers = outcomes.slice(-items.length) as PromiseFulfilledResult<Answer>[];
      for (const [i, { resolve }] of items.entries()) resolve(answers[i]!.value); // As many as items.
      return true;
    }
    const failure = failureOf(error, connection.lost() !== undefined);
    if (!(error instanceof DatabaseError) || failure === 'lost') {
      connection.discard();
      throw unknownOutcome(error);
    }
    if (failure === 'stale') connection.discard();
    return false;
  }

  return {
    commit: (of, items) =>
      new Promise((settle, fail) => {
        waiting.push({ of, items, round, settle, fail });
        arrange();
        keepTime();
      }),
  };
}
