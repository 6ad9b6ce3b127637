/**
 * People: added, found, changed, disabled, erased. Each change is one transaction with its event; whether the one who asks
 * may do it was judged before, by the gate.
 */
import type { PersonStatus, Role } from '@sallyport/contract/people.ts';
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { Ids, PersonId } from '../kernel/id.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { IDENTIFIER_INDEX, normaliseIdentifier } from './identifier.ts';
import { openProfile, type Person, type Profile, readPerson, sealProfile } from './person.ts';
import {
  countPeople,
  deleteIdentifiers,
  holdActiveIn,
  insertIdentifier,
  insertSubject,
  listPeople,
  type PersonFilter,
  subjectById,
  subjectByIdentifier,
  updatePerson,
} from './subject-table.ts';

export interface NewPerson {
  readonly identifier: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
}

export type PersonChange = Partial<NewPerson>;

export type PersonError =
  | { readonly code: 'identifier-taken'; readonly field: 'identifier' | 'email' }
  | { readonly code: 'identifier-malformed'; readonly field: 'identifier' | 'email' }
  | { readonly code: 'not-found' }
  | { readonly code: 'erased' }
  | { readonly code: 'changed-meanwhile' };

/** Something at something: whether it is somebody's, only a mail to it would tell. */
const MAIL = /^[^@\s]+@[^@\s]+$/;

