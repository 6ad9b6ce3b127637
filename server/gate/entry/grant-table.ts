import { sql } from 'kysely';
import type { Id, PersonId, SubjectId } from '../../kernel/id.ts';
import { tables } from '../../store/statement.ts';
import type { Footing } from '../../store/store.ts';
import type { SessionId } from '../sessions/session-table.ts';

export type GrantId = Id<'grant'>;

export interface GrantRow {
  id: GrantId;
  /** `process`, `person`, or `exchange` for what another grant was exchanged for. */
  kind: string;
  subject_id: SubjectId;
  /**
   * Of whom it was given to, then: the subject, or of an exchange the process that asked for it. Once it has risen, this is void; of
   * a person's, until it was judged anew.
   */
  epoch: number;
  /** Who uses it: the process itself, or the application that a person uses. */
  client_id: string;
  resource_id: string;
  /** In order, separated by spaces. */
  scopes: string;
  /** JSON of ShownAt: which proofs it rests on. */
  proofs: string;
  /** JSON of a Confirmation: the key or certificate that its tokens are bound to. */
  confirmation: string | null;
  /** The grant that it was exchanged for: it ends with it. */
  parent_id: GrantId | null;
  /** The session that it was given in: it ends with it. */
  session_id: SessionId | null;
  created_at: number;
  expires_at: number;
  ended_at: number | null;
}

interface GrantTables {
  entry_grant: GrantRow;
  subject: { id: string; status: string; epoch: number };
  session: { id: string; ended_at: number | null };
}

const t = tables<GrantTables>();

export const insertGrant = t.statement((db, p: GrantRow) =>
  db.insertInto('entry_grant').values({
    id: p.id,
    kind: p.kind,
    subject_id: p.subject_id,
    epoch: p.epoch,
    client_id: p.client_id,
    resource_id: p.resource_id,
    scopes: p.scopes,
    proofs: p.proofs,
    confirmation: p.confirmation,
    parent_id: p.parent_id,
    session_id: p.session_id,
    created_at: p.created_at,
    expires_at: p.expires_at,
    ended_at: p.ended_at,
  }),
);

export interface CheckedGrantRow extends GrantRow {
  /** What its subject is now. */
  status: string;
  subject_epoch: number;
  /** When its session ended; null where it has none, or it has not. */
  session_ended_at: number | null;
}

/** A grant with all that it rests on, in one read: the ends of its subject and of its session are its own. */
export const grantForCheck = t.statement((db, p: { id: GrantId }) =>
  db
    .selectFrom('entry_grant')
    .innerJoin('subject', 'subject.id', 'entry_grant.subject_id')
    .leftJoin('session', 'session.id', 'entry_grant.session_id')
    .selectAll('entry_grant')
    .select([
      'subject.status',
      'subject.epoch as subject_epoch',
      'session.ended_at as session_ended_at',
    ])
    .where('entry_grant.id', '=', p.id),
);

/** The same of what a process was granted for itself, which has no session; undefined for any other. */
export const ownGrantForCheck = t.statement((db, p: { id: GrantId }) =>
  db
    .selectFrom('entry_grant')
    .innerJoin('subject', 'subject.id', 'entry_grant.subject_id')
    .selectAll('entry_grant')
    .select(['subject.status', 'subject.epoch as subject_epoch'])
    .where('entry_grant.id', '=', p.id)
    .where('entry_grant.kind', '=', 'process'),
);

/** What that rests on. */
export const ownGrantFooting: Footing = {
  existing: [],
  rows: ['entry_grant', 'subject'],
  tables: [],
};

/** In the words of the index by subject, which has those of processes left out: it is used where these words are. */
const OF_PEOPLE = sql<boolean>`kind <> 'process'`;

interface End {
  now: number;
}

export const endGrant = t.statement((db, p: End & { id: GrantId }) =>
  db
    .updateTable('entry_grant')
    .set({ ended_at: p.now })
    .where('id', '=', p.id)
    .where('ended_at', 'is', null),
);

