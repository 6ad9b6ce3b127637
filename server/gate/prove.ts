/**
 * One proof offered for an open attempt. The steps, each a function below, in this order and no other:
 *
 *   load      the attempt, whom it is for, and what they hold
 *   reserve   a place under the throttles, before anything is computed
 *   verify    by the kind's own module, outside any transaction
 *   settle    in one transaction: the attempt moves on, what is used once is spent, the policy decides, the record tells
 *
 * A fault in any of them refuses, is reported in full, and tells outsiders nothing.
 */

import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { hex } from '../kernel/bytes.ts';
import { SECOND } from '../kernel/clock.ts';
import type { Id } from '../kernel/id.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { listHeld } from '../proofs/held-proofs.ts';
import type { HeldProof, Verdict } from '../proofs/proof.ts';
import type { Queries, Tx } from '../store/store.ts';
import { writeOrUndo } from '../store/undo.ts';
import type { Person } from '../subjects/person.ts';
import type { Box } from '../vault/vault.ts';
import { type Arrival, byArrival } from './arrival.ts';
import { forAccess } from './ask.ts';
import type { Attempt, Attempts } from './attempts/attempts.ts';
import type { GateDeps } from './gate-deps.ts';
import type { Granting } from './granting.ts';
import { holdsPhishingResistant, kindsOf, policyRequest, presentable } from './judge.ts';
import { NOBODY } from './nobody.ts';
import type { Outcome, Refused, RefusedReason } from './outcome.ts';
import { momentOf, present } from './present.ts';
import type { BoundSessions } from './sessions/bound-sessions.ts';
import type { KnownDevices } from './sessions/known-devices.ts';
import type { LiveSession, Sessions } from './sessions/sessions.ts';
import { agesOf, forRecord, mergeShown } from './shown.ts';
import type { Guess, Throttle } from './throttles/throttle.ts';

const MOST_WAITS = 10_000;

/** A proof as it came: hostile, whatever its type says. */
export interface Offer {
  readonly kind: ProofKind;
  readonly data: unknown;
}

export type Proving = (token: string, offer: Offer, arrival: Arrival) => Promise<Outcome>;

interface Loaded {
  readonly attempt: Attempt;
  /** Undefined when nobody is known, or they may not sign in: then nothing below can tell the two apart. */
  readonly person: Person | undefined;
  /** Why there is no person, for the record. */
  readonly absent: Reason;
  readonly held: readonly HeldProof[];
  readonly box: Box | undefined;
  /** The session that steps up. */
  readonly session: LiveSession | undefined;
  readonly device: Id<'device'> | undefined;
}

