/**
 * Enrolling proofs: begun, confirmed, and, for someone who came with a pass, completed. Each step is judged by policy like
 * anything else: a session needs a fresh proof, a pass needs nothing more and is good for nothing else.
 */

import type { Role } from '@sallyport/contract/people.ts';
import { ProofKind } from '@sallyport/contract/proofs.ts';
import { type Clock, MINUTE } from '../../../kernel/clock.ts';
import { type Ids, parseId } from '../../../kernel/id.ts';
import type { Random } from '../../../kernel/random.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { listHeld, removeKind } from '../../../proofs/held-proofs.ts';
import type { Enrolled, Enrolling, EnrolmentError, HeldProof } from '../../../proofs/proof.ts';
import type { Counter } from '../../../record/counter.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Queries, Store, Tx } from '../../../store/store.ts';
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
import { endOtherSessions, NO_SESSION, type SessionId } from '../../sessions/session-table.ts';
import { type SeenProof, seenProof } from '../../shown-here.ts';
import { createFewOfEach } from '../../throttles/few-a-minute.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';
import { PORTAL, type Wish, type WishesIn } from '../../wish.ts';
import {
  dropOlderEnrolments,
  type EnrolmentId,
  insertPendingEnrolment,
  pendingEnrolmentById,
  takePendingEnrolments,
  usePendingEnrolment,
} from './enrolment-table.ts';
import { createWaysIn } from './ways-in.ts';

export interface BegunEnrolment {
  readonly id: EnrolmentId;
  readonly kind: ProofKind;
  /** What the person or browser needs: a QR text, creation options. */
  readonly offer: Readonly<Record<string, unknown>>;
  readonly expiresAt: number;
}

/** Where someone stands who came with a pass. */
export interface EnrolmentProgress {
  readonly identifier: string;
  readonly displayName: string;
  readonly held: readonly SeenProof[];
  /** Whether what is held is enough to sign in with, by policy. */
  readonly enough: boolean;
  /** Whether only a passkey or security key would make it enough, as where people administer. */
  readonly needsPasskey: boolean;
  /** Whether policy takes a recovery code from them in place of a passkey or phone. */
  readonly codesStandIn: boolean;
  readonly roles: readonly Role[];
  readonly hasRecoveryCodes: boolean;
}

export type EnrolError = EnrolmentError | { readonly code: 'enrolment-over' };
export type CompletionError = {
  readonly code: 'not-enough-yet';
  readonly missing: readonly ('proofs' | 'recovery')[];
};

export interface Enrolments {
  progress(token: string, arrival: Arrival): Promise<Performed<EnrolmentProgress, never>>;
  begin(
    token: string,
    kind: ProofKind,
    options: unknown,
    arrival: Arrival,
  ): Promise<Performed<BegunEnrolment, EnrolError>>;
  finish(
    token: string,
    id: string,
    offer: unknown,
    arrival: Arrival,
  ): Promise<Performed<Enrolled & { kind: ProofKind }, EnrolError>>;
  /** Ends an enrolment by pass: the person is active, the pass is void, the session over; they sign in from now on. */
  complete(token: string, arrival: Arrival): Promise<Performed<void, CompletionError>>;
}

const LIFETIME = 15 * MINUTE;
const MOST_TABS = 4;
/** Of one person in a minute: nobody mistypes a code more often, and whoever goes on and on is counted. */
const MOST_REFUSED = 10;
const MAY_ENROL: Wish = { action: 'enrolProof', resource: PORTAL };
const MAY_CHANGE_PASSWORD: Wish = { action: 'changePassword', resource: PORTAL };

/** Changing a password is what enrolling one again is. */
const wishFor = (kind: ProofKind, held: readonly HeldProof[]): Wish =>
  kind === 'password' && held.some((proof) => proof.kind === 'password')
    ? MAY_CHANGE_PASSWORD
    : MAY_ENROL;

export interface EnrolmentDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly vault: Vault;
  readonly people: People;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly proofs: ProofModules;
  readonly policies: { current(q: Queries): Promise<ActivePolicies> };
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
}

/** After a step-up what was being set up goes on: an authenticator that was scanned already need not be scanned again. */
export function carryEnrolmentsOver(tx: Tx, from: SessionId, to: SessionId): Promise<number> {
  return tx.run(takePendingEnrolments, { from, to });
}

