/** What people do about their own account: their proofs, their sessions, and saying that something wasn't them. */

import type { PersonStatus, Role } from '@sallyport/contract/people.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { listHeld, removeHeld, renameHeld } from '../../../proofs/held-proofs.ts';
import type { ProofId } from '../../../proofs/proof.ts';
import { codesLeft } from '../../../proofs/recovery/recovery.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import { createKept } from '../../../store/kept.ts';
import type { Queries, Store } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Person } from '../../../subjects/person.ts';
import type { Vault } from '../../../vault/vault.ts';
import type { Arrival } from '../../arrival.ts';
import { endAwayGrants, endAwayGrantsBy } from '../../entry/grant-table.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { ActivePolicies, ProofModules } from '../../gate-deps.ts';
import { holdAlone } from '../../holding-table.ts';
import { endLogInsOf } from '../../network/log-in-endings.ts';
import { forgetKnownDevicesOf, NO_DEVICE } from '../../sessions/known-device-table.ts';
import {
  endOtherSessions,
  endSessionOf,
  liveSessionsOf,
  type SessionId,
} from '../../sessions/session-table.ts';
import type { LiveSession, SessionAbout, SessionBinding } from '../../sessions/sessions.ts';
import { type SeenProof, seenProof } from '../../shown-here.ts';
import { createBuckets } from '../../throttles/buckets.ts';
import { PORTAL, READ_SELF, type Wish } from '../../wish.ts';
import type { NotFound } from '../answered.ts';
import { seenSession } from './person-acts.ts';
import { createWaysIn } from './ways-in.ts';

export interface Me {
  readonly id: string;
  readonly status: PersonStatus;
  readonly roles: readonly Role[];
  readonly groups: readonly string[];
  readonly identifier: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly sessionExpiresAt: number;
}

export interface OwnSession {
  readonly id: SessionId;
  readonly current: boolean;
  readonly kind: string;
  readonly door: string;
  readonly createdAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  readonly binding: SessionBinding;
  readonly about: SessionAbout | undefined;
}

/** A proof as its owner sees it. */
export interface OwnProof
  extends Pick<
    SeenProof,
    'id' | 'kind' | 'name' | 'createdAt' | 'lastUsedAt' | 'detail' | 'otherHost'
  > {
  /** Recovery codes that are still good. */
  readonly codesLeft?: number;
  /** False while its owner could not sign in without it. */
  readonly removable: boolean;
}

export type RenameError = NotFound | { readonly code: 'throttled'; readonly retryAt: number };

export type RemovalError = NotFound | { readonly code: 'last-way-in' };

export interface Portal {
  /** The same object as before while nobody committed anything. */
  me(token: string, arrival: Arrival): Promise<Performed<Me, never>>;
  proofs(token: string, arrival: Arrival): Promise<Performed<readonly OwnProof[], never>>;
  sessions(token: string, arrival: Arrival): Promise<Performed<readonly OwnSession[], never>>;
  renameProof(
    token: string,
    id: string,
    name: string,
    arrival: Arrival,
  ): Promise<Performed<void, RenameError>>;
  removeProof(token: string, id: string, arrival: Arrival): Promise<Performed<void, RemovalError>>;
  endSession(token: string, id: string, arrival: Arrival): Promise<Performed<void, NotFound>>;
  /** All but the one that asks; gives how many. */
  endOtherSessions(token: string, arrival: Arrival): Promise<Performed<number, never>>;
  signOut(token: string, arrival: Arrival): Promise<Performed<void, never>>;
  /**
   * "This wasn't me": ends every other session and all that applications may do while they are away, forgets every other device, and
   * tells those who watch. Gives how many sessions.
   */
  reportTrouble(
    token: string,
    trouble: { readonly about?: string; readonly words?: string },
    arrival: Arrival,
  ): Promise<Performed<number, never>>;
}

export interface PortalDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly vault: Vault;
  readonly people: People;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly proofs: ProofModules;
  readonly policies: { current(q: Queries): Promise<ActivePolicies> };
  readonly clock: Clock;
}

const wish = (action: Wish['action']): Wish => ({ action, resource: PORTAL });