export function createProve(
  deps: GateDeps,
  parts: {
    attempts: Attempts;
    sessions: Sessions;
    devices: KnownDevices;
    throttle: Throttle;
    granting: Granting;
    bound: Pick<BoundSessions, 'holds'>;
  },
): Proving {
  const { store, vault, record, counter, people, policies, proofs, clock } = deps;
  /** Waits that are on record; forgetting them costs an event each, and nothing else. */
  const waits = new Set<string>();
  const { attempts, sessions, devices, throttle, granting, bound } = parts;

  async function load(
    q: Queries,
    token: string,
    offer: Offer,
    arrival: Arrival,
  ): Promise<Loaded | undefined> {
    const attempt = await attempts.find(q, token, arrival);
    if (attempt === undefined) return undefined;
    let id = attempt.subject;
    if (id === undefined && attempt.lookup === undefined) {
      // Only people can be named by a proof so far; another kind of subject finds no person below.
      id = (await proofs[offer.kind].identify?.(q, offer.data)) as typeof id;
    }
    const asked = id ?? NOBODY;
    // Asked at once, since none of it waits for another: to a database over a network this is one way there and back.
    const [session, found, held, box, recognised] = await Promise.all([
      attempt.session === undefined ? undefined : sessions.live(q, attempt.session),
      people.get(q, asked),
      listHeld(q, asked),
      vault.subject(q, asked),
      attempt.device === undefined ? devices.recognise(q, arrival.device, asked) : undefined,
    ]);
    if (attempt.session !== undefined && session === undefined) return undefined;
    const able = found !== undefined && found.status !== 'disabled' && found.status !== 'erased';
    if (!able) {
      const absent = found === undefined ? 'unknown-subject' : 'disabled';
      const nobody = { person: undefined, held: [], box: undefined, device: undefined };
      return { attempt, absent, session, ...nobody };
    }
    const device = attempt.device ?? recognised;
    return { attempt, person: found, absent: 'wrong', held, box, session, device };
  }

  function guessOf({ attempt, device }: Loaded, offer: Offer, arrival: Arrival): Guess {
    const account = attempt.subject ?? (attempt.lookup ? hex(attempt.lookup) : 'nobody');
    return {
      account: proofs[offer.kind].guessable ? account : undefined,
      knownDevice: device,
      network: arrival.network,
    };
  }

  /** The proof was not looked at: nothing is learnt about it, and it counts as no guess. */
  async function noteUnjudged(
    tx: Tx,
    loaded: Loaded,
    offer: Offer,
    reason: 'throttled' | 'busy',
    arrival: Arrival,
  ): Promise<void> {
    await record.append(tx, {
      type: 'proof.refused',
      outcome: 'refused',
      ...byArrival(arrival),
      subject: loaded.person?.id,
      attempt: loaded.attempt.id,
      reason,
      data: { kind: offer.kind },
    });
  }

  /**
   * What comes while someone is slowed down is on record once for each wait, and counted from then on: who can't get in must
   * not be able to fill the disk either.
   */
  async function noteThrottled(
    loaded: Loaded,
    offer: Offer,
    wait: string,
    arrival: Arrival,
  ): Promise<void> {
    if (waits.has(wait)) {
      const { action, resource } = forAccess(loaded.attempt.wish, []);
      const { door } = arrival;
      const subject = loaded.person?.id;
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject,
        door,
        action,
        resource,
      });
      return;
    }
    if (waits.size >= MOST_WAITS) waits.clear();
    waits.add(wait);
    await store.write((tx) => noteUnjudged(tx, loaded, offer, 'throttled', arrival));
  }

  /** The proof was not right: the attempt, the throttles and the record are told, whoever it was for. */
  async function settleWrong(
    tx: Tx,
    loaded: Loaded,
    offer: Offer,
    verdict: { readonly reason: Reason; readonly proof?: string; readonly retryAt?: number },
    guess: Guess | undefined,
    arrival: Arrival,
    token: string,
  ): Promise<Refused> {
    const { attempt, person, held } = loaded;
    const moved = await attempts.advance(tx, attempt, {
      subject: attempt.subject,
      shown: attempt.shown,
      asked: attempt.asked,
      failed: true,
      over: false,
    });
    const subject = person?.id ?? attempt.subject;
    await record.append(tx, {
      type: 'proof.refused',
      outcome: 'refused',
      ...byArrival(arrival),
      subject,
      attempt: attempt.id,
      session: attempt.session,
      reason: person === undefined ? loaded.absent : verdict.reason,
      data: { kind: offer.kind, ...(verdict.proof === undefined ? {} : { proof: verdict.proof }) },
    });
    for (const { scope, failures, until } of guess ? await throttle.blame(tx, guess) : []) {
      await record.append(tx, {
        type: 'throttle.engaged',
        outcome: 'refused',
        ...byArrival(arrival),
        subject: scope === 'account' ? subject : undefined,
        data: { scope, failures, until },
      });
    }
    const reason: RefusedReason = verdict.reason === 'used' ? 'used' : 'wrong';
    return {
      state: 'refused',
      reason,
      ...(verdict.retryAt === undefined ? {} : { retryAt: verdict.retryAt }),
      ...(moved?.open
        ? {
            attempt: present(
              proofs,
              moved.attempt,
              token,
              held,
              momentOf(moved.attempt, arrival, clock.now()),
            ),
          }
        : {}),
    };
  }

  /** The proof was right: the policy says what it is good for. An error undoes all of it. */
  async function settleSound(
    tx: Tx,
    loaded: Loaded & { person: Person; box: Box },
    verdict: Verdict & { sound: true },
    guess: Guess,
    arrival: Arrival,
    token: string,
  ): Promise<Result<Outcome, 'used' | 'overtaken'>> {
    const { attempt, box, device } = loaded;
    const now = clock.now();
    const [spent, person, held, session, active] = await Promise.all([
      verdict.spend(tx),
      // Read again here: what was true before the proof was verified may have changed since.
      people.get(tx, loaded.person.id),
      listHeld(tx, loaded.person.id),
      attempt.session === undefined ? undefined : sessions.live(tx, attempt.session),
      policies.current(tx),
    ]);
    if (!spent) return failed('used');
    if (person === undefined || person.status === 'disabled' || person.status === 'erased') {
      return failed('overtaken');
    }
    if (attempt.session !== undefined && session === undefined) return failed('overtaken');
    // A proof that was removed or replaced meanwhile is worth nothing, though it was right when it was shown.
    const holds = (proof: string) => held.some(({ id }) => id === proof);
    if (!holds(verdict.proof) || !attempt.shown.every(({ proof }) => holds(proof))) {
      return failed('overtaken');
    }
    const shown = [...attempt.shown, { proof: verdict.proof, class: verdict.class, at: now }];
    const known = session === undefined ? shown : mergeShown(session.shown, shown);
    const strong = holdsPhishingResistant(proofs, held);
    const knownDevice = session === undefined ? device !== undefined : session.knownDevice;
    const answer = active.ladder(
      policyRequest(person, attempt.wish, arrival, knownDevice, now, strong),
      agesOf(known, now),
      presentable(proofs, held, arrival.carries, shown, session),
    );
    const asked = kindsOf(answer);
    const moving = attempts.advance(tx, attempt, {
      subject: person.id,
      shown,
      asked,
      failed: false,
      over: answer.state !== 'challenge',
    });
    const noting = verdict.notes.map((note) =>
      record.append(tx, {
        type: 'proof.noted',
        outcome: 'done',
        ...byArrival(arrival),
        subject: person.id,
        attempt: attempt.id,
        data: { proof: verdict.proof, kind: verdict.class.kind, note },
      }),
    );
    // All that follows from the answer is written without waiting whether this request was the one to move the attempt on:
    // if another was first, all of it is undone.
    const finish = async <T>(writing: Promise<T>) => {
      const [moved, written] = await Promise.all([moving, writing, ...noting]);
      return moved && { attempt: moved.attempt, written };
    };
    switch (answer.state) {
      case 'permitted': {
        throttle.forgive(tx, guess);
        const granted = await finish(
          granting.grant(tx, {
            person,
            attempt: { ...attempt, shown },
            shown: known,
            session,
            device,
            box,
            arrival,
            policies: answer.policies,
          }),
        );
        if (granted?.written === undefined) return failed('overtaken');
        return ok({ state: 'granted', grant: granted.written });
      }
      case 'challenge': {
        throttle.giveBack(tx, guess);
        const moved = await finish(
          record.append(tx, {
            type: 'proof.verified',
            outcome: 'challenged',
            ...byArrival(arrival),
            subject: person.id,
            attempt: attempt.id,
            session: attempt.session,
            data: { proof: verdict.proof, kind: verdict.class.kind, asked },
          }),
        );
        if (moved === undefined) return failed('overtaken');
        const moment = momentOf(moved.attempt, arrival, now);
        return ok({
          state: 'challenged',
          attempt: present(proofs, moved.attempt, token, held, moment),
        });
      }
      case 'refused': {
        const moved = await finish(
          record.append(tx, {
            type: 'signin.refused',
            outcome: 'refused',
            ...byArrival(arrival),
            subject: person.id,
            attempt: attempt.id,
            reason: 'no-rung',
            data: { proofs: forRecord(shown, now), policies: answer.policies.slice(0, 64) },
          }),
        );
        if (moved === undefined) return failed('overtaken');
        return ok({ state: 'refused', reason: 'not-permitted' });
      }
    }
  }

  return async (token, offer, arrival) => {
    const loaded = await store.read((q) => load(q, token, offer, arrival));
    if (loaded === undefined) return { state: 'refused', reason: 'attempt-over' };
    if (loaded.session !== undefined && !bound.holds(loaded.session, arrival)) {
      // The attempt was opened in the session by whoever holds its key; nothing was looked at.
      return { state: 'refused', reason: 'unproven-key' };
    }
    const guess = guessOf(loaded, offer, arrival);
    const wrong = (verdict: Parameters<typeof settleWrong>[3]) =>
      store.write((tx) => settleWrong(tx, loaded, offer, verdict, guess, arrival, token));

    if (!loaded.attempt.asked.includes(offer.kind)) {
      // No guess: nothing was looked at, so it counts for the attempt alone and slows down nobody.
      const refused = await store.write((tx) =>
        settleWrong(tx, loaded, offer, { reason: 'not-asked' }, undefined, arrival, token),
      );
      return { ...refused, reason: 'not-asked' };
    }
    const reservation = await throttle.reserve(guess);
    if (!reservation.free) {
      const { scope, retryAt } = reservation;
      await noteThrottled(loaded, offer, `${scope} ${guess.account} ${retryAt}`, arrival);
      return { state: 'refused', reason: 'throttled', retryAt };
    }
    try {
      const { attempt, held, box, person } = loaded;
      const moment = momentOf(attempt, arrival, clock.now());
      const verdict = await store.read((q) =>
        proofs[offer.kind].verify(q, held, box, offer.data, moment),
      );
      if (!verdict.sound && verdict.reason === 'busy') {
        await store.write(async (tx) => {
          throttle.giveBack(tx, guess);
          await noteUnjudged(tx, loaded, offer, 'busy', arrival);
        });
        return {
          state: 'refused',
          reason: 'busy',
          retryAt: verdict.retryAt ?? moment.now + SECOND,
        };
      }
      if (!verdict.sound) return await wrong(verdict);
      if (person === undefined || box === undefined) {
        return await wrong({ reason: 'wrong' });
      }
      const settled = await writeOrUndo(store, (tx) =>
        settleSound(tx, { ...loaded, person, box }, verdict, guess, arrival, token),
      );
      if (settled.ok) return settled.value;
      return settled.error === 'used'
        ? await wrong({ reason: 'used', proof: verdict.proof })
        : { state: 'refused', reason: 'attempt-over' };
    } finally {
      reservation.end();
    }
  };
}
