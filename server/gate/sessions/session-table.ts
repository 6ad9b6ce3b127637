import type { Id, PersonId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { KnownDeviceId } from './known-device-table.ts';

export type SessionId = Id<'session'>;

export interface SessionRow {
  id: SessionId;
  secret_hash: Uint8Array;
  /** People are all who have sessions so far. */
  subject_id: PersonId;
  kind: string;
  door: string;
  device_id: KnownDeviceId | null;
  /** Whether the device was known before this session began. */
  device_known: number;
  /** JSON of ShownAt: which proofs were shown in this session, and when. */
  shown: string;
  /** JSON list of the only actions that it may take; null for all that policy permits. */
  scope: string | null;
  /** Where it began and with what browser, sealed under the subject's key. */
  about: Uint8Array | null;
  created_at: number;
  seen_at: number;
  idle_limit: number;
  expires_at: number;
  /** Whether it began in a browser, which can hold a key. */
  bindable: number;
  /** The public key that the browser holds the other half of; once it is there it stays. */
  bound_key: Uint8Array | null;
  bound_at: number | null;
  /** When it ends at the latest once it has a key. */
  bound_end: number;
  ended_at: number | null;
}

interface GateTables {
  session: SessionRow;
  subject: {
    id: string;
    status: string;
    roles: string;
    groups: string;
    kind: string;
  };
}

const t = tables<GateTables>();

export type CheckedRow = Omit<SessionRow, 'about' | 'bound_key' | 'bound_end'> &
  Pick<GateTables['subject'], 'status' | 'roles' | 'groups'>;

/** A session with what its subject is now: what each check needs, in one read. */
export const sessionForCheck = t.statement((db, p: { id: SessionId }) =>
  db
    .selectFrom('session')
    .innerJoin('subject', 'subject.id', 'session.subject_id')
    .select([
      'session.id',
      'session.secret_hash',
      'session.subject_id',
      'session.kind',
      'session.door',
      'session.device_id',
      'session.device_known',
      'session.shown',
      'session.scope',
      'session.seen_at',
      'session.idle_limit',
      'session.expires_at',
      'session.created_at',
      'session.bindable',
      'session.bound_at',
      'session.ended_at',
      'subject.status',
      'subject.roles',
      'subject.groups',
    ])
    .where('session.id', '=', p.id),
);

export const insertSession = t.statement((db, p: SessionRow) =>
  db.insertInto('session').values({
    id: p.id,
    secret_hash: p.secret_hash,
    subject_id: p.subject_id,
    kind: p.kind,
    door: p.door,
    device_id: p.device_id,
    device_known: p.device_known,
    shown: p.shown,
    scope: p.scope,
    about: p.about,
    created_at: p.created_at,
    seen_at: p.seen_at,
    idle_limit: p.idle_limit,
    expires_at: p.expires_at,
    bindable: p.bindable,
    bound_key: p.bound_key,
    bound_at: p.bound_at,
    bound_end: p.bound_end,
    ended_at: p.ended_at,
  }),
);

export const touchSession = t.statement((db, p: { id: SessionId; now: number }) =>
  db
    .updateTable('session')
    .set({ seen_at: p.now })
    .where('id', '=', p.id)
    .where('seen_at', '<', p.now),
);

export const endSession = t.statement((db, p: { id: SessionId; now: number }) =>
  db
    .updateTable('session')
    .set({ ended_at: p.now })
    .where('id', '=', p.id)
    .where('ended_at', 'is', null),
);

export const endSessionOf = t.statement(
  (db, p: { id: SessionId; subject: PersonId; now: number }) =>
    db
      .updateTable('session')
      .set({ ended_at: p.now })
      .where('id', '=', p.id)
      .where('subject_id', '=', p.subject)
      .where('ended_at', 'is', null),
);

/** Stands for none, where all but one are ended; no id has this form. */
export const NO_SESSION = '' as SessionId;

/** All but one, or but NO_SESSION. */
export const endOtherSessions = t.statement(
  (db, p: { subject: PersonId; except: SessionId; now: number }) =>
    db
      .updateTable('session')
      .set({ ended_at: p.now })
      .where('subject_id', '=', p.subject)
      .where('id', '!=', p.except)
      .where('ended_at', 'is', null),
);

/** `rests` is for `like`: what was shown in them. */
export const endSessionsBy = t.statement(
  (db, p: { subject: PersonId; rests: string; now: number }) =>
    db
      .updateTable('session')
      .set({ ended_at: p.now })
      .where('subject_id', '=', p.subject)
      .where('shown', 'like', p.rests)
      .where('ended_at', 'is', null),
);

/** What rests on a pass is over with it. */
export const endEnrolmentSessionsOf = t.statement((db, p: { subject: PersonId; now: number }) =>
  db
    .updateTable('session')
    .set({ ended_at: p.now })
    .where('subject_id', '=', p.subject)
    .where('kind', '=', 'enrolment')
    .where('ended_at', 'is', null),
);

export const liveSessionsOf = t.statement((db, p: { subject: PersonId; now: number }) =>
  db
    .selectFrom('session')
    .selectAll()
    .where('subject_id', '=', p.subject)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', p.now)
    .orderBy('id', 'desc'),
);

export interface SessionFilter {
  readonly after?: string;
  readonly now: number;
  readonly limit: number;
}

export const listLiveSessions = (filter: SessionFilter) =>
  t.query((db) => {
    let query = db
      .selectFrom('session')
      .selectAll()
      .where('ended_at', 'is', null)
      .where('expires_at', '>', filter.now);
    // A bound, and a bound may be any text.
    if (filter.after !== undefined) query = query.where('id', '<', filter.after as SessionId);
    return query.orderBy('id', 'desc').limit(filter.limit);
  });

export const sessionById = t.statement((db, p: { id: SessionId }) =>
  db.selectFrom('session').selectAll().where('id', '=', p.id),
);

export const forgetSessions = t.statement((db, p: { before: number }) =>
  db.deleteFrom('session').where('expires_at', '<=', p.before),
);
