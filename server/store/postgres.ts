/**
 * PostgreSQL, and what speaks its protocol (CockroachDB, YugabyteDB): many nodes share one database.
 *
 * A write takes a connection for itself, sends BEGIN together with its first statement, and resolves when COMMIT was answered.
 * Work that lost a race (serialisation failure, deadlock), or its connection before COMMIT was sent, is run again a few times
 * after a random wait. A COMMIT without an answer may have taken place: nobody repeats it blindly. The caller hears that the
 * store failed, and one-use rules make it safe to ask again. Reads have connections of their own on which the server refuses
 * changes, one for each statement, so a transaction never waits behind them nor they behind it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { Fault } from '../kernel/fault.ts';
import { type Random, systemRandom } from '../kernel/random.ts';
import { runEffects } from './effects.ts';
import { type Answer, type Query, Skipped } from './postgres-batch.ts';
import { Again, failureOf, postgresFault, TRIES } from './postgres-fault.ts';
import type { Value } from './postgres-messages.ts';
import { type Connection, openPool, type PostgresLimits } from './postgres-pool.ts';
import { createSharedReads } from './postgres-reads.ts';
import { type OpenTransaction, openTransaction, type Prepare } from './postgres-transaction.ts';
import { parsePostgresUrl } from './postgres-url.ts';
import { bind, type Statement } from './statement.ts';
import type { Queries, Store, Tx } from './store.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Connections for transactions; there are half as many for reads. */
  readonly poolSize?: number;
  readonly limits?: Partial<PostgresLimits>;
  readonly random?: Random;
  /** Told after each commit how many transactions it held: one. */
  readonly onCommit?: (transactions: number) => void;
}

const LIMITS: PostgresLimits = {
  connect: 5_000,
  statement: 15_000,
  lock: 5_000,
  transaction: 30_000,
};

const COMMIT: Query = { name: 'commit', text: 'commit', values: [] };
const ROLLBACK: Query = { name: 'rollback', text: 'rollback', values: [] };

const SHORTEST_PAUSE = 5;
const LONGEST_PAUSE = 400;

export function openPostgres(options: PostgresOptions): Store {
  const limits = { ...LIMITS, ...options.limits };
  const random = options.random ?? systemRandom();
  const address = parsePostgresUrl(options.url);
  const size = options.poolSize ?? 10;
  const writers = openPool(address, size, limits, false);
  const readers = openPool(address, Math.ceil(size / 2), limits, true);
  const prepare = createPrepare();
  const underWay = new Set<Promise<unknown>>();
  let closed = false;

  async function repeat<T>(attempt: () => Promise<T | Again>): Promise<T> {
    for (let tries = 1; ; tries++) {
      const outcome = await attempt();
      if (!(outcome instanceof Again)) return outcome;
      if (tries >= (TRIES[outcome.failure] ?? 1)) throw outcome.fault;
      if (outcome.failure !== 'stale') await wait(pause(tries, random));
    }
  }

  const shared = createSharedReads(readers);
  const read = (query: Query) => repeat(() => shared(query));

  const queries: Queries = {
    async one<P, R>(statement: Statement<P, R>, parameters: P) {
      return (await read(prepare(statement, parameters))).rows[0] as R | undefined;
    },
    async all<P, R>(statement: Statement<P, R>, parameters: P) {
      return (await read(prepare(statement, parameters))).rows as R[];
    },
  };

  function attemptWrite<T>(work: (tx: Tx) => Promise<T>, durable: boolean): Promise<T | Again> {
    return writers.use(async (connection) => {
      const transaction = openTransaction(connection, prepare, { durable });
      let value: T;
      try {
        value = await inTime(limits.transaction, connection.untilLost(work(transaction.tx)));
        const swallowed = transaction.failure();
        if (swallowed !== undefined) throw postgresFault(swallowed, failureOf(swallowed, false));
      } catch (reason) {
        return await giveUp(connection, transaction, reason);
      }
      transaction.end();
      if (transaction.extent() !== 'silent') {
        const end = transaction.extent() === 'whole' ? commitWhole : commit;
        const failed = await end(connection, transaction);
        if (failed) return failed;
        options.onCommit?.(1);
      }
      runEffects(transaction.effects);
      return value;
    });
  }

  function track<T>(work: () => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new Fault('store.misuse', 'the database is closed'));
    const promise = work();
    underWay.add(promise);
    const forget = () => underWay.delete(promise);
    promise.then(forget, forget);
    return promise;
  }

  return {
    dialect: 'postgres',
    read: (work) => track(async () => work(queries)),
    write: (work, { durable = true } = {}) =>
      track(() => repeat(() => attemptWrite(work, durable))),
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(underWay);
      await Promise.all([writers.close(), readers.close()]);
    },
  };
}

