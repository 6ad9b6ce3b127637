import type { Id, PersonId } from '../../../kernel/id.ts';
import { tables } from '../../../store/statement.ts';
import type { SessionId } from '../../sessions/session-table.ts';

export type EnrolmentId = Id<'enrolment'>;

/** An enrolment begun and not yet confirmed: what the server must remember meanwhile, sealed. */
export interface PendingEnrolmentRow {
  id: EnrolmentId;
  subject_id: PersonId;
  session_id: SessionId;
  kind: string;
  nonce: Uint8Array;
  state: Uint8Array;
  expires_at: number;
  used_at: number | null;
}

const t = tables<{ pending_enrolment: PendingEnrolmentRow }>();

export const insertPendingEnrolment = t.statement((db, p: PendingEnrolmentRow) =>
  db.insertInto('pending_enrolment').values({
    id: p.id,
    subject_id: p.subject_id,
    session_id: p.session_id,
    kind: p.kind,
    nonce: p.nonce,
    state: p.state,
    expires_at: p.expires_at,
    used_at: p.used_at,
  }),
);

export const pendingEnrolmentById = t.statement((db, p: { id: EnrolmentId }) =>
  db.selectFrom('pending_enrolment').selectAll().where('id', '=', p.id),
);

export const usePendingEnrolment = t.statement((db, p: { id: EnrolmentId; now: number }) =>
  db
    .updateTable('pending_enrolment')
    .set({ used_at: p.now })
    .where('id', '=', p.id)
    .where('used_at', 'is', null),
);

/** All but the newest: ids rise with time. */
export const dropOlderEnrolments = t.statement(
  (db, p: { session: SessionId; kind: string; left: number }) =>
    db
      .deleteFrom('pending_enrolment')
      .where('session_id', '=', p.session)
      .where('kind', '=', p.kind)
      .where('id', 'not in', (of) =>
        of
          .selectFrom('pending_enrolment')
          .select('id')
          .where('session_id', '=', p.session)
          .where('kind', '=', p.kind)
          .orderBy('id', 'desc')
          .limit(p.left),
      ),
);

export const takePendingEnrolments = t.statement((db, p: { from: SessionId; to: SessionId }) =>
  db
    .updateTable('pending_enrolment')
    .set({ session_id: p.to })
    .where('session_id', '=', p.from)
    .where('used_at', 'is', null),
);

export const forgetPendingEnrolments = t.statement((db, p: { before: number }) =>
  db.deleteFrom('pending_enrolment').where('expires_at', '<=', p.before),
);
