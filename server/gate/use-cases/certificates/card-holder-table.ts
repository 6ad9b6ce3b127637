import type { PersonId } from '../../../kernel/id.ts';
import { tables } from '../../../store/statement.ts';

interface Open {
  subject_id: string;
  shown: string;
  ended_at: number | null;
}

interface CardHolderTables {
  proof: { id: string; subject_id: PersonId; kind: string; detail: string };
  session: Open & { expires_at: number };
  network_session: Open & { until: number };
  entry_grant: {
    subject_id: string;
    kind: string;
    session_id: string | null;
    expires_at: number;
    ended_at: number | null;
  };
}

const t = tables<CardHolderTables>();

/** Who holds a card and has something open: what it was last shown as stands in its detail. */
export const openCardHolders = t.statement((db, p: { now: number; after: string }) =>
  db
    .selectFrom('proof')
    .select(['id', 'subject_id', 'detail'])
    .where('kind', '=', 'card')
    .where('id', '>', p.after)
    .where((eb) =>
      eb.or([
        eb.exists(
          eb
            .selectFrom('session')
            .select('session.subject_id')
            .whereRef('session.subject_id', '=', 'proof.subject_id')
            .where('session.ended_at', 'is', null)
            .where('session.expires_at', '>', p.now),
        ),
        eb.exists(
          eb
            .selectFrom('network_session')
            .select('network_session.subject_id')
            .whereRef('network_session.subject_id', '=', 'proof.subject_id')
            .where('network_session.ended_at', 'is', null)
            .where('network_session.until', '>', p.now),
        ),
        eb.exists(
          eb
            .selectFrom('entry_grant')
            .select('entry_grant.subject_id')
            .whereRef('entry_grant.subject_id', '=', 'proof.subject_id')
            .where('entry_grant.kind', '=', 'person')
            .where('entry_grant.session_id', 'is', null)
            .where('entry_grant.ended_at', 'is', null)
            .where('entry_grant.expires_at', '>', p.now),
        ),
      ]),
    )
    .orderBy('id')
    .limit(256),
);
