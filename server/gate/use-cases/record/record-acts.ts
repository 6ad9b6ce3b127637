/**
 * What is told of the record beside its events, whoever asks: the command line on the machine itself calls these, the doors the
 * judged ones in reading.ts.
 */
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { Fault } from '../../../kernel/fault.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { databaseSource } from '../../../record/database-source.ts';
import { recordHead } from '../../../record/head.ts';
import { proofText, proveInclusion } from '../../../record/prove.ts';
import { placeOf, placesFrom } from '../../../record/read-table.ts';
import type { EventId } from '../../../record/record.ts';
import type { RecordReader } from '../../../record/search.ts';
import { eventById } from '../../../record/search-table.ts';
import type { LogView } from '../../../record/source.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { People } from '../../../subjects/people.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type { Resources } from '../../../subjects/resources.ts';
import type { NotFound } from '../answered.ts';

/** A place in the record: what stands before it was told. */
export interface RecordPlace {
  readonly log: number;
  readonly from: number;
}

export interface FollowQuery {
  /** The end of the record where none is named. */
  readonly place: RecordPlace | undefined;
  readonly limit: number;
  readonly personal: 'open' | 'closed';
}

export interface Followed extends RecordPlace {
  readonly events: readonly RecordedEvent[];
}

export interface EventProof {
  readonly log: number;
  readonly index: number;
  readonly vkey: string;
  readonly text: string;
}

/** The sequencer gives every event its place within a second. */
export interface NotPlaced {
  readonly code: 'not-placed';
}

export interface RecordActs {
  follow(q: Queries, query: FollowQuery): Promise<Followed>;
  /** What ids go by; those that go by nothing are left out. */
  names(q: Queries, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  logs(): Promise<readonly LogView[]>;
  prove(id: string): Promise<Result<EventProof, NotFound | NotPlaced>>;
}

export interface RecordActsDeps {
  readonly store: Store;
  readonly reader: RecordReader;
  readonly people: People;
  readonly processes: Processes;
  readonly devices: Devices;
  readonly resources: Resources;
}

export function createRecordActs(deps: RecordActsDeps): RecordActs {
  const { store, reader, people, processes, devices, resources } = deps;
  const source = databaseSource(store);

  async function nameOf(q: Queries, id: string): Promise<string | undefined> {
    const parsed = parseId<'person'>(id);
    const person = parsed && (await people.get(q, parsed));
    if (parsed && person === undefined) {
      const named =
        (await processes.find(q, parsed)) ??
        (await devices.find(q, parsed)) ??
        (await resources.find(q, parsed));
      if (named !== undefined) return named.name;
    }
    // A profile that can't be opened is for the doctor to tell of; the record is read all the same.
    const profile = person && (await people.profile(q, person).catch(() => undefined));
    return profile?.identifier;
  }

  return {
    async follow(q, { place, limit, personal }) {
      const head = await recordHead(q);
      const { log, from } = place ?? { log: head?.log ?? 1, from: head?.size ?? 0 };
      if (place === undefined) return { events: [], log, from };
      const places = await q.all(placesFrom, { log, from, to: from + limit });
      const events: RecordedEvent[] = [];
      for (const { event } of places) {
        const found = event === null ? undefined : await reader.get(q, event, personal);
        if (found !== undefined) events.push(found);
      }
      const ended = places.length === 0 && head !== undefined && head.log > log;
      return ended
        ? { events, log: head.log, from: 0 }
        : { events, log, from: from + places.length };
    },

    async names(q, ids) {
      const names = new Map<string, string>();
      for (const id of ids) {
        const name = await nameOf(q, id);
        if (name !== undefined) names.set(id, name);
      }
      return names;
    },

    logs: () => source.logs(),

    async prove(text) {
      const id = parseId<'event'>(text);
      const event = id && (await store.read((q) => q.one(eventById, { id: id as EventId })));
      if (id === undefined || event === undefined) return failed({ code: 'not-found' });
      const place = await store.read((q) => q.one(placeOf, { event: id as EventId }));
      if (place === undefined) return failed({ code: 'not-placed' });
      const { log, idx: index } = place;
      const proven = await proveInclusion(source, log, index);
      if (proven.state === 'not-there') return failed({ code: 'not-placed' });
      if (proven.state === 'broken') {
        const what = `event ${id} can’t be proven, since the record is broken there`;
        throw new Fault('record.tree', `${what}: ./sallyport record verify tells more`);
      }
      return ok({ log, index, vkey: proven.vkey, text: proofText(proven.proof) });
    },
  };
}
