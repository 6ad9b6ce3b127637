/** Whose ids stand in events: the names that people sign in by, as far as the database can still tell them. */
import type { RecordedEvent } from '@sallyport/contract/events.ts';
import { parseId } from '../../kernel/id.ts';
import type { Queries } from '../../store/store.ts';
import type { House } from '../house.ts';

export interface KnownNames {
  /** Looks up whom these events name. */
  learn(q: Queries, events: readonly RecordedEvent[]): Promise<void>;
  /** The name with the end of the id, which differs where names change; the id alone when nobody goes by one. */
  of(id: string): string;
}

export function createKnownNames({
  people,
  processes,
}: Pick<House, 'people' | 'processes'>): KnownNames {
  const known = new Map<string, string | undefined>();

  async function nameOf(q: Queries, id: string): Promise<string | undefined> {
    const parsed = parseId<'person'>(id);
    const person = parsed && (await people.get(q, parsed));
    if (parsed && person === undefined) {
      const process = await processes.find(q, parsed);
      if (process !== undefined) return process.name;
    }
    // A profile that can't be opened is for the doctor to tell of; the record is read all the same.
    const profile = person && (await people.profile(q, person).catch(() => undefined));
    return profile?.identifier;
  }

  return {
    async learn(q, events) {
      for (const id of events.flatMap(({ subject, actor }) => [subject, actor])) {
        if (id !== undefined && !known.has(id)) known.set(id, await nameOf(q, id));
      }
    },
    of(id) {
      const name = known.get(id);
      return name === undefined ? id : `${name} (…${id.slice(-6)})`;
    },
  };
}
