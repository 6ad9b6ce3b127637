import type { Queries, Tx } from './store.ts';

/**
 * Keeps outside a transaction what was read from the database, once that is committed. What a reader reads is; but a transaction
 * also sees what it changed itself, and in SQLite what others of its group did (sqlite.ts), and none of it may come to be. A number
 * that was taken in what failed, be it a version or an epoch, is then taken again by something else.
 */
export function whenCommitted(q: Queries | Tx, keep: () => void): void {
  if ('afterCommit' in q) q.afterCommit(keep);
  else keep();
}
