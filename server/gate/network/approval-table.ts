import type { DeviceId, Id, PersonId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { AttemptId } from '../attempts/attempt-table.ts';

export type ApprovalId = Id<'log-in-approval'>;

/**
 * `mismatched`: the wrong number was typed. `disowned`: the person said that it was not them. `withdrawn`: nobody waits for it any
 * more. `used`: it let somebody in.
 */
export type ApprovalStatus =
  | 'waiting'
  | 'approved'
  | 'mismatched'
  | 'disowned'
  | 'withdrawn'
  | 'used';

export interface ApprovalRow {
  id: ApprovalId;
  attempt_id: AttemptId;
  subject_id: PersonId;
  client_id: DeviceId;
  service: string;
  /** JSON, sealed: where the log-in comes from, and the number that stands there. */
  said: Uint8Array;
  status: ApprovalStatus;
  /** JSON of ShownAt: by what it was approved. */
  shown: string | null;
  created_at: number;
  expires_at: number;
}

const t = tables<{ log_in_approval: ApprovalRow }>();

export const insertApproval = t.statement((db, p: Omit<ApprovalRow, 'status' | 'shown'>) =>
  db.insertInto('log_in_approval').values({
    id: p.id,
    attempt_id: p.attempt_id,
    subject_id: p.subject_id,
    client_id: p.client_id,
    service: p.service,
    said: p.said,
    status: 'waiting',
    created_at: p.created_at,
    expires_at: p.expires_at,
  }),
);

export const approvalOfAttempt = t.statement((db, p: { attempt: AttemptId }) =>
  db.selectFrom('log_in_approval').selectAll().where('attempt_id', '=', p.attempt),
);

export const waitingApproval = t.statement(
  (db, p: { id: ApprovalId; subject: PersonId; now: number }) =>
    db
      .selectFrom('log_in_approval')
      .selectAll()
      .where('id', '=', p.id)
      .where('subject_id', '=', p.subject)
      .where('status', '=', 'waiting')
      .where('expires_at', '>', p.now),
);

export const waitingApprovals = t.statement((db, p: { subject: PersonId; now: number }) =>
  db
    .selectFrom('log_in_approval')
    .selectAll()
    .where('subject_id', '=', p.subject)
    .where('status', '=', 'waiting')
    .where('expires_at', '>', p.now)
    .orderBy('created_at', 'desc')
    .limit(16),
);

/** What was asked of one person lately, wherever. */
export const approvalsAskedOf = t.statement((db, p: { subject: PersonId; since: number }) =>
  db
    .selectFrom('log_in_approval')
    .select(['status', 'created_at', 'expires_at'])
    .where('subject_id', '=', p.subject)
    .where('created_at', '>', p.since)
    .limit(100),
);

/** One use: `run() === 1` for whoever was first. */
export const answerApproval = t.statement(
  (
    db,
    p: {
      id: ApprovalId;
      subject: PersonId;
      status: ApprovalStatus;
      shown: string | null;
      now: number;
      until: number;
    },
  ) =>
    db
      .updateTable('log_in_approval')
      .set({ status: p.status, shown: p.shown, expires_at: p.until })
      .where('id', '=', p.id)
      .where('subject_id', '=', p.subject)
      .where('status', '=', 'waiting')
      .where('expires_at', '>', p.now),
);

/** One use, as above. */
export const useApproval = t.statement((db, p: { id: ApprovalId; now: number }) =>
  db
    .updateTable('log_in_approval')
    .set({ status: 'used' })
    .where('id', '=', p.id)
    .where('status', '=', 'approved')
    .where('expires_at', '>', p.now),
);

/** Approved or not: nobody is let in by it from here on. */
export const withdrawApproval = t.statement((db, p: { attempt: AttemptId }) =>
  db
    .updateTable('log_in_approval')
    .set({ status: 'withdrawn' })
    .where('attempt_id', '=', p.attempt)
    .where('status', 'in', ['waiting', 'approved']),
);

/** All that waits for somebody, or was approved and not fetched. */
export const withdrawApprovalsOf = t.statement((db, p: { subject: PersonId }) =>
  db
    .updateTable('log_in_approval')
    .set({ status: 'withdrawn' })
    .where('subject_id', '=', p.subject)
    .where('status', 'in', ['waiting', 'approved']),
);

export const forgetApprovals = t.statement((db, p: { before: number }) =>
  db.deleteFrom('log_in_approval').where('expires_at', '<=', p.before),
);
