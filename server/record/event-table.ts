import { tables } from '../store/statement.ts';
import type { EventId } from './leaf.ts';

export interface EventRow {
  id: EventId;
  type: string;
  outcome: string;
  subject: string | null;
  actor: string | null;
  leaf: Uint8Array;
}

export interface EventTables {
  record_event: EventRow;
  /** Which events tell of whom, of those that have their places. */
  record_about: { subject: string; event: EventId };
  record_pending: { id: EventId };
  record_sequence: { log: number; idx: number; event: EventId };
}

const t = tables<EventTables>();

export const insertEvent = t.statement((db, p: EventRow) =>
  db.insertInto('record_event').values({
    id: p.id,
    type: p.type,
    outcome: p.outcome,
    subject: p.subject,
    actor: p.actor,
    leaf: p.leaf,
  }),
);

export const insertPending = t.statement((db, p: { id: EventId }) =>
  db.insertInto('record_pending').values({ id: p.id }),
);