/** Leaves nothing of a transaction behind, and tells whether to try again or why not. */
async function giveUp(
  connection: Connection,
  transaction: OpenTransaction,
  reason: unknown,
): Promise<Again> {
  transaction.end();
  const error = transaction.failure() ?? connection.lost();
  const failure = error === undefined ? 'other' : failureOf(error, connection.lost() !== undefined);
  if (failure === 'lost' || failure === 'stale' || reason instanceof Late) connection.discard();
  else if (transaction.extent() === 'open') {
    await connection.send(ROLLBACK).catch(() => connection.discard());
  }
  if (reason instanceof Late) throw new Fault('store.unavailable', reason.message);
  if (TRIES[failure]) return new Again(failure, error);
  throw reason ?? postgresFault(error, failure);
}

/** The same for a transaction that is one batch: the server committed it, or undid it, when it answered. */
async function commitWhole(
  connection: Connection,
  transaction: OpenTransaction,
): Promise<Again | undefined> {
  await transaction.answered();
  const error = transaction.failure();
  if (error === undefined) return undefined;
  const failure = failureOf(error, connection.lost() !== undefined);
  if (!(error instanceof DatabaseError) || failure === 'lost') {
    throw unknownOutcome(connection, error);
  }
  if (failure === 'stale') connection.discard();
  if (TRIES[failure]) return new Again(failure, error);
  throw postgresFault(error, failure);
}

function unknownOutcome(connection: Connection, cause: unknown): Fault {
  connection.discard();
  const message = 'the database did not say whether it committed';
  return new Fault('store.unavailable', message, { cause });
}

/** Commits. Gives what failed where it is certain that nothing took place and that trying again can help. */
async function commit(
  connection: Connection,
  transaction: OpenTransaction,
): Promise<Again | undefined> {
  const lost = connection.lost();
  if (lost) return new Again('lost', lost);
  let result: Answer;
  try {
    result = await connection.send(COMMIT);
  } catch (error) {
    // It travelled with statements that nobody waited for, and one of those failed.
    if (error instanceof Skipped) return giveUp(connection, transaction, undefined);
    const failure = failureOf(error, connection.lost() !== undefined);
    if (failure === 'clash') return new Again(failure, error);
    if (failure === 'conflict') throw postgresFault(error, failure);
    throw unknownOutcome(connection, error);
  }
  if (result.command === 'COMMIT') return undefined;
  // A statement that nobody waited for had failed, and the server rolled back instead.
  const error = transaction.failure();
  const failure = failureOf(error, false);
  if (TRIES[failure]) return new Again(failure, error);
  throw postgresFault(error, failure);
}

class Late extends Error {}

/** Settles with the work, or fails when that takes too long. */
async function inTime<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Late('a transaction did not end in time')), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A random wait, longer with each try: those who clashed come back at different times. */
function pause(tries: number, random: Random): number {
  const most = Math.min(SHORTEST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE);
  const [high, low] = random.bytes(2) as unknown as [number, number]; // As many as asked for.
  return (most * (high * 256 + low)) / 65536;
}

/** Lasting statements have a name, under which each connection prepares them once. */
function createPrepare(): Prepare {
  const names = new WeakMap<object, string>();
  let count = 0;
  return (statement, parameters) => {
    const compiled = statement.compile('postgres');
    // Parameters are objects by the type of `tables().statement`.
    const values = bind(compiled, parameters as object) as Value[];
    if (!statement.lasting) return { text: compiled.sql, values };
    let name = names.get(statement);
    if (name === undefined) {
      count += 1;
      name = `s${count}`;
      names.set(statement, name);
    }
    return { name, text: compiled.sql, values };
  };
}
