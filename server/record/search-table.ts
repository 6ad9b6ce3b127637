import type { Statement } from '../store/statement.ts';
import { type NoParameters, tables } from '../store/statement.ts';
import type { EventRow, EventTables } from './event-table.ts';
import type { EventId } from './leaf.ts';

const t = tables<EventTables>();

export interface EventFilter {
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly outcome?: string | undefined;
  /** Bounds of ids: ids are ordered by time. The lower one is not among the results, nor is the upper. */
  readonly above?: string | undefined;
  readonly below?: string | undefined;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
}

export function eventsWhere(filter: EventFilter): Statement<NoParameters, EventRow> {
  const { subject, actor, types, outcome, above, below, order, limit } = filter;
  return t.query((db) => {
    let query = db.selectFrom('record_event').selectAll();
    if (subject !== undefined) query = query.where('subject', '=', subject);
    if (actor !== undefined) query = query.where('actor', '=', actor);
    if (types !== undefined) query = query.where('type', 'in', types);
    if (outcome !== undefined) query = query.where('outcome', '=', outcome);
    // The bounds are parts of ids, or whole ones.
    if (above !== undefined) query = query.where('id', '>', above as EventId);
    if (below !== undefined) query = query.where('id', '<', below as EventId);
    return query.orderBy('id', order === 'newest' ? 'desc' : 'asc').limit(limit);
  });
}

export const eventById = t.statement((db, p: { id: EventId }) =>
  db.selectFrom('record_event').selectAll().where('id', '=', p.id),
);