export function createEnrolments(deps: EnrolmentDeps): Enrolments {
  const { gate, store, vault, people, record, proofs, clock, random, ids } = deps;
  const waysIn = createWaysIn(deps);
  const tellOrCount = createTellOrCount(deps, createFewOfEach(clock, MOST_REFUSED));
  const statePlace = (id: string) => ({ table: 'pending_enrolment', column: 'state', row: id });

  async function enrolling(
    q: Queries,
    person: Person,
    nonce: Uint8Array,
    arrival: Arrival,
  ): Promise<Enrolling | undefined> {
    const box = await vault.subject(q, person.id);
    const profile = await people.profile(q, person);
    if (box === undefined || profile === undefined) return undefined;
    return {
      subject: person.id,
      account: profile.identifier,
      names: [profile.identifier, profile.displayName, profile.email ?? ''].filter(Boolean),
      held: await listHeld(q, person.id),
      box,
      moment: {
        now: clock.now(),
        nonce,
        origin: arrival.origin,
        source: arrival.address,
        door: arrival.door,
      },
    };
  }

  /** Judges, and reads what an enrolment needs. Nothing is changed. */
  async function admit(token: string, kind: ProofKind, nonce: Uint8Array, arrival: Arrival) {
    const first = await gate.judge(token, MAY_ENROL, arrival);
    if (first.state !== 'granted') return { judged: first };
    const found = await store.read(async (q) => {
      const person = await people.get(q, first.session.subject);
      const context = person && (await enrolling(q, person, nonce, arrival));
      return person && context && { person, context };
    });
    if (found === undefined) return { judged: { state: 'refused', reason: 'no-session' } as const };
    const wish = wishFor(kind, found.context.held);
    if (wish !== MAY_ENROL && first.session.kind === 'full') {
      const second = await gate.judge(token, wish, arrival);
      if (second.state !== 'granted') return { judged: second };
    }
    return {
      ...found,
      session: first.session,
      wish: first.session.kind === 'full' ? wish : MAY_ENROL,
    };
  }

  async function tell(tx: Tx, kind: ProofKind, enrolled: Enrolled, again: boolean, by: By) {
    const common = { outcome: 'done', subject: by.actor, ...by } as const;
    const { proof, shownOnce = [] } = enrolled;
    if (kind === 'recovery') {
      const data = { proof, codes: shownOnce.length };
      await record.append(tx, { type: 'recovery.regenerated', ...common, data });
    } else if (kind === 'password' && again) {
      await record.append(tx, { type: 'password.changed', ...common, data: { proof } });
    } else {
      await record.append(tx, { type: 'proof.enrolled', ...common, data: { proof, kind } });
    }
  }

  async function progressOf(q: Queries, person: Person, arrival: Arrival) {
    const profile = await people.profile(q, person);
    const held = await listHeld(q, person.id);
    const { enough, needsPasskey, codesStandIn } = await waysIn(q, person, held, arrival);
    return {
      identifier: profile?.identifier ?? '',
      displayName: profile?.displayName ?? '',
      held: held.filter(({ kind }) => kind !== 'pass').map((one) => seenProof(proofs, one)),
      enough,
      needsPasskey,
      codesStandIn,
      roles: person.roles,
      hasRecoveryCodes: held.some(({ kind }) => kind === 'recovery'),
    };
  }

  return {
    async progress(token, arrival) {
      const judged = await gate.judge(token, MAY_ENROL, arrival);
      if (judged.state !== 'granted') return judged;
      return store.read(async (q) => {
        const person = await people.get(q, judged.session.subject);
        if (person === undefined) return { state: 'refused', reason: 'no-session' } as const;
        return { state: 'done', value: await progressOf(q, person, arrival) } as const;
      });
    },

    async begin(token, kind, options, arrival) {
      const nonce = random.bytes(32);
      const admitted = await admit(token, kind, nonce, arrival);
      if ('judged' in admitted) return admitted.judged;
      const { context, session, wish } = admitted;
      const begun = await proofs[kind].beginEnrolment(context, options);
      if (!begun.ok) return { state: 'failed', error: begun.error };
      const id = ids.next<'enrolment'>();
      const expiresAt = clock.now() + LIFETIME;
      return gate.perform(token, wish, arrival, async (tx) => {
        // A few of a kind side by side in a session, as tabs of a browser begin them: one more lets go of the oldest.
        await tx.run(dropOlderEnrolments, { session: session.id, kind, left: MOST_TABS - 1 });
        await tx.run(insertPendingEnrolment, {
          id,
          subject_id: session.subject,
          session_id: session.id,
          kind,
          nonce,
          state: context.box.seal(statePlace(id), begun.value.state),
          expires_at: expiresAt,
          used_at: null,
        });
        return ok({ id, kind, offer: begun.value.offer, expiresAt });
      });
    },

    async finish(token, idText, offer, arrival) {
      const id = parseId<'enrolment'>(idText);
      const row = id && (await store.read((q) => q.one(pendingEnrolmentById, { id })));
      const over = { state: 'failed', error: { code: 'enrolment-over' } } as const;
      const kind = ProofKind.safeParse(row?.kind);
      if (row === undefined || !kind.success) {
        const judged = await gate.judge(token, MAY_ENROL, arrival);
        return judged.state === 'granted' ? over : judged;
      }
      const admitted = await admit(token, kind.data, row.nonce, arrival);
      if ('judged' in admitted) return admitted.judged;
      const { context, session, wish } = admitted;
      // It is the session that began it that confirms it: nobody has another's proof confirmed as their own.
      if (row.session_id !== session.id || row.used_at !== null || row.expires_at <= clock.now()) {
        return over;
      }
      const state = context.box.open(statePlace(row.id), row.state);
      const finished = await proofs[kind.data].finishEnrolment(context, state, offer);
      const refuse = async (error: EnrolmentError) => {
        const { subject } = session;
        const { door, request } = arrival;
        await tellOrCount(
          subject,
          {
            type: 'proof.enrolment-refused',
            outcome: 'refused',
            ...{ subject, door, request },
            session: session.id,
            reason: error.code,
            data: { kind: kind.data },
          },
          { subject, door, action: wish.action, resource: { kind: 'part', id: 'portal' } },
        );
        return { state: 'failed', error } as const;
      };
      if (!finished.ok) return refuse(finished.error);
      const again = context.held.some((proof) => proof.kind === kind.data);
      // Held before it is judged: in a session that is ended just now nothing is enrolled.
      const held: WishesIn = async (tx) => {
        tx.put(holdAlone, { id: session.subject });
        return wish;
      };
      const done = await gate.perform(token, held, arrival, async (tx, { by }) => {
        const now = clock.now();
        if ((await tx.run(usePendingEnrolment, { id: row.id, now })) !== 1) {
          return failed<EnrolError>({ code: 'enrolment-over' });
        }
        // Counted here again: enrolments that were begun together must not all be finished.
        const { most } = proofs[kind.data];
        const same = (await listHeld(tx, session.subject)).filter((one) => one.kind === kind.data);
        if (most > 1 && same.length >= most) return failed<EnrolError>({ code: 'too-many' });
        const committed = await finished.value.commit(tx);
        if (!committed.ok) return failed<EnrolError>(committed.error);
        const enrolled = committed.value;
        await tell(tx, kind.data, enrolled, again, by);
        if (kind.data === 'password' && again) {
          // Whoever came in by the old password is out, and what they let an application do while they are away.
          const { subject } = session;
          await tx.run(endOtherSessions, { subject, except: session.id, now });
          for (const { id } of same) {
            await tx.run(endAwayGrantsBy, { subject, proof: `%"${id}"%`, now });
            await endLogInsOf(tx, deps, { subject, proof: id }, by);
          }
        }
        return ok({ ...enrolled, kind: kind.data });
      });
      // What was undone is on record as well: the transaction that would have told of it is gone.
      return done.state === 'failed' && done.error.code !== 'enrolment-over'
        ? refuse(done.error)
        : done;
    },

    complete(token, arrival) {
      return gate.perform(token, MAY_ENROL, arrival, async (tx, { session, by }) => {
        const person = await people.get(tx, session.subject);
        if (person === undefined) return failed({ code: 'not-enough-yet', missing: ['proofs'] });
        const progress = await progressOf(tx, person, arrival);
        const missing = [
          ...(progress.enough ? [] : (['proofs'] as const)),
          ...(progress.hasRecoveryCodes ? [] : (['recovery'] as const)),
        ];
        if (missing.length > 0) return failed({ code: 'not-enough-yet', missing });
        if (person.status === 'enrolling') await people.setStatus(tx, person.id, 'active', by);
        // Who comes with a pass may have lost all else, to someone: whatever was open is over, in every browser.
        await removeKind(tx, person.id, 'pass');
        const subject = person.id;
        const now = clock.now();
        await tx.run(endOtherSessions, { subject, except: NO_SESSION, now });
        await tx.run(endAwayGrants, { subject, now });
        await endLogInsOf(tx, deps, { subject }, by);
        await tx.run(forgetKnownDevicesOf, { subject, except: NO_DEVICE });
        return ok(undefined);
      });
    },
  };
}
