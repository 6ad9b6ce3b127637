import { type Answer, type Query, Skipped } from './postgres-batch.ts';
import { Again, failureOf, postgresFault, TRIES } from './postgres-fault.ts';
import type { Connection, ConnectionPool } from './postgres-pool.ts';

interface Waiting {
  readonly query: Query;
  resolve(answer: Answer | Again): void;
  reject(error: unknown): void;
}

/** Reads that travel together at most: bounds how long one waits for the others. */
const TOGETHER = 32;

/**
 * Reads of all requests that came in one turn of the loop, in one batch on one connection. Each is a statement of its own, so
 * one that fails is told so, and those behind it, which the server skipped, are asked again.
 */
export function createSharedReads(pool: ConnectionPool): (query: Query) => Promise<Answer | Again> {
  let waiting: Waiting[] = [];

  function add(read: Waiting): void {
    waiting.push(read);
    if (waiting.length === 1) setImmediate(flush);
  }

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (let at = 0; at < all.length; at += TOGETHER) void run(all.slice(at, at + TOGETHER));
  }

  async function run(reads: readonly Waiting[]): Promise<void> {
    try {
      await pool.use((connection) => Promise.all(reads.map((read) => send(connection, read))));
    } catch (error) {
      // There was no connection. Rejecting again those who were answered changes nothing.
      for (const read of reads) read.reject(error);
    }
  }

  async function send(connection: Connection, read: Waiting): Promise<void> {
    try {
      read.resolve(await connection.send(read.query));
    } catch (error) {
      if (error instanceof Skipped) return add(read);
      const failure = failureOf(error, connection.lost() !== undefined);
      if (failure === 'lost' || failure === 'stale') connection.discard();
      if (TRIES[failure]) read.resolve(new Again(failure, error));
      else read.reject(postgresFault(error, failure));
    }
  }

  return (query) => new Promise((resolve, reject) => add({ query, resolve, reject }));
}
