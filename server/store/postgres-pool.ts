/** Connections to PostgreSQL: a bounded number, each wait bounded, each loss noticed at once. */
import { DatabaseError, Pool, type PoolClient } from 'pg';
import { Fault } from '../kernel/fault.ts';
import {
  type Answer,
  Batch,
  type Item,
  type Query,
  type Session,
  Skipped,
} from './postgres-batch.ts';
import type { PostgresAddress } from './postgres-url.ts';

/** Milliseconds. Every wait has an end: a store that hangs would hang every door. */
export interface PostgresLimits {
  /** For a connection: a free one of the pool, or a new one. */
  readonly connect: number;
  readonly statement: number;
  readonly lock: number;
  /** A whole transaction, with whatever its work waits for. */
  readonly transaction: number;
}

export interface Connection {
  /** What is sent before anything is waited for travels together. */
  send(query: Query): Promise<Answer>;
  /** What ended the connection; undefined while it stands. */
  lost(): Error | undefined;
  /** Settles with the work, or fails as soon as the connection is lost. */
  untilLost<T>(work: Promise<T>): Promise<T>;
  /** Closes the connection after use instead of giving it back. */
  discard(): void;
}

export interface ConnectionPool {
  use<T>(work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** How much longer than the server's own limit we wait for its word: a network that swallows everything ends too. */
const GRACE = 5_000;
/** Connections are replaced now and then, so that a cluster's load spreads to nodes that came later. */
const LIFETIME_SECONDS = 1800;

export function openPool(
  address: PostgresAddress,
  size: number,
  limits: PostgresLimits,
  readOnly: boolean,
): ConnectionPool {
  const grace = (limit: number) => limit + Math.min(limit, GRACE);
  const pool = new Pool({
    host: address.host,
    port: address.port,
    database: address.database,
    user: address.user,
    ...(address.password !== undefined && { password: address.password }),
    ssl: address.ssl,
    application_name: address.applicationName,
    options: readOnly
      ? `${address.options} -c default_transaction_read_only=on`.trim()
      : address.options,
    max: size,
    connectionTimeoutMillis: limits.connect,
    idleTimeoutMillis: 0,
    maxLifetimeSeconds: LIFETIME_SECONDS,
    keepAlive: true,
    statement_timeout: limits.statement,
    lock_timeout: limits.lock,
    idle_in_transaction_session_timeout: grace(limits.transaction),
    query_timeout: grace(limits.statement),
  });
  // An idle connection that ends is taken out of the pool; whoever needs one opens another.
  pool.on('error', () => {});
  const sessions = new WeakMap<PoolClient, Session>();
  pool.on('connect', (client) => {
    client.on('error', () => {});
    sessions.set(client, openSession(client));
  });

  async function connect(): Promise<PoolClient> {
    try {
      return await pool.connect();
    } catch (cause) {
      const message = `no connection to the database at ${address.host}:${address.port}`;
      throw new Fault('store.unavailable', message, { cause });
    }
  }

  return {
    async use(work) {
      const client = await connect();
      let lost: Error | undefined;
      let discarded = false;
      let onLoss: ((error: Error) => void) | undefined;
      const onError = (error: Error) => {
        lost ??= error;
        onLoss?.(lost);
      };
      client.on('error', onError);
      const session = sessions.get(client)!; // Made when it was connected.
      let waiting: Item[] = [];
      // Once all that can be done without an answer is done, in this work and in what follows from it.
      const flush = () => {
        const items = waiting;
        waiting = [];
        client.query(new Batch(items, session));
      };
      try {
        return await work({
          send: (query) =>
            new Promise((resolve, reject) => {
              waiting.push({
                query,
                resolve,
                reject(error) {
                  // What the server didn't say leaves the connection in a state that nobody knows.
                  if (!(error instanceof DatabaseError || error instanceof Skipped)) {
                    discarded = true;
                  }
                  reject(error);
                },
              });
              if (waiting.length === 1) process.nextTick(flush);
            }),
          lost: () => lost,
          untilLost: (promise) =>
            new Promise((resolve, reject) => {
              onLoss = reject;
              promise.then(resolve, reject);
            }),
          discard() {
            discarded = true;
          },
        });
      } finally {
        client.off('error', onError);
        client.release(discarded || lost !== undefined);
      }
    },
    close: () => pool.end(),
  };
}

/** As far as we use the client beyond its documented surface: its connection tells when a statement was prepared. */
type Wired = PoolClient & { readonly connection: NodeJS.EventEmitter };

function openSession(client: PoolClient): Session {
  const session: Session = { prepared: new Map(), current: undefined };
  (client as Wired).connection.on('parseComplete', () => session.current?.handleParseComplete());
  return session;
}
