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
  resources,
}: Pick<House, 'people' | 'processes' | 'resources'>): KnownNames {
  const known = new Map<string, string | undefined>();

  async function nameOf(q: Queries, id: string): Promise<string | undefined> {
    const parsed = parseId<'person'>(id);
    const person = parsed && (await people.get(q, parsed));
    if (parsed && person === undefined) {
      const process = await processes.find(q, parsed);
      const named = process ?? (await resources.find(q, parsed));
      if (named !== undefined) return named.name;
    }
    // A profile that can't be opened is for the doctor to tell of; the record is read all the same.
    const profile = person && (await people.profile(q, person).catch(() => undefined));
    return profile?.identifier;
  }

  return {
    async learn(q, events) {
      const ids = events.flatMap(({ subject, actor, data }) => [subject, actor, entered(data)]);
      for (const id of ids) {
        if (id !== undefined && !known.has(id)) known.set(id, await nameOf(q, id));
      }
    },
    of(id) {
      const name = known.get(id);
      return name === undefined ? id : `${name} (…${id.slice(-6)})`;
    },
  };
}

/** The id of what an event says was entered. */
function entered({ resource }: RecordedEvent['data']): string | undefined {
  if (typeof resource !== 'object' || resource === null || !('id' in resource)) return undefined;
  return typeof resource.id === 'string' ? resource.id : undefined;
}
