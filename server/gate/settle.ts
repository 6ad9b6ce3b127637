/**
 * What comes of a proof that was verified (prove.ts): in one transaction what is used once is spent, the attempt moves on, the
 * policy's answer is carried out, and the record tells of it.
 *
 * The policy decides on what was loaded before the proof was verified, and everything is sent to the database together with what has
 * to be so for it (`tx.expect`), which over a network is one way there and back. All of it is undone unless everything still stands as
 * it was loaded.
 */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { LadderAnswer } from '../policy/ladder.ts';
import { mayBe } from '../policy/ssh-terms.ts';
import type { HeldProof, Verdict } from '../proofs/proof.ts';
import type { Tx } from '../store/store.ts';
import { undone } from '../store/undo.ts';
import type { Person } from '../subjects/person.ts';
import type { Box } from '../vault/vault.ts';
import { withdrawApproval } from './approvals/approval-table.ts';
import { type Arrival, byArrival } from './arrival.ts';
import type { Attempt, Attempts } from './attempts/attempts.ts';
import type { KeptAttempts } from './attempts/kept-attempts.ts';
import type { ActivePolicies, GateDeps } from './gate-deps.ts';
import type { Granting } from './granting.ts';
import { holdShared } from './holding-table.ts';
import { holdsPhishingResistant, kindsOf, presentable } from './judge.ts';
import type { LogIns } from './network/log-ins.ts';
import type { Offer } from './offer.ts';
import type { Admitted, Outcome, Refused, RefusedReason } from './outcome.ts';
import { policyRequest } from './policy-request.ts';
import { momentOf, present } from './present.ts';
import type { KnownDeviceId } from './sessions/known-device-table.ts';
import type { LiveSession, Sessions } from './sessions/sessions.ts';
import { agesOf, bounded, forRecord, mergeShown, type ShownAt } from './shown.ts';
import { deviceStands, personStands, proofsInOrder, standingFooting } from './standing-table.ts';
import { blame } from './throttles/blame.ts';
import type { Guess, Throttle } from './throttles/throttle.ts';

/** What was read of an attempt, whom it is for, and what they hold. */
export interface Loaded {
  readonly attempt: Attempt;
  /** Undefined when nobody is known, or they may not sign in: then nothing below can tell the two apart. */
  readonly person: Person | undefined;
  /** Why there is no person, for the record. */
  readonly absent: Reason;
  readonly held: readonly HeldProof[];
  readonly box: Box | undefined;
  /** The session that steps up. */
  readonly session: LiveSession | undefined;
  readonly device: KnownDeviceId | undefined;
  readonly active: ActivePolicies;
  /** Before the person, their proofs and the policies were read: while it is the same, they are what they were. */
  readonly mark: number | undefined;
}

/** What was loaded of somebody who can sign in. */
export type LoadedPerson = Loaded & { readonly person: Person; readonly box: Box };

/** What came with the proof. */
export interface Step {
  readonly token: string;
  readonly offer: Offer;
  readonly arrival: Arrival;
  /** Undefined where nothing was looked at, so that nobody is slowed down by it. */
  readonly guess: Guess | undefined;
  /**
   * What is counted of guesses at the account: this one, by its reservation, which is the usual case; only those before it; or none.
   */
  readonly counted?: 'this' | 'others' | 'none';
}

export type GuessedStep = Step & { readonly guess: Guess };

/** As it is kept for the next step. */
export type KeptPerson = Omit<LoadedPerson, 'box'>;

export interface WrongProof {
  readonly reason: Reason;
  readonly proof?: string;
  readonly retryAt?: number;
}

/**
 * `changed`: something is not as it was loaded, and after loading it again the same proof may do. `overtaken`: another request was
 * first, or took away what this rests on.
 */
export type Unsettled = 'used' | 'overtaken' | 'changed';

const unsettled = (error: Unsettled) => undone(error);
const USED = unsettled('used');
const OVERTAKEN = unsettled('overtaken');
const CHANGED = unsettled('changed');

export type Settled = Outcome | Admitted;

/** `at` is when it was shown, where that was not just now. */
export type SoundVerdict = Verdict & { readonly sound: true } & { readonly at?: number };

export interface Settling {
  wrong(tx: Tx, loaded: Loaded, step: Step, verdict: WrongProof): Promise<Refused>;
  sound(
    tx: Tx,
    loaded: LoadedPerson,
    step: GuessedStep,
    verdict: SoundVerdict,
  ): Promise<Result<Settled, Unsettled>>;
}

