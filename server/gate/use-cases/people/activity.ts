/** What is on record about whoever asks, as far as it tells them something: not their reads, nor where someone else sat. */
import { eventTypes, type RecordedEvent } from '@sallyport/contract/events.ts';
import { parseId } from '../../../kernel/id.ts';
import type { RecordReader } from '../../../record/search.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import { titleOf } from '../../../subjects/resource-title.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import { READ_SELF } from '../../wish.ts';

export interface ActivityPage {
  readonly limit: number;
  /** Only what is older than this event. */
  readonly before?: string;
}

/** An event, with what it names by an id. */
export interface OwnEvent extends RecordedEvent {
  /** The application, API or site that it is about, as people know it; absent when there is none, or none any more. */
  readonly named?: string;
  /** The network device that it came by, as administrators call it; absent when there is none, or none any more. */
  readonly client?: string;
}

export interface Activity {
  /** Newest first. */
  recent(
    token: string,
    page: ActivityPage,
    arrival: Arrival,
  ): Promise<Performed<readonly OwnEvent[], never>>;
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

export function createActivity(deps: {
  readonly gate: Gate;
  readonly store: Store;
  readonly reader: RecordReader;
  readonly resources: Pick<Resources, 'get'>;
  readonly devices: Pick<Devices, 'get'>;
}): Activity {
  const { gate, store, reader, resources, devices } = deps;

  async function name(q: Queries, events: readonly RecordedEvent[]): Promise<OwnEvent[]> {
    const ids = new Set(events.map(resourceOf).filter((id) => id !== undefined));
    const names = new Map<string, string>();
    for (const id of ids) {
      const resource = await resources.get(q, id);
      if (resource !== undefined) names.set(id, titleOf(resource));
    }
    const clients = new Map<string, string>();
    for (const id of new Set(events.map(clientOf).filter((id) => id !== undefined))) {
      const device = await devices.get(q, id);
      if (device !== undefined) clients.set(id, device.name);
    }
    return events.map((event) => {
      const named = names.get(resourceOf(event) ?? '');
      const client = clients.get(clientOf(event) ?? '');
      return { ...event, ...(named && { named }), ...(client && { client }) };
    });
  }

  return {
    async recent(token, { limit, before }, arrival) {
      const judged = await gate.judge(token, READ_SELF, arrival);
      if (judged.state !== 'granted') return judged;
      const { subject } = judged.session;
      const cursor = before === undefined ? undefined : parseId<'event'>(before);
      const query = { subject, types: TOLD, limit, cursor };
      const events = await store.read(async (q) =>
        name(q, (await reader.search(q, query, 'open')).events),
      );
      return { state: 'done', value: events.map(ownOnly) };
    },
  };
}

function resourceOf({ data: { app, resource } }: RecordedEvent) {
  const id = app ?? (resource as { readonly id?: unknown } | undefined)?.id; // Any id below it.
  return typeof id === 'string' ? parseId<'resource'>(id) : undefined;
}

function clientOf({ data: { client } }: RecordedEvent) {
  return typeof client === 'string' ? parseId<'device'>(client) : undefined;
}

/** Where an administrator did it from is theirs, not the subject's to know. */
function ownOnly(event: OwnEvent): OwnEvent {
  if (event.actor === undefined || event.actor === event.subject) return event;
  const { address: _address, userAgent: _userAgent, ...personal } = event.personal ?? {};
  return { ...event, personal };
}