export const liveGrantsOf = t.statement((db, p: { subject: SubjectId; now: number }) =>
  db
    .selectFrom('entry_grant')
    .selectAll()
    .where('subject_id', '=', p.subject)
    .where(OF_PEOPLE)
    .where('ended_at', 'is', null)
    .where('expires_at', '>', p.now)
    .orderBy('id', 'desc')
    .limit(1000),
);

/** For one application that a person takes back what they gave. */
export const endGrantsAt = t.statement((db, p: End & { subject: SubjectId; client: string }) =>
  db
    .updateTable('entry_grant')
    .set({ ended_at: p.now })
    .where('subject_id', '=', p.subject)
    .where(OF_PEOPLE)
    .where('client_id', '=', p.client)
    .where('ended_at', 'is', null),
);

/**
 * Ends what a person let applications do while they are away, and gives how much it was. What was given in a session, and no
 * longer, ends with that.
 */
export const endAwayGrants = t.statement((db, p: End & { subject: PersonId }) =>
  db
    .updateTable('entry_grant')
    .set({ ended_at: p.now })
    .where('subject_id', '=', p.subject)
    .where(OF_PEOPLE)
    .where('kind', '=', 'person')
    .where('session_id', 'is', null)
    .where('expires_at', '>', p.now)
    .where('ended_at', 'is', null),
);

/** The same, of what rests on one proof. */
export const endAwayGrantsBy = t.statement(
  (db, p: End & { subject: PersonId; proof: string /* for `like` */ }) =>
    db
      .updateTable('entry_grant')
      .set({ ended_at: p.now })
      .where('subject_id', '=', p.subject)
      .where(OF_PEOPLE)
      .where('kind', '=', 'person')
      .where('session_id', 'is', null)
      .where('proofs', 'like', p.proof)
      .where('expires_at', '>', p.now)
      .where('ended_at', 'is', null),
);

/** What was judged anew for a person as they were at that epoch. */
export const raiseGrant = t.statement((db, p: { id: GrantId; epoch: number }) =>
  db
    .updateTable('entry_grant')
    .set({ epoch: p.epoch })
    .where('id', '=', p.id)
    .where('epoch', '<', p.epoch)
    .where('ended_at', 'is', null),
);

/** With a resource go what was granted for it, and what was granted to it. */
export const endGrantsWith = t.statement((db, p: End & { resource: string }) =>
  db
    .updateTable('entry_grant')
    .set({ ended_at: p.now })
    .where((eb) => eb.or([eb('resource_id', '=', p.resource), eb('client_id', '=', p.resource)]))
    .where('expires_at', '>', p.now)
    .where('ended_at', 'is', null),
);

/** All that people let one application do. */
export const endGrantsTo = t.statement((db, p: End & { client: string }) =>
  db
    .updateTable('entry_grant')
    .set({ ended_at: p.now })
    .where('client_id', '=', p.client)
    .where(OF_PEOPLE)
    .where('kind', '=', 'person')
    .where('expires_at', '>', p.now)
    .where('ended_at', 'is', null),
);

/** When a session is renewed: what was granted in it goes on in the one that takes its place, and ends with that. */
export const moveGrants = t.statement((db, p: { from: SessionId; to: SessionId }) =>
  db
    .updateTable('entry_grant')
    .set({ session_id: p.to })
    .where('session_id', '=', p.from)
    .where('ended_at', 'is', null),
);

/** When the first of them expires; null when there is none. */
export const firstGrant = t.statement((db) =>
  db.selectFrom('entry_grant').select((eb) => eb.fn.min<number | null>('expires_at').as('at')),
);

export const forgetGrants = t.statement((db, p: { before: number }) =>
  db.deleteFrom('entry_grant').where('expires_at', '<=', p.before),
);
