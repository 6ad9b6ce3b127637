import type { DeviceId, Id, PersonId, ResourceId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { AttemptId } from '../attempts/attempt-table.ts';

export type ApprovalId = Id<'approval'>;

/** What an application asks of a person, or a log-in at a network device. */
export type ApprovalKind = 'request' | 'login';

/**
 * `mismatched`: the wrong number was given. `disowned`: the person said that it was not them. `withdrawn`: nobody waits for it any
 * more. `cancelled`: an administrator refused it. `used`: it let somebody in.
 */
export type ApprovalStatus =
  | 'waiting'
  | 'approved'
  | 'mismatched'
  | 'disowned'
  | 'withdrawn'
  | 'cancelled'
  | 'used';

/** Who asks. */
export type Asker = ResourceId | DeviceId;

export interface ApprovalRow {
  id: ApprovalId;
  kind: ApprovalKind;
  /** By which the asker finds it again: the hash of an application's handle, which is a secret; the id of an attempt. */
  key: string;
  asker: Asker;
  /** Blind index of an application and of whom it named, be there such a person or not. */
  asked: Uint8Array | null;
  /** Whom it waits for; null where it is shown to nobody. */
  subject_id: PersonId | null;
  /** JSON, sealed: what is asked, and the number that goes with it. */
  said: Uint8Array;
  status: ApprovalStatus;
  /** JSON, sealed: what came of the answer. */
  outcome: Uint8Array | null;
  created_at: number;
  expires_at: number;
  polled_at: number | null;
  /** How long an application has to wait between two questions about it. Milliseconds. */
  wait: number | null;
}

const t = tables<{ approval: ApprovalRow }>();

export const insertApproval = t.statement(
  (db, p: Omit<ApprovalRow, 'status' | 'outcome' | 'polled_at'>) =>
    db.insertInto('approval').values({
      id: p.id,
      kind: p.kind,
      key: p.key,
      asker: p.asker,
      asked: p.asked,
      subject_id: p.subject_id,
      said: p.said,
      status: 'waiting',
      created_at: p.created_at,
      expires_at: p.expires_at,
      wait: p.wait,
    }),
);

export const approvalByKey = t.statement((db, p: { kind: ApprovalKind; key: string }) =>
  db.selectFrom('approval').selectAll().where('key', '=', p.key).where('kind', '=', p.kind),
);

export const waitingApproval = t.statement(
  (db, p: { kind: ApprovalKind; id: ApprovalId; subject: PersonId; now: number }) =>
    db
      .selectFrom('approval')
      .selectAll()
      .where('id', '=', p.id)
      .where('kind', '=', p.kind)
      .where('subject_id', '=', p.subject)
      .where('status', '=', 'waiting')
      .where('expires_at', '>', p.now),
);

export const waitingApprovals = t.statement(
  (db, p: { kind: ApprovalKind; subject: PersonId; now: number }) =>
    db
      .selectFrom('approval')
      .selectAll()
      .where('subject_id', '=', p.subject)
      .where('kind', '=', p.kind)
      .where('status', '=', 'waiting')
      .where('expires_at', '>', p.now)
      .orderBy('created_at', 'desc')
      .limit(16),
);

/** What one person was asked lately, whoever asked. */
export const askedOfPerson = t.statement(
  (db, p: { kind: ApprovalKind; subject: PersonId; since: number }) =>
    db
      .selectFrom('approval')
      .select(['asker', 'status', 'created_at', 'expires_at'])
      .where('subject_id', '=', p.subject)
      .where('kind', '=', p.kind)
      .where('created_at', '>', p.since)
      .orderBy('created_at')
      .limit(100),
);

/** What one application asked of one name, lately. */
export const askedOfName = t.statement((db, p: { asked: Uint8Array; since: number }) =>
  db
    .selectFrom('approval')
    .select(['asker', 'status', 'created_at', 'expires_at'])
    .where('asked', '=', p.asked)
    .where('created_at', '>', p.since)
    .orderBy('created_at')
    .limit(100),
);

/** When those that wait come to their end, of one application or at one network device. */
export const waitingOfAsker = t.statement((db, p: { asker: Asker; now: number }) =>
  db
    .selectFrom('approval')
    .select('expires_at')
    .where('asker', '=', p.asker)
    .where('expires_at', '>', p.now)
    .where('status', '=', 'waiting')
    .orderBy('expires_at')
    .limit(1000),
);

interface Answered {
  id: ApprovalId;
  subject: PersonId;
  status: ApprovalStatus;
  outcome: Uint8Array | null;
  now: number;
  until: number;
}

/** One use: `run() === 1` for whoever was first. */
export const answerApproval = t.statement((db, p: Answered) =>
  db
    .updateTable('approval')
    .set({ status: p.status, outcome: p.outcome, expires_at: p.until })
    .where('id', '=', p.id)
    .where('subject_id', '=', p.subject)
    .where('status', '=', 'waiting')
    .where('expires_at', '>', p.now),
);

/** One use, as above. */
export const useApproval = t.statement((db, p: { id: ApprovalId; now: number }) =>
  db
    .updateTable('approval')
    .set({ status: 'used' })
    .where('id', '=', p.id)
    .where('status', '=', 'approved')
    .where('expires_at', '>', p.now),
);

/** Of a log-in, approved or not: nobody is let in by it from here on. */
export const withdrawApproval = t.statement((db, p: { attempt: AttemptId }) =>
  db
    .updateTable('approval')
    .set({ status: 'withdrawn' })
    .where('key', '=', p.attempt)
    .where('kind', '=', 'login')
    .where('status', 'in', ['waiting', 'approved']),
);

/** All log-ins that wait for somebody, or were approved and not fetched. */
export const withdrawLogInsOf = t.statement((db, p: { subject: PersonId }) =>
  db
    .updateTable('approval')
    .set({ status: 'withdrawn' })
    .where('subject_id', '=', p.subject)
    .where('kind', '=', 'login')
    .where('status', 'in', ['waiting', 'approved']),
);

export const notePoll = t.statement((db, p: { id: ApprovalId; now: number; wait: number }) =>
  db.updateTable('approval').set({ polled_at: p.now, wait: p.wait }).where('id', '=', p.id),
);

export const forgetApprovals = t.statement((db, p: { before: number }) =>
  db.deleteFrom('approval').where('expires_at', '<=', p.before),
);

/** What waits for somebody, whoever it is: what is shown to nobody is not among them. */
export const openApprovals = (p: {
  readonly now: number;
  readonly before: string | undefined;
  readonly limit: number;
}) =>
  t.query((db) => {
    const open = db
      .selectFrom('approval')
      .selectAll()
      .where('status', '=', 'waiting')
      .where('expires_at', '>', p.now)
      .where('subject_id', 'is not', null)
      .orderBy('id', 'desc')
      .limit(p.limit);
    // Compared with ids of ours.
    return p.before === undefined ? open : open.where('id', '<', p.before as ApprovalId);
  });

export const openApproval = t.statement((db, p: { id: ApprovalId; now: number }) =>
  db
    .selectFrom('approval')
    .selectAll()
    .where('id', '=', p.id)
    .where('status', '=', 'waiting')
    .where('expires_at', '>', p.now),
);

/** One use: `run() === 1` for whoever was first. */
export const cancelApproval = t.statement((db, p: { id: ApprovalId; now: number }) =>
  db
    .updateTable('approval')
    .set({ status: 'cancelled' })
    .where('id', '=', p.id)
    .where('status', '=', 'waiting')
    .where('expires_at', '>', p.now),
);
