import { tables } from '../../store/statement.ts';
import type { SessionId, SessionRow } from './session-table.ts';

interface KeyTables {
  session: SessionRow;
  session_nonce: { name: string; expires_at: number };
}

const t = tables<KeyTables>();

export const keyOfSession = t.statement((db, p: { id: SessionId }) =>
  db
    .selectFrom('session')
    .select(['session.bindable', 'session.bound_key', 'session.bound_at'])
    .where('session.id', '=', p.id),
);

/** Once, and never another: `run() === 1` for the first key that a session is given. */
export const bindSession = t.statement((db, p: { id: SessionId; key: Uint8Array; now: number }) =>
  db
    .updateTable('session')
    .set(({ ref }) => ({ bound_key: p.key, bound_at: p.now, expires_at: ref('bound_end') }))
    .where('id', '=', p.id)
    .where('bindable', '=', 1)
    .where('bound_key', 'is', null)
    .where('ended_at', 'is', null),
);

/** `run() === 1` for the first who uses a nonce. */
export const spendNonce = t.statement((db, p: { name: string; expiresAt: number }) =>
  db
    .insertInto('session_nonce')
    .values({ name: p.name, expires_at: p.expiresAt })
    .onConflict((oc) => oc.doNothing()),
);

export const forgetNonces = t.statement((db, p: { before: number }) =>
  db.deleteFrom('session_nonce').where('expires_at', '<=', p.before),
);
