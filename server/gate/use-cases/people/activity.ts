/** What is on record about whoever asks, as far as it tells them something: not their reads, nor where someone else sat. */
import { eventTypes, type RecordedEvent } from '@sallyport/contract/events.ts';
import { parseId } from '../../../kernel/id.ts';
import type { RecordReader } from '../../../record/search.ts';
import type { Store } from '../../../store/store.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import { PORTAL } from '../../wish.ts';

export interface ActivityPage {
  readonly limit: number;
  /** Only what is older than this event. */
  readonly before?: string;
}

export interface Activity {
  /** Newest first. */
  recent(
    token: string,
    page: ActivityPage,
    arrival: Arrival,
  ): Promise<Performed<readonly RecordedEvent[], never>>;
}

/** Counts of uses, and what browsers do by themselves, say nothing that a session's beginning and end do not. */
const UNTOLD: readonly string[] = [
  'session.activity',
  'session.bound',
  'session.key-wanted',
  'session.proof-refused',
  'decision.counted',
  'access.granted',
];
const TOLD = eventTypes.filter((type) => !UNTOLD.includes(type));

export function createActivity(deps: { gate: Gate; store: Store; reader: RecordReader }): Activity {
  const { gate, store, reader } = deps;
  return {
    async recent(token, { limit, before }, arrival) {
      const judged = await gate.judge(token, { action: 'readSelf', resource: PORTAL }, arrival);
      if (judged.state !== 'granted') return judged;
      const { subject } = judged.session;
      const cursor = before === undefined ? undefined : parseId<'event'>(before);
      const query = { subject, types: TOLD, limit, cursor };
      const { events } = await store.read((q) => reader.search(q, query, 'open'));
      return { state: 'done', value: events.map(ownOnly) };
    },
  };
}

/** Where an administrator did it from is theirs, not the subject's to know. */
function ownOnly(event: RecordedEvent): RecordedEvent {
  if (event.actor === undefined || event.actor === event.subject) return event;
  const { address: _address, userAgent: _userAgent, ...personal } = event.personal ?? {};
  return { ...event, personal };
}