/** A proof that was right, on the way to what the policies make of it. */
interface Passed {
  readonly loaded: LoadedPerson;
  readonly step: GuessedStep;
  readonly now: number;
  /** As it is in this transaction. */
  readonly session: LiveSession | undefined;
  /** In this attempt. */
  readonly shown: readonly ShownAt[];
  /** With what the session brings. */
  readonly known: readonly ShownAt[];
  /** Waits for what is noted of the proof, too. */
  finish<T>(writing: Promise<T>): Promise<T>;
}

interface AskedForMore {
  readonly verdict: SoundVerdict;
  readonly asked: readonly ProofKind[];
  readonly next: Attempt;
  readonly mark: number | undefined;
}

/** No policy gives them that account. */
const NO_ACCOUNT: LadderAnswer = Object.freeze({
  state: 'refused',
  reason: 'not-permitted',
  policies: [],
  errors: [],
});

/** Kinds of network devices that have accounts of their own, and PAM to ask for them. */
const HOSTS = ['kind:server', 'kind:workstation'];

/**
 * By PAM somebody is the account that they are called like, whichever program asks (sshd, login, su, sudo; pam_radius, pam_tacplus): whoever
 * may add people could add a `ubuntu`.
 */
function isAnothers(
  { resource, login }: Attempt['wish'],
  { called }: Arrival,
  active: ActivePolicies,
  judged: LadderAnswer,
): boolean {
  if (judged.state !== 'permitted' || login === undefined || called === undefined) return false;
  if (!('groups' in resource) || !HOSTS.some((kind) => resource.groups.includes(kind))) {
    return false;
  }
  return !mayBe(called, active.sshTermsOf(judged.policies));
}

