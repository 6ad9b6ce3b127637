/**
 * Reading the record: by subject, actor, type, outcome and time, a page at a time. Whether the one who reads may see what is
 * personal was judged before, by the gate.
 */
import { Personal } from '@sallyport/contract/event-parts.ts';
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { fromBase64url, fromUtf8 } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import { idTime, type SubjectId } from '../kernel/id.ts';
import type { Queries } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import type { EventRow } from './event-table.ts';
import { type EventId, type ReadLeaf, readLeaf } from './leaf.ts';
import { pendingRows } from './read-table.ts';
import { HOUSE } from './record.ts';
import {
  type EventFilter,
  endOfStretch,
  eventById,
  eventsAbout,
  eventsWhere,
  isWhere,
} from './search-table.ts';

/** How many that wait are looked at at once. */
const WAITING = 512;
/**
 * How many are looked through at once for what no index leads to: some milliseconds, in which the embedded database lets nobody else
 * come in.
 */
const STRETCH = 2000;

export interface EventQuery {
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly outcome?: string | undefined;
  /** Milliseconds since the epoch: from this one on, and before that one. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly limit: number;
  /** The last event of the page before. */
  readonly cursor?: EventId | undefined;
}

export interface EventPage {
  readonly events: readonly RecordedEvent[];
  /** For the next page; undefined on the last. */
  readonly next: EventId | undefined;
}

export interface RecordReader {
  search(q: Queries, query: EventQuery, personal: 'open' | 'closed'): Promise<EventPage>;
  get(q: Queries, id: EventId, personal: 'open' | 'closed'): Promise<RecordedEvent | undefined>;
}

export function createRecordReader(vault: Vault, stretch = STRETCH): RecordReader {
  async function read(q: Queries, row: EventRow, personal: 'open' | 'closed') {
    const leaf = readLeaf(row.leaf);
    if (leaf === undefined || leaf.event.id !== row.id) return damaged(row);
    return personal === 'open' && leaf.sealed.length > 0 ? open(q, leaf) : leaf.event;
  }

  async function open(q: Queries, { event, sealed }: ReadLeaf): Promise<RecordedEvent> {
    let fields: Personal = {};
    let erased = false;
    for (const { column, part } of sealed) {
      const box =
        part.of === HOUSE ? vault.system('record') : await vault.subject(q, part.of as SubjectId); // The record sealed it for a subject.
      const bytes = fromBase64url(part.sealed);
      if (box === undefined || bytes === undefined) {
        erased = true;
        continue;
      }
      try {
        const plain = box.open({ table: 'record_event', column, row: event.id }, bytes);
        fields = { ...fields, ...Personal.parse(JSON.parse(fromUtf8(plain))) };
      } catch (cause) {
        if (cause instanceof Fault && cause.code !== 'vault.sealed') throw cause;
        // Altered, or written by a newer Sallyport: the rest of the page is still worth reading.
        return { ...event, damaged: true };
      }
    }
    return { ...event, personal: fields, ...(erased ? { erased } : {}) };
  }

  return {
    async search(q, query, personal) {
      const { order = 'newest', limit, cursor, from, until, subject, ...where } = query;
      const newest = order === 'newest';
      const above = from === undefined ? undefined : idsFrom(from);
      const below = until === undefined ? undefined : idsFrom(until);
      const filter: EventFilter = {
        ...where,
        order,
        limit: limit + 1,
        above: newest ? above : larger(above, cursor),
        below: newest ? smaller(below, cursor) : below,
      };
      const rows =
        subject === undefined
          ? await rowsOfTypes(q, filter, stretch)
          : await rowsAbout(q, subject, filter, stretch);
      const page = rows.slice(0, limit);
      const events: RecordedEvent[] = [];
      for (const row of page) events.push(await read(q, row, personal));
      return { events, next: rows.length > limit ? page.at(-1)?.id : undefined };
    },
    async get(q, id, personal) {
      const row = await q.one(eventById, { id });
      return row && read(q, row, personal);
    },
  };
}

/** What waits is read first: what finds its place meanwhile is then seen twice, and not missed. */
async function rowsAbout(
  q: Queries,
  subject: string,
  filter: EventFilter,
  stretch: number,
): Promise<EventRow[]> {
  const found = new Map<EventId, EventRow>();
  const beginning = '' as EventId; // Before all of them.
  for (let after: EventId | undefined = beginning; after !== undefined; ) {
    const waiting: EventRow[] = await q.all(pendingRows, { after, limit: WAITING });
    for (const row of waiting) {
      if (row.subject === subject && isWhere(row, filter)) found.set(row.id, row);
    }
    after = waiting.length < WAITING ? undefined : waiting.at(-1)?.id;
  }
  for (const row of await rowsByStretch(q, subject, filter, stretch)) found.set(row.id, row);
  return firstOf([...found.values()], filter);
}

/** Each type has its place in an index; of several at once the database would read all that there are. */
async function rowsOfTypes(q: Queries, filter: EventFilter, stretch: number): Promise<EventRow[]> {
  const { types = [], actor } = filter;
  if (types.length < 2 || actor !== undefined) {
    return rowsByStretch(q, undefined, filter, stretch);
  }
  const rows: EventRow[] = [];
  for (const type of new Set(types)) {
    rows.push(...(await rowsByStretch(q, undefined, { ...filter, types: [type] }, stretch)));
    await turn();
  }
  return firstOf(rows, filter);
}

function firstOf(rows: EventRow[], { order, limit }: EventFilter): EventRow[] {
  const sign = order === 'newest' ? -1 : 1;
  return rows.sort((a, b) => (a.id < b.id ? -sign : sign)).slice(0, limit);
}

/** What one index leads to, and where more is asked than it tells, a stretch at a time, with a turn of the loop in between. */
async function rowsByStretch(
  q: Queries,
  subject: string | undefined,
  filter: EventFilter,
  stretch: number,
): Promise<EventRow[]> {
  const { actor, types, outcome, limit } = filter;
  const rows = (of: EventFilter) =>
    q.all(subject === undefined ? eventsWhere(of) : eventsAbout(subject, of), {});
  const asked = [subject, actor, types].filter((each) => each !== undefined).length;
  if (asked < 2 && outcome === undefined) return rows(filter);
  const found: EventRow[] = [];
  for (let rest = filter; ; ) {
    const end = await q.one(endOfStretch(subject, rest, stretch), {});
    found.push(...(await rows({ ...rest, through: end?.id, limit: limit - found.length })));
    if (end === undefined || found.length >= limit) return found;
    rest = { ...rest, [filter.order === 'newest' ? 'below' : 'above']: end.id };
    await turn();
  }
}

/** Whoever else waits comes in. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The beginning that ids of this time or later are above of: a UUID of version 7 begins with its time (RFC 9562 §5.7). */
function idsFrom(time: number): string {
  const digits = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

function larger(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
}

function smaller(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a;
}

/** What the columns say of an event whose leaf can't be read; `record verify` tells more. */
function damaged({ id, type, outcome, subject, actor }: EventRow): RecordedEvent {
  return {
    id,
    at: idTime(id),
    type,
    version: 0,
    outcome: outcome as RecordedEvent['outcome'], // Shown as it is.
    ...(subject === null ? {} : { subject }),
    ...(actor === null ? {} : { actor }),
    data: {},
    damaged: true,
  };
}
