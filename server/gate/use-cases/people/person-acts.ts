/**
 * What is done to people and sessions, whoever may do it: the command line on the machine itself calls these, the doors the
 * judged ones in person-administration.ts.
 */

import type { Authority } from '../../../authority/x509/authority-words.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { listHeld, removeAllHeld, removeKind } from '../../../proofs/held-proofs.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { People, PersonChange, PersonError } from '../../../subjects/people.ts';
import type { Person, Profile } from '../../../subjects/person.ts';
import type { PersonFilter } from '../../../subjects/subject-table.ts';
import type { Vault } from '../../../vault/vault.ts';
import type { ProofModules } from '../../gate-deps.ts';
import { forgetKnownDevicesOf, NO_DEVICE } from '../../sessions/known-device-table.ts';
import {
  endSession,
  listLiveSessions,
  liveSessionsOf,
  type SessionId,
  type SessionRow,
  sessionById,
} from '../../sessions/session-table.ts';
import {
  bindingOf,
  type SessionAbout,
  type SessionBinding,
  type Sessions,
} from '../../sessions/sessions.ts';
import type { NotFound, Page } from '../answered.ts';
import { endAllOf } from './ending.ts';

/** Without them nobody could administer any more. */
export type LastAdministrator = { readonly code: 'last-administrator' };
export type ActError = PersonError | LastAdministrator;

/** Whether it is done to the last administrator, too. Doors have no way to say so; whoever is at the machine has. */
export interface Force {
  readonly force: boolean;
}

export interface SeenPerson {
  readonly person: Person;
  readonly profile: Profile | undefined;
}

export interface SeenSession {
  readonly id: SessionId;
  readonly subject: PersonId;
  readonly kind: string;
  readonly door: string;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  readonly binding: SessionBinding;
  readonly about: SessionAbout | undefined;
}

/** One that somebody else looks at. */
export interface OwnedSession extends SeenSession {
  /** What its owner signs in with; null once they are erased. */
  readonly identifier: string | null;
}

export function seenSession(row: SessionRow, about: SessionAbout | undefined): SeenSession {
  return {
    id: row.id,
    subject: row.subject_id,
    kind: row.kind,
    door: row.door,
    createdAt: row.created_at,
    seenAt: row.seen_at,
    expiresAt: row.expires_at,
    binding: bindingOf(row),
    about,
  };
}

export interface Acts {
  see(q: Queries, person: Person): Promise<SeenPerson>;
  list(q: Queries, filter: PersonFilter): Promise<Page<SeenPerson>>;
  change(tx: Tx, id: PersonId, change: PersonChange, by: By): Promise<Result<Person, ActError>>;
  disable(tx: Tx, id: PersonId, by: By, how?: Force): Promise<Result<Person, ActError>>;
  enable(tx: Tx, id: PersonId, by: By): Promise<Result<Person, PersonError>>;
  erase(tx: Tx, id: PersonId, by: By, how?: Force): Promise<Result<Person, ActError>>;
  sessions(
    q: Queries,
    filter: { person?: PersonId; after?: string; limit: number },
  ): Promise<Page<OwnedSession>>;
  revokeSession(tx: Tx, id: SessionId, by: By): Promise<Result<void, NotFound>>;
  revokeSessionsOf(tx: Tx, id: PersonId, by: By): Promise<Result<number, NotFound>>;
}

export interface ActsDeps {
  readonly people: People;
  readonly record: Recorder;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly about: Sessions['about'];
  readonly authority: Pick<Authority, 'revokeAll'>;
  readonly proofs: ProofModules;
}