export function createSettling(
  { record, proofs, clock }: Pick<GateDeps, 'record' | 'proofs' | 'clock'>,
  parts: {
    attempts: Attempts;
    sessions: Sessions;
    throttle: Throttle;
    granting: Granting;
    logIns: LogIns;
    kept: Pick<KeptAttempts<KeptPerson>, 'keep'>;
  },
): Settling {
  const { attempts, sessions, throttle, granting, logIns, kept } = parts;

  /** The proof was not right: the attempt, the throttles and the record are told, whoever it was for. */
  async function wrong(
    tx: Tx,
    loaded: Loaded,
    { token, offer, arrival, guess }: Step,
    verdict: WrongProof,
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
    if (guess !== undefined) await blame(tx, { throttle, record }, guess, arrival, subject);
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

  /**
   * The person, their proofs, the policies and the network device at which they are have to be in the transaction what they were when
   * they were loaded. Gives the mark under which they are.
   */
  function expectToStand(
    tx: Tx,
    { attempt, person, held, active, mark }: LoadedPerson,
  ): number | undefined {
    const { id: subject, status, epoch } = person;
    const now = tx.markOf?.(standingFooting);
    if (now !== undefined && now === mark) return mark;
    tx.put(holdShared, { id: subject });
    const standing = { status, epoch, policies: active.version, proofs: proofsInOrder(held) };
    tx.expect(personStands, { subject, ...standing }, CHANGED);
    const { login } = attempt.wish;
    if (login !== undefined) {
      tx.expect(deviceStands, { device: login.client, epoch: login.epoch }, CHANGED);
    }
    return now;
  }

  /** The proof was right: the policy says what it is good for. An error undoes all of it. */
  async function sound(
    tx: Tx,
    loaded: LoadedPerson,
    step: GuessedStep,
    verdict: SoundVerdict,
  ): Promise<Result<Settled, Unsettled>> {
    const { attempt, person, held, device, active } = loaded;
    const { arrival, guess, counted = 'this' } = step;
    const now = clock.now();
    // A proof that was removed or replaced meanwhile is worth nothing, though it was right when it was shown.
    const holds = (proof: string) => held.some(({ id }) => id === proof);
    if (!holds(verdict.proof) || !attempt.shown.every(({ proof }) => holds(proof))) {
      return failed('overtaken');
    }
    // Read again here: what it is bound to is carried over to the session that follows it.
    const session = attempt.session && (await sessions.live(tx, attempt.session));
    if (attempt.session !== undefined && session === undefined) return failed('overtaken');
    const { proof, class: worth, at = now, until } = verdict;
    const end = until === undefined ? {} : { until };
    const shown = [...attempt.shown, { proof, class: worth, at, ...end }];
    const { elsewhere = [] } = arrival;
    const known = session === undefined ? shown : mergeShown(session.shown, shown);
    const strong = holdsPhishingResistant(proofs, held);
    const knownDevice = session === undefined ? device !== undefined : session.knownDevice;
    const judged = active.ladder(
      policyRequest(person, attempt.wish, arrival, knownDevice, now, strong),
      agesOf(known, now),
      presentable(proofs, held, [...arrival.carries, ...elsewhere], shown, session),
    );
    const answer = isAnothers(attempt.wish, arrival, active, judged) ? NO_ACCOUNT : judged;
    const asked = kindsOf(answer);
    // Before anything of it changes here.
    const mark = expectToStand(tx, loaded);
    await verdict.spend({
      async run(statement, parameters) {
        tx.expect(statement, parameters, USED);
        return 1;
      },
    });
    const over = answer.state !== 'challenge';
    const moved = attempts.expectToAdvance(
      tx,
      attempt,
      { subject: person.id, shown, asked, failed: false, over },
      OVERTAKEN,
    );
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
    const finish: Passed['finish'] = async (writing) =>
      (await Promise.all([writing, ...noting]))[0];
    const passed: Passed = { loaded, step, now, session, shown, known, finish };
    switch (answer.state) {
      case 'permitted':
        if (counted !== 'none') throttle.forgive(tx, guess);
        return letIn(tx, passed, answer.policies);
      case 'challenge':
        if (counted === 'this') throttle.giveBack(tx, guess);
        return askForMore(tx, passed, { verdict, asked, next: moved.attempt, mark });
      case 'refused':
        return turnAway(tx, passed, answer.policies);
    }
  }

  /** Enough was shown: a session, or what a login at a network device becomes. */
  async function letIn(
    tx: Tx,
    { loaded, step, session, shown, known, finish }: Passed,
    policies: readonly string[],
  ): Promise<Result<Settled, Unsettled>> {
    const { attempt, person, box, device, active } = loaded;
    const { arrival } = step;
    const { login } = attempt.wish;
    if (login !== undefined) {
      const { elsewhere = [] } = arrival;
      // What waits in the browser lets nobody in a second time.
      if (attempt.asked.some((kind) => elsewhere.includes(kind))) {
        tx.put(withdrawApproval, { attempt: attempt.id });
      }
      const reply = active.replyOf(policies);
      const { version } = active;
      const granted = { person, attempt, login, shown: known, box, version, policies, reply };
      return ok({ state: 'admitted', login: await finish(logIns.grant(tx, granted, arrival)) });
    }
    const granted = await finish(
      granting.grant(tx, {
        person,
        attempt: { ...attempt, shown },
        shown: known,
        session,
        device,
        box,
        arrival,
        policies,
      }),
    );
    return granted === undefined ? failed('overtaken') : ok({ state: 'granted', grant: granted });
  }

  /** It was right, and not enough. */
  async function askForMore(
    tx: Tx,
    { loaded, step: { token, arrival }, now, session, finish }: Passed,
    { verdict, asked, next, mark }: AskedForMore,
  ): Promise<Result<Settled, Unsettled>> {
    const { attempt, person, held } = loaded;
    await finish(
      record.append(tx, {
        type: 'proof.verified',
        outcome: 'challenged',
        ...byArrival(arrival),
        subject: person.id,
        attempt: attempt.id,
        session: attempt.session,
        data: { proof: verdict.proof, kind: verdict.class.kind, asked: [...asked] },
      }),
    );
    if (session === undefined && asked.some((kind) => proofs[kind].atOnce)) {
      const { box: _, ...after } = { ...loaded, attempt: next, mark };
      tx.afterCommit(() => kept.keep(token, after, arrival));
    }
    const moment = momentOf(next, arrival, now);
    return ok({ state: 'challenged', attempt: present(proofs, next, token, held, moment) });
  }

  /** Nothing that they could still show would be enough. */
  async function turnAway(
    tx: Tx,
    { loaded: { attempt, person }, step: { arrival }, now, shown, finish }: Passed,
    policies: readonly string[],
  ): Promise<Result<Settled, Unsettled>> {
    await finish(
      record.append(tx, {
        type: 'signin.refused',
        outcome: 'refused',
        ...byArrival(arrival),
        subject: person.id,
        attempt: attempt.id,
        reason: 'no-rung',
        data: { proofs: forRecord(shown, now), policies: bounded(policies) },
      }),
    );
    return ok({ state: 'refused', reason: 'not-permitted' });
  }

  return { wrong, sound };
}
