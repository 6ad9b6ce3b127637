/** Finds whom a certificate is to be for: only those who are active, by id or name. A server is nobody’s subject, and goes by its host. */
import type { Certified } from '../../../authority/x509/authority-words.ts';
import { parseId } from '../../../kernel/id.ts';
import type { Queries } from '../../../store/store.ts';
import type { Devices } from '../../../subjects/devices.ts';
import type { People } from '../../../subjects/people.ts';
import type { Person } from '../../../subjects/person.ts';
import type { Processes } from '../../../subjects/processes.ts';

export interface CertifiedDeps {
  readonly people: Pick<People, 'find' | 'get' | 'profile'>;
  readonly devices: Pick<Devices, 'find'>;
  readonly processes: Pick<Processes, 'find'>;
}

export type FoundCertified = { readonly subject: Certified } | 'not-found' | 'not-active';

export function findPerson(
  people: Pick<People, 'find' | 'get'>,
  q: Queries,
  named: string,
): Promise<Person | undefined> {
  const id = parseId<'person'>(named);
  return id === undefined ? people.find(q, named) : people.get(q, id);
}

export async function findCertified(
  { people, devices, processes }: CertifiedDeps,
  q: Queries,
  kind: Certified['kind'],
  named: string,
): Promise<FoundCertified> {
  switch (kind) {
    case 'device': {
      const device = await devices.find(q, named);
      if (device === undefined) return 'not-found';
      const { id, name } = device;
      return device.status === 'active' ? { subject: { kind, id, name } } : 'not-active';
    }
    case 'process': {
      const process = await processes.find(q, named);
      if (process === undefined) return 'not-found';
      const { id, name } = process;
      return process.status === 'active' ? { subject: { kind, id, name } } : 'not-active';
    }
    case 'person': {
      const person = await findPerson(people, q, named);
      const profile = person && (await people.profile(q, person));
      if (person === undefined || profile === undefined) return 'not-found';
      const name = profile.displayName;
      return person.status === 'active' ? { subject: { kind, id: person.id, name } } : 'not-active';
    }
    case 'server': {
      const host = named.toLowerCase();
      return { subject: { kind, id: host, name: host } };
    }
  }
}
