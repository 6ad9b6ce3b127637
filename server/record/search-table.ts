import type { Statement } from '../store/statement.ts';
import { type NoParameters, tables } from '../store/statement.ts';
import type { EventRow, EventTables } from './event-table.ts';
import type { EventId } from './leaf.ts';

const t = tables<EventTables>();

export interface EventFilter {
  readonly actor?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly outcome?: string | undefined;
  /** Bounds of ids: ids are ordered by time. The lower one is not among the results, nor is the upper. */
  readonly above?: string | undefined;
  readonly below?: string | undefined;
  /** The last that is looked at, in this order; it is among the results. */
  readonly through?: string | undefined;
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
}

/** Of one subject, by the list of what tells of whom: what waits for its place is not on it yet. */
export function eventsAbout(
  subject: string,
  filter: EventFilter,
): Statement<NoParameters, EventRow> {
  const { actor, types, outcome, above, below, through, order, limit } = filter;
  return t.query((db) => {
    let query = db
      .selectFrom('record_about as a')
      .innerJoin('record_event as e', (on) =>
        on.onRef('e.id', '=', 'a.event').onRef('e.subject', '=', 'a.subject'),
      )
      .selectAll('e')
      .where('a.subject', '=', subject);
    if (actor !== undefined) query = query.where('e.actor', '=', actor);
    if (types !== undefined) query = query.where('e.type', 'in', types);
    if (outcome !== undefined) query = query.where('e.outcome', '=', outcome);
    // As below.
    if (above !== undefined) query = query.where('a.event', '>', above as EventId);
    if (below !== undefined) query = query.where('a.event', '<', below as EventId);
    if (through !== undefined) query = query.where('a.event', BACK_TO[order], through as EventId);
    return query.orderBy('a.event', order === 'newest' ? 'desc' : 'asc').limit(limit);
  });
}

/** The same of a row that was read another way. */
export function isWhere({ id, actor, type, outcome }: EventRow, filter: EventFilter): boolean {
  const { types, above, below } = filter;
  return (
    (filter.actor === undefined || filter.actor === actor) &&
    (types === undefined || types.includes(type)) &&
    (filter.outcome === undefined || filter.outcome === outcome) &&
    (above === undefined || id > above) &&
    (below === undefined || id < below)
  );
}

export function eventsWhere(filter: EventFilter): Statement<NoParameters, EventRow> {
  const { actor, types, outcome, above, below, through, order, limit } = filter;
  return t.query((db) => {
    let query = db.selectFrom('record_event').selectAll();
    if (actor !== undefined) query = query.where('actor', '=', actor);
    if (types !== undefined) query = query.where('type', 'in', types);
    if (outcome !== undefined) query = query.where('outcome', '=', outcome);
    // The bounds are parts of ids, or whole ones.
    if (above !== undefined) query = query.where('id', '>', above as EventId);
    if (below !== undefined) query = query.where('id', '<', below as EventId);
    if (through !== undefined) query = query.where('id', BACK_TO[order], through as EventId);
    return query.orderBy('id', order === 'newest' ? 'desc' : 'asc').limit(limit);
  });
}

const BACK_TO = { newest: '>=', oldest: '<=' } as const;

/**
 * The last of the next `count` events that an index leads to: of a subject, else of an actor, else of one type, else of all. Undefined
 * where fewer are left. What else the filter asks is then looked for in each of them.
 */
export function endOfStretch(
  subject: string | undefined,
  { actor, types, above, below, order }: EventFilter,
  count: number,
): Statement<NoParameters, { id: EventId }> {
  const direction = order === 'newest' ? 'desc' : 'asc';
  return t.query((db) => {
    if (subject !== undefined) {
      let query = db.selectFrom('record_about').select('event as id');
      query = query.where('subject', '=', subject);
      if (above !== undefined) query = query.where('event', '>', above as EventId);
      if (below !== undefined) query = query.where('event', '<', below as EventId);
      return query
        .orderBy('event', direction)
        .limit(1)
        .offset(count - 1);
    }
    let query = db.selectFrom('record_event').select('id');
    if (actor !== undefined) query = query.where('actor', '=', actor);
    else if (types !== undefined) query = query.where('type', 'in', types);
    if (above !== undefined) query = query.where('id', '>', above as EventId);
    if (below !== undefined) query = query.where('id', '<', below as EventId);
    return query
      .orderBy('id', direction)
      .limit(1)
      .offset(count - 1);
  });
}

export const eventById = t.statement((db, p: { id: EventId }) =>
  db.selectFrom('record_event').selectAll().where('id', '=', p.id),
);