export interface PeopleDeps {
  readonly vault: Vault;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface People {
  /** The key under which a typed name is looked up and throttled. What can be nobody's name has a key that nobody has. */
  lookup(typed: string): Uint8Array;
  byLookup(q: Queries, lookup: Uint8Array): Promise<Person | undefined>;
  find(q: Queries, typed: string): Promise<Person | undefined>;
  get(q: Queries, id: PersonId): Promise<Person | undefined>;
  /** Undefined once the person is erased. */
  profile(q: Queries, person: Person): Promise<Profile | undefined>;
  list(q: Queries, filter: PersonFilter): Promise<Person[]>;
  count(q: Queries): Promise<Readonly<Partial<Record<PersonStatus, number>>>>;
  /** Whether nobody else is active in a role that this person has or will have. It stays true until the transaction ends. */
  isLastIn(tx: Tx, person: Person, role: Role): Promise<boolean>;
  add(tx: Tx, person: NewPerson, by: By): Promise<Result<Person, PersonError>>;
  change(tx: Tx, id: PersonId, change: PersonChange, by: By): Promise<Result<Person, PersonError>>;
  setStatus(
    tx: Tx,
    id: PersonId,
    status: 'active' | 'enrolling' | 'disabled',
    by: By,
  ): Promise<Result<Person, PersonError>>;
  erase(tx: Tx, id: PersonId, by: By): Promise<Result<Person, PersonError>>;
}

export function createPeople({ vault, record, clock, ids }: PeopleDeps): People {
  function lookup(typed: string): Uint8Array {
    const name = normaliseIdentifier(typed);
    return name === undefined
      ? vault.blindIndex('no-identifier', '')
      : vault.blindIndex(IDENTIFIER_INDEX, name);
  }

  async function byLookup(q: Queries, key: Uint8Array): Promise<Person | undefined> {
    const row = await q.one(subjectByIdentifier, { lookup: key });
    return row && readPerson(row);
  }

  async function get(q: Queries, id: PersonId): Promise<Person | undefined> {
    const row = await q.one(subjectById, { id });
    return row?.kind === 'person' ? readPerson(row) : undefined;
  }

  async function profile(q: Queries, person: Person): Promise<Profile | undefined> {
    if (person.sealedProfile === null) return undefined;
    const box = await vault.subject(q, person.id);
    return box && openProfile(box, person);
  }

  /** Takes the names of a profile; all of them or, by the caller's rollback, none. */
  async function claim(
    tx: Tx,
    id: PersonId,
    { identifier, email }: Profile,
  ): Promise<PersonError | undefined> {
    const names: (readonly ['identifier' | 'email', string])[] = [['identifier', identifier]];
    if (email !== null && normaliseIdentifier(email) !== normaliseIdentifier(identifier)) {
      names.push(['email', email]);
    }
    for (const [field, typed] of names) {
      const sound = field === 'identifier' || MAIL.test(typed);
      if (!sound || normaliseIdentifier(typed) === undefined) {
        return { code: 'identifier-malformed', field };
      }
      if ((await tx.run(insertIdentifier, { lookup: lookup(typed), subject: id })) !== 1) {
        return { code: 'identifier-taken', field };
      }
    }
    return undefined;
  }

  /** Writes a changed person, given that nobody else did since it was read. */
  async function write(
    tx: Tx,
    before: Person,
    after: Pick<Person, 'status' | 'roles' | 'groups' | 'sealedProfile'>,
  ): Promise<Result<Person, PersonError>> {
    const now = clock.now();
    const raise = isSame(before, after) ? 0 : 1;
    const changed = await tx.run(updatePerson, {
      id: before.id,
      seen: before.epoch,
      before: before.sealedProfile,
      raise,
      status: after.status,
      roles: JSON.stringify(after.roles),
      groups: JSON.stringify(after.groups),
      profile: after.sealedProfile,
      now,
    });
    if (changed !== 1) return failed({ code: 'changed-meanwhile' });
    return ok({ ...before, ...after, epoch: before.epoch + raise, changedAt: now });
  }

  async function existing(tx: Tx, id: PersonId): Promise<Result<Person, PersonError>> {
    const person = await get(tx, id);
    if (person === undefined) return failed({ code: 'not-found' });
    return person.status === 'erased' ? failed({ code: 'erased' }) : ok(person);
  }

  return {
    lookup,
    byLookup,
    get,
    profile,

    async find(q, typed) {
      return byLookup(q, lookup(typed));
    },

    async list(q, filter) {
      return (await q.all(listPeople(filter), {})).map(readPerson);
    },

    async count(q) {
      const rows = await q.all(countPeople, {});
      return Object.fromEntries(rows.map((row) => [row.status, Number(row.count)]));
    },

    async isLastIn(tx, { status, roles }, role) {
      if ((status !== 'active' && status !== 'enrolling') || !roles.includes(role)) return false;
      // Two who put each other out at the same moment must not both find the other still there.
      const active = await tx.run(holdActiveIn, { role: `%"${role}"%` });
      return active === (status === 'active' ? 1 : 0);
    },

    async add(tx, { identifier, displayName, email, roles, groups }, by) {
      const id = ids.next<'person'>();
      const now = clock.now();
      const box = await vault.createSubjectKey(tx, id);
      const personal = { identifier, displayName, email };
      await tx.run(insertSubject, {
        id,
        kind: 'person',
        status: 'enrolling',
        owner_id: null,
        epoch: 1,
        roles: JSON.stringify(roles),
        groups: JSON.stringify(groups),
        profile: sealProfile(box, id, personal),
        created_at: now,
        changed_at: now,
      });
      const error = await claim(tx, id, personal);
      if (error !== undefined) return failed(error);
      await record.append(tx, {
        type: 'person.created',
        outcome: 'done',
        subject: id,
        ...by,
        data: { roles: [...roles] },
        personal: { ...by.personal, identifier },
      });
      const person = await get(tx, id);
      if (person === undefined) throw new Fault('store.misuse', 'a person just added is not there');
      return ok(person);
    },

    async change(tx, id, change, by) {
      const found = await existing(tx, id);
      if (!found.ok) return found;
      const person = found.value;
      const box = await vault.subject(tx, id);
      if (box === undefined) return failed({ code: 'erased' });
      const before = openProfile(box, person);
      const after: Profile = {
        identifier: change.identifier ?? before.identifier,
        displayName: change.displayName ?? before.displayName,
        email: change.email === undefined ? before.email : change.email,
      };
      if (after.identifier !== before.identifier || after.email !== before.email) {
        await tx.run(deleteIdentifiers, { subject: id });
        const error = await claim(tx, id, after);
        if (error !== undefined) return failed(error);
      }
      const written = await write(tx, person, {
        status: person.status,
        roles: change.roles ?? person.roles,
        groups: change.groups ?? person.groups,
        sealedProfile: sealProfile(box, id, after),
      });
      if (!written.ok) return written;
      await record.append(tx, {
        type: 'person.changed',
        outcome: 'done',
        subject: id,
        ...by,
        data: { fields: Object.keys(change).sort(), roles: [...written.value.roles] },
      });
      return written;
    },

    async setStatus(tx, id, status, by) {
      const found = await existing(tx, id);
      if (!found.ok) return found;
      const written = await write(tx, found.value, { ...found.value, status });
      if (!written.ok) return written;
      await record.append(tx, {
        type: status === 'disabled' ? 'person.disabled' : 'person.enabled',
        outcome: 'done',
        subject: id,
        ...by,
        data: {},
      });
      return written;
    },

    async erase(tx, id, by) {
      const found = await existing(tx, id);
      if (!found.ok) return found;
      // The event comes first: what it seals under the person's key becomes unreadable with everything else.
      await record.append(tx, {
        type: 'person.erased',
        outcome: 'done',
        subject: id,
        ...by,
        data: {},
      });
      await tx.run(deleteIdentifiers, { subject: id });
      const written = await write(tx, found.value, {
        status: 'erased',
        roles: [],
        groups: [],
        sealedProfile: null,
      });
      if (written.ok) await vault.destroySubjectKey(tx, id);
      return written;
    },
  };
}

/** Whether policies see the same person: what they are called is nothing to them. */
function isSame(
  before: Person,
  { status, roles, groups }: Pick<Person, 'status' | 'roles' | 'groups'>,
): boolean {
  const sorted = (list: readonly string[]) => JSON.stringify([...list].sort());
  return (
    before.status === status &&
    sorted(before.roles) === sorted(roles) &&
    sorted(before.groups) === sorted(groups)
  );
}