export function createActs(deps: ActsDeps): Acts {
  const { people, record, vault, clock, about, authority, proofs } = deps;

  async function see(q: Queries, person: Person): Promise<SeenPerson> {
    return { person, profile: await people.profile(q, person) };
  }

  /** All that they have open, and what is known of their browsers. */
  async function endAll(tx: Tx, subject: PersonId, by: By): Promise<number> {
    const sessions = await endAllOf(tx, deps, { subject }, by);
    await tx.run(forgetKnownDevicesOf, { subject, except: NO_DEVICE });
    return sessions;
  }

  async function isLast(tx: Tx, id: PersonId): Promise<boolean> {
    const person = await people.get(tx, id);
    return person !== undefined && people.isLastIn(tx, person, 'administrator');
  }
  const LAST = { code: 'last-administrator' } as const;

  function page<T extends { id: string }, S>(rows: T[], limit: number, items: S[]): Page<S> {
    return { items, next: rows.length === limit ? rows.at(-1)?.id : undefined };
  }

  return {
    see,

    async list(q, filter) {
      const found = await people.list(q, filter);
      return page(found, filter.limit, await Promise.all(found.map((person) => see(q, person))));
    },

    async change(tx, id, change, by) {
      const before = await people.get(tx, id);
      const stays = change.roles === undefined || change.roles.includes('administrator');
      if (!stays && (await isLast(tx, id))) return failed(LAST);
      const changed = await people.change(tx, id, change, by);
      const gained = change.roles?.some((role) => !before?.roles.includes(role)) ?? false;
      if (changed.ok && gained) {
        // Whoever could issue a pass for them before must not come in with it now.
        await removeKind(tx, id, 'pass');
        await endAll(tx, id, by);
      }
      return changed;
    },

    async disable(tx, id, by, how) {
      if (!how?.force && (await isLast(tx, id))) return failed(LAST);
      const disabled = await people.setStatus(tx, id, 'disabled', by);
      if (disabled.ok) {
        await removeKind(tx, id, 'pass');
        await endAll(tx, id, by);
      }
      return disabled;
    },

    async enable(tx, id, by) {
      const person = await people.get(tx, id);
      // Whoever is setting up their proofs still is not made to have done so.
      if (person?.status === 'active' || person?.status === 'enrolling') return ok(person);
      const held = (await listHeld(tx, id)).filter(({ kind }) => proofs[kind].stands);
      // Someone who was disabled before they had enrolled goes on where they were.
      return people.setStatus(tx, id, held.length > 0 ? 'active' : 'enrolling', by);
    },

    async erase(tx, id, by, how) {
      if (!how?.force && (await isLast(tx, id))) return failed(LAST);
      await endAll(tx, id, by);
      await removeAllHeld(tx, id);
      // Those who check a certificate elsewhere ask nobody here but the list.
      await authority.revokeAll(tx, id, 'cessation-of-operation', by);
      return people.erase(tx, id, by);
    },

    async sessions(q, { person, after, limit }) {
      const now = clock.now();
      const rows =
        person === undefined
          ? await q.all(
              listLiveSessions({ now, limit, ...(after === undefined ? {} : { after }) }),
              {},
            )
          : await q.all(liveSessionsOf, { subject: person, now });
      const names = new Map<PersonId, string | null>();
      for (const subject of new Set(rows.map((row) => row.subject_id))) {
        const owner = await people.get(q, subject);
        const profile = owner && (await people.profile(q, owner));
        names.set(subject, profile?.identifier ?? null);
      }
      const items: OwnedSession[] = [];
      for (const row of rows) {
        const seen = seenSession(row, about(await vault.subject(q, row.subject_id), row));
        items.push({ ...seen, identifier: names.get(row.subject_id) ?? null });
      }
      return person === undefined ? page(rows, limit, items) : { items, next: undefined };
    },

    async revokeSession(tx, id, by) {
      const row = await tx.one(sessionById, { id });
      if (row === undefined || (await tx.run(endSession, { id, now: clock.now() })) !== 1) {
        return failed({ code: 'not-found' });
      }
      await record.append(tx, {
        type: 'session.revoked',
        outcome: 'done',
        subject: row.subject_id,
        ...by,
        session: id,
        reason: 'administrator',
        data: { sessions: 1 },
      });
      return ok(undefined);
    },

    async revokeSessionsOf(tx, id, by) {
      if ((await people.get(tx, id)) === undefined) return failed({ code: 'not-found' });
      return ok(await endAll(tx, id, by));
    },
  };
}
