/**
 * PostgreSQL, and what speaks its protocol (CockroachDB, YugabyteDB): many nodes share one database.
 *
 * A write that waits for none of its answers is one batch, which may travel with those of others (postgres-groups.ts). Any other takes
 * a connection for itself, sends BEGIN together with its first statements, and resolves when COMMIT was answered. Work that lost a race
 * (serialisation failure, deadlock), or its connection before COMMIT was sent, is run again a few times after a random wait. A COMMIT
 * without an answer may have taken place: nobody repeats it blindly. The caller hears that the store failed, and one-use rules make it
 * safe to ask again. Reads have connections of their own on which the server refuses
 * changes, one for each statement, so a transaction never waits behind them nor they behind it.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { Fault } from '../kernel/fault.ts';
import { type Random, systemRandom } from '../kernel/random.ts';
import { runEffects } from './effects.ts';
import { type Answer, type Query, Skipped } from './postgres-batch.ts';
import { Again, failureOf, postgresFault, TRIES, unknownOutcome } from './postgres-fault.ts';
import { createGroups } from './postgres-groups.ts';
import type { Value } from './postgres-messages.ts';
import { type Connection, openPool, type PostgresLimits } from './postgres-pool.ts';
import { createSharedReads } from './postgres-reads.ts';
import {
  NOT_DURABLE,
  type OpenTransaction,
  openTransaction,
  type Prepare,
} from './postgres-transaction.ts';
import { parsePostgresUrl } from './postgres-url.ts';
import { bind, type Statement } from './statement.ts';
import type { Queries, Store, Tx, WriteOptions } from './store.ts';

export interface PostgresOptions {
  readonly url: string;
  /** Connections for transactions; there are half as many for reads. */
  readonly poolSize?: number;
  readonly limits?: Partial<PostgresLimits>;
  readonly random?: Random;
  /** Told after each commit how many transactions it held. */
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
  const { onCommit } = options;
  const groups = {
    durable: createGroups(writers, { durable: true, wait: limits.connect, onCommit }),
    soon: createGroups(writers, { durable: false, wait: limits.connect, onCommit }),
  };
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

  async function attemptWrite<T>(
    work: (tx: Tx) => Promise<T>,
    { durable = true, of }: WriteOptions,
  ): Promise<T | Again> {
    // From here on in a promise: the next tick comes once all that can be done without an answer is done.
    await undefined;
    const transaction = openTransaction(prepare);
    const working = work(transaction.tx);
    const atOnce = await outcomeAtOnce(working);
    if (atOnce === undefined) {
      return writers.use((connection) => converse(connection, transaction, working, durable));
    }
    transaction.end();
    if (!atOnce.ok) throw atOnce.reason;
    const { said } = transaction;
    if (said.length > 0) {
      const others = durable ? groups.durable : groups.soon;
      if (of === undefined || !(await others.commit(of, said))) {
        const failed = await writers.use((alone) => commitWhole(alone, transaction, durable));
        if (failed) return failed;
        onCommit?.(1);
      }
    }
    runEffects(transaction.effects);
    return atOnce.value;
  }

  /** Work that waits for answers. */
  async function converse<T>(
    connection: Connection,
    transaction: OpenTransaction,
    working: Promise<T>,
    durable: boolean,
  ): Promise<T | Again> {
    transaction.talk(connection, durable);
    let value: T;
    try {
      value = await inTime(limits.transaction, connection.untilLost(working));
      const swallowed = transaction.failure();
      if (swallowed !== undefined) throw postgresFault(swallowed, failureOf(swallowed, false));
    } catch (reason) {
      return await giveUp(connection, transaction, reason);
    }
    transaction.end();
    const failed = await commit(connection, transaction);
    if (failed) return failed;
    onCommit?.(1);
    runEffects(transaction.effects);
    return value;
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
    write: (work, how = {}) => track(() => repeat(() => attemptWrite(work, how))),
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(underWay);
      await Promise.all([writers.close(), readers.close()]);
    },
  };
}

type AtOnce<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; reason: unknown };

/** What comes of work that waits for nothing; undefined for work that does. */
async function outcomeAtOnce<T>(working: Promise<T>): Promise<AtOnce<T> | undefined> {
  let outcome: AtOnce<T> | undefined;
  working.then(
    (value) => {
      outcome = { ok: true, value };
    },
    (reason) => {
      outcome = { ok: false, reason };
    },
  );
  await new Promise<void>((resolve) => process.nextTick(resolve));
  return outcome;
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
  else await connection.send(ROLLBACK).catch(() => connection.discard());
  if (reason instanceof Late) throw new Fault('store.unavailable', reason.message);
  if (TRIES[failure]) return new Again(failure, error);
  throw transaction.unmet() ?? reason ?? postgresFault(error, failure);
}

/** What was said in one batch: the server committed it, or undid it, when it answered. */
async function commitWhole(
  connection: Connection,
  transaction: OpenTransaction,
  durable: boolean,
): Promise<Again | undefined> {
  const { said } = transaction;
  if (!durable) connection.send(NOT_DURABLE).catch(() => {}); // What it fails of, those behind it do.
  for (const { query, resolve, reject } of said) connection.send(query).then(resolve, reject);
  await transaction.answered();
  const error = transaction.failure();
  if (error === undefined) return undefined;
  const failure = failureOf(error, connection.lost() !== undefined);
  if (!(error instanceof DatabaseError) || failure === 'lost') {
    connection.discard();
    throw unknownOutcome(error);
  }
  if (failure === 'stale') connection.discard();
  if (TRIES[failure]) return new Again(failure, error);
  throw transaction.unmet() ?? postgresFault(error, failure);
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
    connection.discard();
    throw unknownOutcome(error);
  }
  if (result.command === 'COMMIT') return undefined;
  // A statement that nobody waited for had failed, and the server rolled back instead.
  const error = transaction.failure();
  const failure = failureOf(error, false);
  if (TRIES[failure]) return new Again(failure, error);
  throw transaction.unmet() ?? postgresFault(error, failure);
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
  let count = 0;
  const named = (textOf: (sql: string) => string) => {
    const names = new WeakMap<object, { readonly name: string; readonly text: string }>();
    return <P, R>(statement: Statement<P, R>, parameters: P): Query => {
      const compiled = statement.compile('postgres');
      // Parameters are objects by the type of `tables().statement`.
      const values = bind(compiled, parameters as object) as Value[];
      if (!statement.lasting) return { text: textOf(compiled.sql), values };
      let known = names.get(statement);
      if (known === undefined) {
        count += 1;
        known = { name: `s${count}`, text: textOf(compiled.sql) };
        names.set(statement, known);
      }
      return { ...known, values };
    };
  };
  return Object.assign(
    named((sql) => sql),
    { exactlyOne: named(exactlyOne) },
  );
}

/** A question that fails, by dividing by zero, unless the statement finds or changes one row. */
function exactlyOne(sql: string): string {
  const rows = sql.startsWith('select ') ? sql : `${sql} returning 1`;
  return `with found as (${rows}) select 1 / (count(*) = 1)::integer from found`;
}
