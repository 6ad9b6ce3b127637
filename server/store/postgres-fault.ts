/** What an error of the PostgreSQL client means for a transaction (codes: PostgreSQL, Appendix A). */
import { DatabaseError } from 'pg';
import { Fault } from '../kernel/fault.ts';

export type Failure =
  /** Serialisation failure or deadlock: the same work, begun anew, can succeed. */
  | 'clash'
  /** The connection is gone, and with it whatever had not been committed. */
  | 'lost'
  /** The connection has prepared statements that a migration or a pooler made void: another connection is needed. */
  | 'stale'
  /** A constraint said no (class 23). */
  | 'conflict'
  | 'other';

export function failureOf(error: unknown, connectionLost: boolean): Failure {
  if (!(error instanceof DatabaseError)) return connectionLost ? 'lost' : 'other';
  const code = error.code ?? '';
  if (code === '40001' || code === '40P01') return 'clash';
  if (code.startsWith('23')) return 'conflict';
  // 57P01-57P05: shut down, crashed, starting, dropped, idle for too long. Class 08: connection exceptions.
  if (code.startsWith('57P') || code.startsWith('08') || connectionLost) return 'lost';
  if (code === '26000' || (code === '0A000' && error.routine === 'RevalidateCachedQuery')) {
    return 'stale';
  }
  return 'other';
}

export function postgresFault(error: unknown, failure: Failure): unknown {
  if (error instanceof Fault) return error;
  if (failure === 'conflict') {
    return new Fault('store.conflict', 'a rule of the database was broken', { cause: error });
  }
  return new Fault('store.unavailable', 'the database failed', { cause: error });
}

/** A commit without an answer: it may have taken place, so nobody repeats it blindly. */
export function unknownOutcome(cause: unknown): Fault {
  const message = 'the database did not say whether it committed';
  return new Fault('store.unavailable', message, { cause });
}

/** How often work is tried. A clash under load wants patience; of void statements each connection may have its own. */
export const TRIES: Partial<Record<Failure, number>> = { clash: 10, lost: 3, stale: 30 };

/** A try that came to nothing and may be repeated. */
export class Again {
  readonly failure: Failure;
  readonly fault: unknown;
  constructor(failure: Failure, error: unknown) {
    this.failure = failure;
    this.fault = postgresFault(error, failure);
  }
}
