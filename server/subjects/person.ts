import type { PersonStatus, Role } from '@sallyport/contract/people.ts';
import { fromUtf8, utf8 } from '../kernel/bytes.ts';
import { Fault } from '../kernel/fault.ts';
import type { PersonId } from '../kernel/id.ts';
import type { Box } from '../vault/vault.ts';
import type { SubjectRow } from './subject-table.ts';

/** What is known of a person without opening anything. */
export interface Person {
  readonly id: PersonId;
  readonly status: PersonStatus;
  readonly epoch: number;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly createdAt: number;
  readonly changedAt: number;
  readonly sealedProfile: Uint8Array | null;
}

/** What is personal, sealed under the person's own key. */
export interface Profile {
  readonly identifier: string;
  readonly displayName: string;
  readonly email: string | null;
}

export function readPerson(row: SubjectRow): Person {
  if (row.kind !== 'person') throw new Fault('gate', `${row.id} is a ${row.kind}, not a person`);
  return {
    // Written by us alone, from the closed lists of contract/people.ts.
    id: row.id as PersonId,
    status: row.status as PersonStatus,
    epoch: row.epoch,
    roles: JSON.parse(row.roles) as Role[],
    groups: JSON.parse(row.groups) as string[],
    createdAt: row.created_at,
    changedAt: row.changed_at,
    sealedProfile: row.profile,
  };
}

const place = (id: PersonId) => ({ table: 'subject', column: 'profile', row: id });

export function sealProfile(box: Box, id: PersonId, profile: Profile): Uint8Array {
  return box.seal(place(id), utf8(JSON.stringify(profile)));
}

export function openProfile(box: Box, person: Person): Profile {
  if (person.sealedProfile === null) throw new Fault('vault.sealed', `${person.id} has no profile`);
  return JSON.parse(fromUtf8(box.open(place(person.id), person.sealedProfile))) as Profile;
}
