/** Reading the record, for those who may. */
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { parseId } from '../../kernel/id.ts';
import { type RecordHead, recordHead } from '../../record/head.ts';
import type { EventPage, EventQuery, RecordReader } from '../../record/search.ts';
import type { Arrival } from '../arrival.ts';
import type { Gate, Performed } from '../gate.ts';
import type { Wish } from '../wish.ts';
import { RECORD } from '../wishes.ts';
import type { NotFound } from './acts.ts';

export interface Reading {
  search(
    token: string,
    query: Omit<EventQuery, 'cursor'> & { readonly cursor?: string | undefined },
    arrival: Arrival,
  ): Promise<Performed<EventPage, never>>;
  event(token: string, id: string, arrival: Arrival): Promise<Performed<RecordedEvent, NotFound>>;
  head(token: string, arrival: Arrival): Promise<Performed<RecordHead, NotFound>>;
}

const READ: Wish = { action: 'record.read', resource: RECORD };

export function createReading(deps: { gate: Gate; reader: RecordReader }): Reading {
  const { gate, reader } = deps;

  async function found<T>(reading: Promise<Performed<T | undefined, never>>) {
    const done = await reading;
    if (done.state !== 'done') return done;
    return done.value === undefined
      ? ({ state: 'failed', error: { code: 'not-found' } } as const)
      : ({ state: 'done', value: done.value } as const);
  }

  return {
    search: (token, query, arrival) =>
      gate.read(token, READ, arrival, async (q) => {
        const cursor = query.cursor === undefined ? undefined : parseId<'event'>(query.cursor);
        return reader.search(q, { ...query, cursor }, 'open');
      }),
    event: (token, text, arrival) =>
      found(
        gate.read(token, READ, arrival, async (q) => {
          const id = parseId<'event'>(text);
          return id && reader.get(q, id, 'open');
        }),
      ),
    head: (token, arrival) => found(gate.read(token, READ, arrival, recordHead)),
  };
}
