import type { Id, PersonId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { KnownDeviceId } from '../sessions/known-device-table.ts';
import type { SessionId } from '../sessions/session-table.ts';

export type AttemptId = Id<'attempt'>;

export interface AttemptRow {
  id: AttemptId;
  secret_hash: Uint8Array;
  door: string;
  channel: string;
  /** Whom the attempt is for; null while nobody with that name is known. */
  subject_id: PersonId | null;
  /** The blind index of the name that was typed; null when none was. */
  lookup: Uint8Array | null;
  /** The session that steps up; null when a new one is to begin. */
  session_id: SessionId | null;
  device_id: KnownDeviceId | null;
  action: string;
  resource: string;
  /** JSON of ShownAt: what was proven in this attempt. */
  shown: string;
  /** JSON list of the kinds of proof that may be offered next. */
  asked: string;
  nonce: Uint8Array;
  /** Rises with each proof: of two offered at once, one finds its step gone. */
  step: number;
  failures: number;
  expires_at: number;
  closed_at: number | null;
}

const t = tables<{ attempt: AttemptRow }>();

export const insertAttempt = t.statement((db, p: AttemptRow) =>
  db.insertInto('attempt').values({
    id: p.id,
    secret_hash: p.secret_hash,
    door: p.door,
    channel: p.channel,
    subject_id: p.subject_id,
    lookup: p.lookup,
    session_id: p.session_id,
    device_id: p.device_id,
    action: p.action,
    resource: p.resource,
    shown: p.shown,
    asked: p.asked,
    nonce: p.nonce,
    step: p.step,
    failures: p.failures,
    expires_at: p.expires_at,
    closed_at: p.closed_at,
  }),
);

export const attemptById = t.statement((db, p: { id: AttemptId }) =>
  db.selectFrom('attempt').selectAll().where('id', '=', p.id),
);

/** Moves an attempt on, given that no other request did. A nonce is never asked for twice. */
export const advanceAttempt = t.statement(
  (
    db,
    p: {
      id: AttemptId;
      seen: number;
      subject: PersonId | null;
      shown: string;
      asked: string;
      nonce: Uint8Array;
      failures: number;
      closed: number | null;
    },
  ) =>
    db
      .updateTable('attempt')
      .set((eb) => ({
        subject_id: p.subject,
        shown: p.shown,
        asked: p.asked,
        nonce: p.nonce,
        failures: p.failures,
        closed_at: p.closed,
        step: eb('step', '+', 1),
      }))
      .where('id', '=', p.id)
      .where('step', '=', p.seen)
      .where('closed_at', 'is', null),
);

/** The same, for the last time: nobody reads what was proven in it any more, and a row that stays as long moves no others. */
export const closeAttempt = t.statement((db, p: { id: AttemptId; seen: number; now: number }) =>
  db
    .updateTable('attempt')
    .set((eb) => ({ closed_at: p.now, step: eb('step', '+', 1) }))
    .where('id', '=', p.id)
    .where('step', '=', p.seen)
    .where('closed_at', 'is', null),
);

export const forgetAttempts = t.statement((db, p: { before: number }) =>
  db.deleteFrom('attempt').where('expires_at', '<=', p.before),
);
