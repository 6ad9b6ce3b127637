import type { Id, PersonId, ResourceId } from '../../../kernel/id.ts';
import { tables } from '../../../store/statement.ts';
import type { GrantId } from '../../entry/grant-table.ts';
import type { SessionId } from '../../sessions/session-table.ts';

export type SiteEntryId = Id<'site'>;

export interface SiteEntryRow {
  id: SiteEntryId;
  ticket_hash: Uint8Array;
  /** SHA-256 of what the browser was given at the site before it set out: nobody can be sent there with another's ticket. */
  way_hash: Uint8Array;
  /** Of the cookie; null until the ticket was used, and for good where it was shown by another browser than its own. */
  secret_hash: Uint8Array | null;
  host: string;
  resource_id: ResourceId;
  subject_id: PersonId;
  session_id: SessionId;
  grant_id: GrantId;
  /** Where at the site the person wanted to go. */
  back: string;
  ticket_until: number;
  /** When the ticket was first shown, by whichever browser. */
  used_at: number | null;
  /** When its browser came by for another; from soon after, whoever shows it has a copy. */
  replaced_at: number | null;
  expires_at: number;
}

interface SiteTables {
  site_entry: SiteEntryRow;
  subject: { id: string; status: string; epoch: number; changed_at: number };
  session: { id: SessionId; ended_at: number | null; seen_at: number };
  entry_grant: {
    id: string;
    session_id: SessionId | null;
    proofs: string;
    created_at: number;
    ended_at: number | null;
  };
}

const t = tables<SiteTables>();

export const insertSiteEntry = t.statement(
  (db, p: Omit<SiteEntryRow, 'secret_hash' | 'used_at' | 'replaced_at'>) =>
    db.insertInto('site_entry').values({
      id: p.id,
      ticket_hash: p.ticket_hash,
      way_hash: p.way_hash,
      secret_hash: null,
      host: p.host,
      resource_id: p.resource_id,
      subject_id: p.subject_id,
      session_id: p.session_id,
      grant_id: p.grant_id,
      back: p.back,
      ticket_until: p.ticket_until,
      used_at: null,
      replaced_at: null,
      expires_at: p.expires_at,
    }),
);

export const siteEntryById = t.statement((db, p: { id: SiteEntryId }) =>
  db.selectFrom('site_entry').selectAll().where('id', '=', p.id),
);

/** `run() === 1` for the first who comes with the ticket. */
export const openSiteEntry = t.statement(
  (db, p: { id: SiteEntryId; secret: Uint8Array; now: number }) =>
    db
      .updateTable('site_entry')
      .set({ secret_hash: p.secret, used_at: p.now })
      .where('id', '=', p.id)
      .where('used_at', 'is', null)
      .where('ticket_until', '>', p.now),
);

/** Nobody comes in with the ticket any more. */
export const spendSiteTicket = t.statement((db, p: { id: SiteEntryId; now: number }) =>
  db
    .updateTable('site_entry')
    .set({ used_at: p.now })
    .where('id', '=', p.id)
    .where('used_at', 'is', null),
);

/** An entry with all that it rests on, in one read: the ends of its session and of its grant are its own. */
export const siteEntryForCheck = t.statement((db, p: { id: SiteEntryId }) =>
  db
    .selectFrom('site_entry')
    .innerJoin('subject', 'subject.id', 'site_entry.subject_id')
    .innerJoin('entry_grant', 'entry_grant.id', 'site_entry.grant_id')
    // The grant's, and not the one that it was given in: after a step-up it hangs on the session that took that one's place.
    .innerJoin('session', 'session.id', 'entry_grant.session_id')
    .select([
      'site_entry.id',
      'site_entry.secret_hash',
      'site_entry.host',
      'site_entry.resource_id',
      'session.id as session_id',
      'site_entry.subject_id',
      'site_entry.grant_id',
      'site_entry.expires_at',
      'site_entry.replaced_at',
      'subject.status',
      'subject.epoch',
      'subject.changed_at',
      'session.ended_at as session_ended_at',
      'session.seen_at as session_seen_at',
      'entry_grant.ended_at as grant_ended_at',
      'entry_grant.proofs',
      'entry_grant.created_at',
    ])
    .where('site_entry.id', '=', p.id),
);

/** For one that another took the place of: what is on its way with it may still arrive. */
export const replaceSiteEntry = t.statement(
  (db, p: { id: SiteEntryId; now: number; until: number }) =>
    db
      .updateTable('site_entry')
      .set({ expires_at: p.until, replaced_at: p.now })
      .where('id', '=', p.id)
      .where('expires_at', '>', p.until),
);

export const forgetSiteEntries = t.statement((db, p: { before: number }) =>
  db.deleteFrom('site_entry').where('expires_at', '<=', p.before),
);
