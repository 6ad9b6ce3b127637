/** Whose ids stand in events: the names that people sign in by, as far as they can still be told. */
import type { RecordDesk, ShownEvent } from '../desks/record-desk.ts';
import type { Refused } from '../remote/connection.ts';

export interface KnownNames {
  /** Looks up whom these events name; why not, where that is refused. */
  learn(events: readonly ShownEvent[]): Promise<Refused | undefined>;
  /** The name with the end of the id, which differs where names change; the id alone when nobody goes by one. */
  of(id: string): string;
}

/** Ids of ours, as they stand in subjects and actors. */
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export function createKnownNames(record: Pick<RecordDesk, 'names'>): KnownNames {
  const known = new Map<string, string | undefined>();

  return {
    async learn(events) {
      const ids = events.flatMap(({ subject, actor, data }) => [
        subject,
        actor,
        entered(data),
        idIn(data.client),
        idIn(data.app),
      ]);
      const fresh = new Set(ids.filter((id) => id !== undefined && ID.test(id) && !known.has(id)));
      if (fresh.size === 0) return undefined;
      const named = await record.names([...fresh] as string[]); // Filtered two lines above.
      if (!named.ok) return named.error;
      for (const id of fresh) if (id !== undefined) known.set(id, named.value.get(id));
      return undefined;
    },
    of(id) {
      const name = known.get(id);
      return name === undefined ? id : `${name} (…${id.slice(-6)})`;
    },
  };
}

/** The id of what an event says was entered. */
function entered({ resource }: ShownEvent['data']): string | undefined {
  if (typeof resource !== 'object' || resource === null || !('id' in resource)) return undefined;
  return idIn(resource.id);
}

const idIn = (value: unknown) => (typeof value === 'string' ? value : undefined);
