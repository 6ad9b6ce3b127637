/** Grants that ended before their tokens did, by each of the ways in which they end. */
import { tables } from '../../../store/statement.ts';
import type { GrantId } from '../../entry/grant-table.ts';

interface EndedTables {
  entry_grant: {
    id: GrantId;
    subject_id: string;
    kind: string;
    epoch: number;
    client_id: string;
    parent_id: GrantId | null;
    session_id: string | null;
    expires_at: number;
    ended_at: number | null;
  };
  subject: { id: string; status: string; epoch: number; changed_at: number };
  session: { id: string; ended_at: number | null };
}

const t = tables<EndedTables>();

export const endedThemselves = t.statement((db, p: { since: number }) =>
  db.selectFrom('entry_grant').select('id').where('ended_at', '>', p.since),
);

export const endedWithSession = t.statement((db, p: { since: number; now: number }) =>
  db
    .selectFrom('session')
    .innerJoin('entry_grant', 'entry_grant.session_id', 'session.id')
    .select('entry_grant.id')
    .where('session.ended_at', '>', p.since)
    .where('entry_grant.expires_at', '>', p.now),
);

export const endedWithSubject = t.statement((db, p: { since: number; now: number }) =>
  db
    .selectFrom('subject')
    .innerJoin('entry_grant', 'entry_grant.subject_id', 'subject.id')
    .select('entry_grant.id')
    .where((eb) =>
      eb.or([
        eb('subject.status', '!=', 'active'),
        eb.and([
          eb('entry_grant.kind', '!=', 'exchange'),
          eb('entry_grant.epoch', '!=', eb.ref('subject.epoch')),
        ]),
      ]),
    )
    .where('subject.changed_at', '>', p.since)
    .where('entry_grant.expires_at', '>', p.now),
);

/** What others were exchanged for, with what their users are now. */
export const exchangedGrants = t.statement((db, p: { now: number }) =>
  db
    .selectFrom('entry_grant')
    .innerJoin('subject', 'subject.id', 'entry_grant.client_id')
    .select([
      'entry_grant.id',
      'entry_grant.parent_id',
      'entry_grant.epoch',
      'subject.status',
      'subject.epoch as actor_epoch',
    ])
    .where('entry_grant.parent_id', 'is not', null)
    .where('entry_grant.expires_at', '>', p.now)
    .orderBy('entry_grant.id'),
);
