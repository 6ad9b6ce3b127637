import { tables } from '../../store/statement.ts';

export interface OnceRow {
  /** Blind index of whose key it is and the key. */
  key: Uint8Array;
  /** SHA-256 of what was asked for. */
  request: Uint8Array;
  /** Sealed under the key of whose it is. */
  answer: Uint8Array;
  expires_at: number;
}

const t = tables<{ idempotency: OnceRow }>();

/** `run() === 1` for the first of those who ask with one key; the others wait for its transaction, and find its row. */
export const claimOnce = t.statement((db, p: OnceRow) =>
  db
    .insertInto('idempotency')
    .values({ key: p.key, request: p.request, answer: p.answer, expires_at: p.expires_at })
    .onConflict((oc) => oc.doNothing()),
);

export const onceByKey = t.statement((db, p: { key: Uint8Array }) =>
  db.selectFrom('idempotency').selectAll().where('key', '=', p.key),
);

export const keepOnce = t.statement((db, p: { key: Uint8Array; answer: Uint8Array }) =>
  db.updateTable('idempotency').set({ answer: p.answer }).where('key', '=', p.key),
);

export const dropOnce = t.statement((db, p: { key: Uint8Array }) =>
  db.deleteFrom('idempotency').where('key', '=', p.key),
);

export const dropStaleOnce = t.statement((db, p: { key: Uint8Array; now: number }) =>
  db.deleteFrom('idempotency').where('key', '=', p.key).where('expires_at', '<=', p.now),
);

export const forgetOnce = t.statement((db, p: { before: number }) =>
  db.deleteFrom('idempotency').where('expires_at', '<=', p.before),
);
