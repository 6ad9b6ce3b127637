/** Reading the record, for those who may. */
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { parseId } from '../../../kernel/id.ts';
import { type RecordHead, recordHead } from '../../../record/head.ts';
import type { EventPage, EventQuery, RecordReader } from '../../../record/search.ts';
import type { LogView } from '../../../record/source.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish } from '../../wish.ts';
import { RECORD } from '../../wishes.ts';
import { found, type NotFound } from '../answered.ts';
import type { EventProof, Followed, FollowQuery, NotPlaced, RecordActs } from './record-acts.ts';

export interface Reading {
  search(
    token: string,
    query: Omit<EventQuery, 'cursor'> & { readonly cursor?: string | undefined },
    arrival: Arrival,
    personal?: Personal,
  ): Promise<Performed<EventPage, never>>;
  event(token: string, id: string, arrival: Arrival): Promise<Performed<RecordedEvent, NotFound>>;
  follow(token: string, query: FollowQuery, arrival: Arrival): Promise<Performed<Followed, never>>;
  names(
    token: string,
    ids: readonly string[],
    arrival: Arrival,
  ): Promise<Performed<ReadonlyMap<string, string>, never>>;
  prove(
    token: string,
    id: string,
    arrival: Arrival,
  ): Promise<Performed<EventProof, NotFound | NotPlaced>>;
  logs(token: string, arrival: Arrival): Promise<Performed<readonly LogView[], never>>;
  head(token: string, arrival: Arrival): Promise<Performed<RecordHead, NotFound>>;
}

/** Whether what is personal is opened for who may read the record. */
type Personal = 'open' | 'closed';

const READ: Wish = { action: 'record.read', resource: RECORD };

export function createReading(deps: {
  gate: Gate;
  reader: RecordReader;
  recordActs: RecordActs;
}): Reading {
  const { gate, reader, recordActs } = deps;

  return {
    search: (token, query, arrival, personal = 'open') =>
      gate.read(token, READ, arrival, async (q) => {
        const cursor = query.cursor === undefined ? undefined : parseId<'event'>(query.cursor);
        return reader.search(q, { ...query, cursor }, personal);
      }),
    event: (token, text, arrival) =>
      found(
        gate.read(token, READ, arrival, async (q) => {
          const id = parseId<'event'>(text);
          return id && reader.get(q, id, 'open');
        }),
      ),
    follow: (token, query, arrival) =>
      gate.read(token, READ, arrival, (q) => recordActs.follow(q, query)),
    names: (token, ids, arrival) =>
      gate.read(token, READ, arrival, (q) => recordActs.names(q, ids)),
    async prove(token, id, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      const proven = await recordActs.prove(id);
      return proven.ok
        ? { state: 'done', value: proven.value }
        : { state: 'failed', error: proven.error };
    },
    async logs(token, arrival) {
      const judged = await gate.judge(token, READ, arrival);
      if (judged.state !== 'granted') return judged;
      return { state: 'done', value: await recordActs.logs() };
    },
    head: (token, arrival) => found(gate.read(token, READ, arrival, recordHead)),
  };
}