/** Names given within a minute, by each person and by all: each is on record, and a proof can be renamed without end. */
const RENAMES = { each: 20, all: 2000 };

/** Sessions whose owners’ names are kept opened between two commits. */
const MOST_KEPT = 10_000;

/** A session whose person is not there is none. */
function foundIn<T>(
  read: Performed<{ readonly value: T } | undefined, never>,
): Performed<T, never> {
  if (read.state !== 'done') return read;
  return read.value === undefined
    ? { state: 'refused', reason: 'no-session' }
    : { state: 'done', value: read.value.value };
}

export function createPortal(deps: PortalDeps): Portal {
  const waysIn = createWaysIn(deps);
  const { gate, store, vault, people, record, counter, proofs: modules, clock } = deps;
  const renames = createBuckets(clock, RENAMES);
  const keptPeople = createKept<{ readonly value: Me }>(MOST_KEPT);

  async function read<T>(
    token: string,
    arrival: Arrival,
    work: (q: Queries, person: Person, session: LiveSession) => Promise<T>,
  ): Promise<Performed<T, never>> {
    return foundIn(
      await gate.read(token, READ_SELF, arrival, async (q, session) => {
        const person = await people.get(q, session.subject);
        return person && { value: await work(q, person, session) };
      }),
    );
  }

  async function whoIs(q: Queries, { subject, expiresAt }: LiveSession) {
    const person = await people.get(q, subject);
    if (person === undefined) return undefined;
    const { id, status, roles, groups } = person;
    const profile = await people.profile(q, person);
    const me: Me = {
      id,
      status,
      roles,
      groups,
      identifier: profile?.identifier ?? '',
      displayName: profile?.displayName ?? '',
      email: profile?.email ?? null,
      sessionExpiresAt: expiresAt,
    };
    return { value: me };
  }

  return {
    async me(token, arrival) {
      return foundIn(
        await gate.read(token, READ_SELF, arrival, async (q, session) =>
          // Every page asks who is there: what is known of them is kept between commits.
          keptPeople.of(q, session.id, () => whoIs(q, session)),
        ),
      );
    },

    proofs: (token, arrival) =>
      read(token, arrival, async (q, person) => {
        const held = (await listHeld(q, person.id)).filter(({ kind }) => kind !== 'pass');
        const own: OwnProof[] = [];
        for (const proof of held) {
          const { id, kind, name, createdAt, lastUsedAt, detail } = proof;
          const { otherHost } = seenProof(modules, proof);
          const left = held.filter((other) => other.id !== id);
          own.push({
            ...{ id, kind, name, createdAt, lastUsedAt, detail },
            ...(otherHost === undefined ? {} : { otherHost }),
            ...(kind === 'recovery' ? { codesLeft: codesLeft(proof) } : {}),
            removable: otherHost !== undefined || (await waysIn(q, person, left, arrival)).any,
          });
        }
        return own;
      }),

    sessions: (token, arrival) =>
      read(token, arrival, async (q, person, current) => {
        const box = await vault.subject(q, person.id);
        const rows = await q.all(liveSessionsOf, { subject: person.id, now: clock.now() });
        return rows.map((row) => ({
          ...seenSession(row, gate.sessions.about(box, row)),
          current: row.id === current.id,
        }));
      }),

    renameProof: (token, id, name, arrival) =>
      gate.perform(token, wish('renameProof'), arrival, async (tx, { session, by }) => {
        const proof = (await listHeld(tx, session.subject)).find((held) => held.id === id);
        if (proof === undefined) return failed<RenameError>({ code: 'not-found' });
        if (proof.name === name) return ok(undefined);
        const retryAt = renames.take(session.subject);
        if (retryAt !== undefined) {
          counter.count({
            type: 'decision.counted',
            outcome: 'refused',
            subject: session.subject,
            door: arrival.door,
            action: 'renameProof',
            resource: { kind: 'part', id: PORTAL.id },
          });
          return failed<RenameError>({ code: 'throttled', retryAt });
        }
        await renameHeld(tx, session.subject, proof.id, name);
        await record.append(tx, {
          type: 'proof.renamed',
          outcome: 'done',
          subject: session.subject,
          ...by,
          data: { proof: proof.id, kind: proof.kind },
        });
        return ok(undefined);
      }),

    removeProof: (token, id, arrival) =>
      gate.perform(token, wish('removeProof'), arrival, async (tx, { session, by }) => {
        tx.put(holdAlone, { id: session.subject });
        const person = await people.get(tx, session.subject);
        const held = await listHeld(tx, session.subject);
        const proof = held.find((one) => one.id === id);
        if (person === undefined || proof === undefined || proof.kind === 'pass') {
          return failed<RemovalError>({ code: 'not-found' });
        }
        const left = held.filter((one) => one.id !== id);
        // What can't be shown here is no way in, and nothing is lost with it.
        const isWayIn = seenProof(modules, proof).otherHost === undefined;
        if (isWayIn && !(await waysIn(tx, person, left, arrival)).any) {
          return failed<RemovalError>({ code: 'last-way-in' });
        }
        await removeHeld(tx, session.subject, id as ProofId); // It was found among their own.
        // Whoever signed in with it is out, and what they let an application do while they are away.
        const now = clock.now();
        await tx.run(endAwayGrantsBy, { subject: session.subject, proof: `%"${proof.id}"%`, now });
        await tx.run(endOtherSessions, { subject: session.subject, except: session.id, now });
        await endLogInsOf(tx, deps, { subject: session.subject, proof: proof.id }, by);
        await record.append(tx, {
          type: 'proof.removed',
          outcome: 'done',
          subject: session.subject,
          ...by,
          data: { proof: proof.id, kind: proof.kind },
        });
        return ok(undefined);
      }),

    endSession: (token, id, arrival) =>
      gate.perform(token, wish('revokeOwnSession'), arrival, async (tx, { session, by }) => {
        const ended = parseId<'session'>(id);
        const { subject } = session;
        const now = clock.now();
        if (
          ended === undefined ||
          (await tx.run(endSessionOf, { id: ended, subject, now })) !== 1
        ) {
          return failed<NotFound>({ code: 'not-found' });
        }
        await record.append(tx, {
          type: 'session.ended',
          outcome: 'done',
          subject,
          ...by,
          session: ended,
          reason: 'asked',
        });
        return ok(undefined);
      }),

    endOtherSessions: (token, arrival) =>
      gate.perform(token, wish('revokeOwnSession'), arrival, async (tx, { session, by }) => {
        const { subject } = session;
        const now = clock.now();
        tx.put(holdAlone, { id: subject });
        const sessions = await tx.run(endOtherSessions, { subject, except: session.id, now });
        if (sessions > 0) {
          await record.append(tx, {
            type: 'session.revoked',
            outcome: 'done',
            subject,
            ...by,
            reason: 'asked',
            data: { sessions },
          });
        }
        return ok(sessions);
      }),

    async signOut(token, arrival) {
      // Leaving needs no permission: whoever holds the session may end it.
      const session = await store.read((q) => gate.sessions.check(q, token));
      if (session === undefined) return { state: 'refused', reason: 'no-session' };
      await store.write(async (tx) => {
        if (!(await gate.sessions.end(tx, session.id))) return;
        await record.append(tx, {
          type: 'session.ended',
          outcome: 'done',
          subject: session.subject,
          door: arrival.door,
          request: arrival.request,
          session: session.id,
          reason: 'asked',
        });
      });
      return { state: 'done', value: undefined };
    },

    reportTrouble: (token, { about, words }, arrival) =>
      gate.perform(token, wish('reportTrouble'), arrival, async (tx, { session, by }) => {
        const { subject } = session;
        const now = clock.now();
        tx.put(holdAlone, { id: subject });
        const sessions = await tx.run(endOtherSessions, { subject, except: session.id, now });
        await tx.run(forgetKnownDevicesOf, { subject, except: session.device ?? NO_DEVICE });
        const apps = await tx.run(endAwayGrants, { subject, now });
        await endLogInsOf(tx, deps, { subject }, by);
        await record.append(tx, {
          type: 'trouble.reported',
          outcome: 'done',
          subject,
          ...by,
          reason: 'trouble',
          personal: { ...by.personal, ...(words === undefined ? {} : { words }) },
          data: { sessions, apps, ...(about === undefined ? {} : { about }) },
        });
        return ok(sessions);
      }),
  };
}
