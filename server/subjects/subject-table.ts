import type { PersonId, SubjectId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';

export interface SubjectRow {
  id: string;
  kind: string;
  status: string;
  owner_id: string | null;
  /** Rises whenever what was granted to the subject must be judged anew: not with a name or a mail. */
  epoch: number;
  /** JSON lists of text. */
  roles: string;
  groups: string;
  /** Sealed under the subject's own key. */
  profile: Uint8Array | null;
  created_at: number;
  changed_at: number;
}

interface SubjectTables {
  subject: SubjectRow;
  /** One row for each name that a person can sign in by: user name and mail lead to one subject, and one throttle. */
  identifier: { lookup: Uint8Array; subject_id: string };
}

const t = tables<SubjectTables>();

export const subjectById = t.statement((db, p: { id: SubjectId }) =>
  db.selectFrom('subject').selectAll().where('id', '=', p.id),
);

export const subjectByIdentifier = t.statement((db, p: { lookup: Uint8Array }) =>
  db
    .selectFrom('identifier')
    .innerJoin('subject', 'subject.id', 'identifier.subject_id')
    .selectAll('subject')
    .where('identifier.lookup', '=', p.lookup),
);

export const insertSubject = t.statement((db, p: SubjectRow) =>
  db.insertInto('subject').values({
    id: p.id,
    kind: p.kind,
    status: p.status,
    owner_id: p.owner_id,
    epoch: p.epoch,
    roles: p.roles,
    groups: p.groups,
    profile: p.profile,
    created_at: p.created_at,
    changed_at: p.changed_at,
  }),
);

/**
 * Changes a person whom nobody else changed meanwhile. Each sealing of a profile is unlike any other, so the one that was read
 * tells, with the epoch, whether something was written since.
 */
export const updatePerson = t.statement(
  (
    db,
    p: {
      id: PersonId;
      seen: number;
      before: Uint8Array | null;
      /** 1 where what was granted to them is to be judged anew, 0 where it goes on. */
      raise: number;
      status: string;
      roles: string;
      groups: string;
      profile: Uint8Array | null;
      now: number;
    },
  ) =>
    db
      .updateTable('subject')
      .set((eb) => ({
        status: p.status,
        roles: p.roles,
        groups: p.groups,
        profile: p.profile,
        changed_at: p.now,
        epoch: eb('epoch', '+', p.raise),
      }))
      .where('id', '=', p.id)
      .where('epoch', '=', p.seen)
      .where('profile', '=', p.before),
);

export const insertIdentifier = t.statement((db, p: { lookup: Uint8Array; subject: SubjectId }) =>
  db
    .insertInto('identifier')
    .values({ lookup: p.lookup, subject_id: p.subject })
    .onConflict((oc) => oc.doNothing()),
);

export const deleteIdentifiers = t.statement((db, p: { subject: SubjectId }) =>
  db.deleteFrom('identifier').where('subject_id', '=', p.subject),
);

export interface PersonFilter {
  readonly after?: string;
  readonly status?: string;
  readonly role?: string;
  readonly limit: number;
}

export const listPeople = (filter: PersonFilter) =>
  t.query((db) => {
    let query = db.selectFrom('subject').selectAll().where('kind', '=', 'person');
    if (filter.after !== undefined) query = query.where('id', '>', filter.after);
    if (filter.status !== undefined) query = query.where('status', '=', filter.status);
    if (filter.role !== undefined) query = query.where('roles', 'like', `%"${filter.role}"%`);
    return query.orderBy('id').limit(filter.limit);
  });

/** Counts who is active in a role, and keeps all of them as they are until the transaction ends. */
export const holdActiveIn = t.statement((db, p: { role: string }) =>
  db
    .updateTable('subject')
    .set((eb) => ({ epoch: eb.ref('epoch') }))
    .where('kind', '=', 'person')
    .where('status', '=', 'active')
    .where('roles', 'like', p.role),
);

export const countPeople = t.statement((db) =>
  db
    .selectFrom('subject')
    .select((eb) => ['status', eb.fn.countAll<number>().as('count')])
    .where('kind', '=', 'person')
    .groupBy('status'),
);
