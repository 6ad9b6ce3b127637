/** What the verifier, the exporter and the makers of proofs read. */
import { sql } from 'kysely';
import { tables } from '../store/statement.ts';
import type { EventTables } from './event-table.ts';
import type { EventId } from './leaf.ts';
import type { LogRow } from './log-table.ts';

const t = tables<EventTables & { record_log: LogRow }>();

/** Places with their events; the event's columns are null when it is gone. */
export const placesFrom = t.statement((db, p: { log: number; from: number; to: number }) =>
  db
    .selectFrom('record_sequence as s')
    .leftJoin('record_event as e', 'e.id', 's.event')
    .select(['s.idx', 's.event', 'e.type', 'e.outcome', 'e.subject', 'e.actor', 'e.leaf'])
    .where('s.log', '=', p.log)
    .where('s.idx', '>=', p.from)
    .where('s.idx', '<', p.to)
    .orderBy('s.idx'),
);

export const placeOf = t.statement((db, p: { event: EventId }) =>
  db.selectFrom('record_sequence').select(['log', 'idx']).where('event', '=', p.event),
);

/** In one statement, so that what the sequencer does meanwhile is seen wholly or not at all. */
export const extentOf = t.statement((db, p: { log: number }) =>
  db
    .selectFrom('record_log')
    .select((eb) => [
      'size',
      eb
        .selectFrom('record_sequence')
        .select((inner) => inner.fn.countAll<number>().as('places'))
        .where('log', '=', p.log)
        .as('places'),
    ])
    .where('log', '=', p.log),
);

export const eventCounts = t.statement((db) =>
  db.selectNoFrom((eb) => [
    eb
      .selectFrom('record_event')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('events'),
    eb
      .selectFrom('record_sequence')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('placed'),
    eb
      .selectFrom('record_pending')
      .select((i) => i.fn.countAll<number>().as('n'))
      .as('pending'),
  ]),
);

/** An event that stands in no log and does not wait for a place. */
export const looseEvent = t.statement((db) =>
  db
    .selectFrom('record_event as e')
    .select('e.id')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('record_sequence as s')
            .select(sql`1`.as('x'))
            .whereRef('s.event', '=', 'e.id'),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('record_pending as w').select(sql`1`.as('x')).whereRef('w.id', '=', 'e.id'),
        ),
      ),
    )
    .limit(1),
);

/** A place in a log that is not there: nothing vouches for the event that has it. */
export const strayPlace = t.statement((db) =>
  db
    .selectFrom('record_sequence as s')
    .select(['s.log', 's.event'])
    .where('s.log', 'not in', (eb) => eb.selectFrom('record_log').select('log'))
    .limit(1),
);

/** An event that has its place, or is to have one no more, and is not listed under whom it tells of. */
export const unlistedEvent = t.statement((db) =>
  db
    .selectFrom('record_event as e')
    .select('e.id')
    .where('e.subject', 'is not', null)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('record_about as a')
            .select(sql`1`.as('x'))
            .whereRef('a.subject', '=', 'e.subject')
            .whereRef('a.event', '=', 'e.id'),
        ),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb.selectFrom('record_pending as w').select(sql`1`.as('x')).whereRef('w.id', '=', 'e.id'),
        ),
      ),
    )
    .limit(1),
);

/** What waits for a place without being there, or has one already. */
export const wrongPending = t.statement((db) =>
  db
    .selectFrom('record_pending as w')
    .leftJoin('record_event as e', 'e.id', 'w.id')
    .leftJoin('record_sequence as s', 's.event', 'w.id')
    .select(['w.id', 's.idx'])
    .where((eb) => eb.or([eb('e.id', 'is', null), eb('s.idx', 'is not', null)]))
    .limit(1),
);

export const pendingRows = t.statement((db, p: { after: EventId; limit: number }) =>
  db
    .selectFrom('record_pending as w')
    .innerJoin('record_event as e', 'e.id', 'w.id')
    .select(['e.id', 'e.type', 'e.outcome', 'e.subject', 'e.actor', 'e.leaf'])
    .where('w.id', '>', p.after)
    .orderBy('w.id')
    .limit(p.limit),
);
