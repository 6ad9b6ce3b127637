/**
 * One proof offered for an open attempt. The steps, in this order and no other:
 *
 *   load      the attempt, whom it is for, and what they hold
 *   reserve   a place under the throttles, before anything is computed
 *   verify    by the kind's own module, outside any transaction
 *   settle    the policy decides on what was loaded, and it is carried out in one transaction (settle.ts)
 *
 * A code that follows a password is first judged by what was kept of that step: verified, unless the throttles keep it waiting, and
 * settled. If it was right and nothing had changed, that was all; anything else goes the way above, as if nothing had been tried.
 *
 * A fault in any of them refuses, is reported in full, and tells outsiders nothing.
 */
import { SECOND } from '../kernel/clock.ts';
import { listHeld } from '../proofs/held-proofs.ts';
import type { Queries, Tx } from '../store/store.ts';
import { writeOrUndo } from '../store/undo.ts';
import { type Arrival, byArrival } from './arrival.ts';
import { type Begun, forAccess } from './ask.ts';
import type { Attempt, Attempts } from './attempts/attempts.ts';
import { createKeptAttempts } from './attempts/kept-attempts.ts';
import type { GateDeps } from './gate-deps.ts';
import type { Granting } from './granting.ts';
import type { LogIns } from './network/log-ins.ts';
import { networkResource } from './network/network-resource.ts';
import { NOBODY } from './nobody.ts';
import type { Offer } from './offer.ts';
import { momentOf } from './present.ts';
import type { BoundSessions } from './sessions/bound-sessions.ts';
import type { KnownDevices } from './sessions/known-devices.ts';
import type { Sessions } from './sessions/sessions.ts';
import {
  createSettling,
  type GuessedStep,
  type KeptPerson,
  type Loaded,
  type Settled,
  type SoundVerdict,
  type WrongProof,
} from './settle.ts';
import type { ShownAt } from './shown.ts';
import { standingFooting } from './standing-table.ts';
import { createFewAMinute } from './throttles/few-a-minute.ts';
import { createSeldom, ONCE } from './throttles/seldom.ts';
import { type Guess, guessOf, type Reservation, type Throttle } from './throttles/throttle.ts';
import type { Wish } from './wish.ts';

export interface Proving {
  prove(token: string, offer: Offer, arrival: Arrival): Promise<Settled>;
  /** The first proof of an attempt that was opened for it. */
  proveFirst(begun: Begun, offer: Offer, arrival: Arrival): Promise<Settled>;
  /** A proof that was shown in a session of theirs, for an attempt that waits for it; `spend` says whether it is the first time. */
  proveElsewhere(
    token: string,
    shown: ShownAt,
    spend: (tx: Pick<Tx, 'run'>) => Promise<boolean>,
    arrival: Arrival,
  ): Promise<Settled>;
}

/** Of a wait, in the words of the throttles: all whom it keeps waiting share it. That of a full source moves on with the time. */
function waitOf(
  { account, network, within = network }: Guess,
  { scope, retryAt }: Exclude<Reservation, { free: true }>,
): string {
  const of = { account, source: within, spray: 'all' }[scope];
  return `${scope} ${of} ${Math.ceil(retryAt / SECOND)}`;
}

/** How often it is loaded again, after something changed while the proof was verified. */
const TRIES = 3;

export function createProve(
  deps: GateDeps,
  parts: {
    attempts: Attempts;
    sessions: Sessions;
    devices: KnownDevices;
    throttle: Throttle;
    granting: Granting;
    logIns: LogIns;
    bound: Pick<BoundSessions, 'holds'>;
  },
): Proving {
  const { store, vault, record, counter, people, policies, proofs, clock } = deps;
  /** Whether a wait is not on record yet. */
  const first = createSeldom(clock, ONCE);
  /** What there was no room for counts as no guess, so anyone may come again at once. */
  const fewBusy = createFewAMinute(clock);
  const { attempts, sessions, devices, throttle, bound } = parts;
  const kept = createKeptAttempts<KeptPerson>(clock);
  const settle = createSettling(deps, { ...parts, kept });
  /** At whose accounts a guess is judged at once. */
  const judgedAtOnce = new Set<string>();

  async function load(
    q: Queries,
    token: string,
    offer: Offer,
    arrival: Arrival,
  ): Promise<Loaded | undefined> {
    const attempt = await attempts.find(q, token, arrival);
    return attempt && about(q, attempt, offer, arrival);
  }

  /** Between two proofs a network device may be moved to another zone. Undefined where nobody may log in there any more. */
  async function asOfNow(q: Queries, wish: Wish): Promise<Wish | undefined> {
    const { login } = wish;
    if (login === undefined) return wish;
    const device = await deps.devices.asJudged(q, login.client);
    if (device?.status !== 'active') return undefined;
    return { ...wish, resource: networkResource(device), login: { ...login, epoch: device.epoch } };
  }

  async function about(
    q: Queries,
    opened: Attempt,
    offer: Offer,
    arrival: Arrival,
  ): Promise<Loaded | undefined> {
    let id = opened.subject;
    if (id === undefined && opened.lookup === undefined) {
      // Only people can be named by a proof so far; another kind of subject finds no person below.
      id = (await proofs[offer.kind].identify?.(q, offer.data)) as typeof id;
    }
    const asked = id ?? NOBODY;
    const mark = q.markOf?.(standingFooting);
    // Asked at once, since none of it waits for another: to a database over a network this is one way there and back.
    const [session, found, held, box, recognised, active, wish] = await Promise.all([
      opened.session === undefined ? undefined : sessions.live(q, opened.session),
      people.get(q, asked),
      listHeld(q, asked),
      vault.subject(q, asked),
      opened.device === undefined ? devices.recognise(q, arrival.device, asked) : undefined,
      policies.current(q),
      asOfNow(q, opened.wish),
    ]);
    if (opened.session !== undefined && session === undefined) return undefined;
    if (wish === undefined) return undefined;
    const attempt = { ...opened, wish };
    const able = found !== undefined && found.status !== 'disabled' && found.status !== 'erased';
    if (!able) {
      const absent = found === undefined ? 'unknown-subject' : 'disabled';
      const nobody = { person: undefined, held: [], box: undefined, device: undefined };
      return { attempt, absent, session, active, mark, ...nobody };
    }
    const device = attempt.device ?? recognised;
    return { attempt, person: found, absent: 'wrong', held, box, session, device, active, mark };
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
   * not be able to fill the disk either, and not by ever other names where all of them share a wait.
   */
  async function noteThrottled(
    loaded: Loaded,
    offer: Offer,
    wait: string,
    arrival: Arrival,
  ): Promise<void> {
    if (first(wait)) {
      await store.write((tx) => noteUnjudged(tx, loaded, offer, 'throttled', arrival));
    } else count(loaded, arrival);
  }

  function count({ attempt, person }: Loaded, { door }: Arrival): void {
    const { action, resource } = forAccess(attempt.wish, []);
    const subject = person?.id;
    const type = 'decision.counted';
    counter.count({ type, outcome: 'refused', subject, door, action, resource });
  }

  async function prove(token: string, offer: Offer, arrival: Arrival): Promise<Settled> {
    const last = proofs[offer.kind].atOnce ? kept.take(token, arrival) : undefined;
    const account = last?.person.id;
    // One at a time: of many guesses at an account each finds those before it counted.
    if (last === undefined || account === undefined || judgedAtOnce.has(account)) {
      return proveLoaded(token, offer, arrival);
    }
    judgedAtOnce.add(account);
    try {
      const settled = await atOnce(last, token, offer, arrival);
      return settled ?? (await proveLoaded(token, offer, arrival));
    } finally {
      judgedAtOnce.delete(account);
    }
  }

  /** Undefined unless it was right, and everything is as it was a step ago: then nothing of it has happened. */
  async function atOnce(
    last: KeptPerson,
    token: string,
    offer: Offer,
    arrival: Arrival,
  ): Promise<Settled | undefined> {
    const { attempt, person, held, device } = last;
    if (!attempt.asked.includes(offer.kind)) return undefined;
    // Whether a browser that names itself now is known would have to be read.
    if (device !== attempt.device || (device === undefined && arrival.device !== undefined)) {
      return undefined;
    }
    const guess = guessOf(attempt, device, proofs[offer.kind].guessable, arrival);
    const place = throttle.unreserved(guess);
    if (place === undefined) return undefined;
    try {
      const moment = momentOf(attempt, arrival, clock.now());
      const judged = await store.read(async (q) => {
        const [box, found] = await Promise.all([vault.subject(q, person.id), place.look(q)]);
        if (box === undefined || found === undefined) return undefined;
        const verdict = await proofs[offer.kind].verify(q, held, box, offer.data, moment);
        return { box, verdict, counted: found.counted ? 'others' : 'none' } as const;
      });
      if (judged === undefined || !judged.verdict.sound) return undefined;
      const { box, verdict, counted } = judged;
      const able = { ...last, box };
      const step = { token, offer, arrival, guess, counted };
      const settled = await writeOrUndo(store, (tx) => settle.sound(tx, able, step, verdict), {
        of: person.id,
      });
      return settled.ok ? settled.value : undefined;
    } finally {
      place.end();
    }
  }

  async function proveLoaded(token: string, offer: Offer, arrival: Arrival): Promise<Settled> {
    const loaded = await store.read((q) => load(q, token, offer, arrival));
    if (loaded === undefined) return { state: 'refused', reason: 'attempt-over' };
    if (loaded.session !== undefined && !bound.holds(loaded.session, arrival)) {
      // The attempt was opened in the session by whoever holds its key; nothing was looked at.
      return { state: 'refused', reason: 'unproven-key' };
    }
    if (!loaded.attempt.asked.includes(offer.kind)) {
      // No guess: nothing was looked at, so it counts for the attempt alone and slows down nobody.
      const unguessed = { token, offer, arrival, guess: undefined };
      const refused = await store.write((tx) =>
        settle.wrong(tx, loaded, unguessed, { reason: 'not-asked' }),
      );
      return { ...refused, reason: 'not-asked' };
    }
    const { guessable } = proofs[offer.kind];
    const guess = guessOf(loaded.attempt, loaded.device, guessable, arrival);
    const reservation = await throttle.reserve(guess);
    return judge(loaded, { token, offer, arrival, guess }, reservation);
  }

  async function proveFirst(begun: Begun, offer: Offer, arrival: Arrival): Promise<Settled> {
    const { token, attempt, guess, reservation } = begun;
    let loaded: Loaded | undefined;
    try {
      loaded = await store.read((q) => about(q, attempt, offer, arrival));
    } finally {
      if (loaded === undefined && reservation.free) reservation.end();
    }
    if (loaded === undefined) return { state: 'refused', reason: 'attempt-over' };
    return judge(loaded, { token, offer, arrival, guess }, reservation);
  }

  async function judge(
    loaded: Loaded,
    step: GuessedStep,
    reservation: Reservation,
  ): Promise<Settled> {
    const { offer, arrival, guess } = step;
    const wrong = (verdict: WrongProof) =>
      store.write((tx) => settle.wrong(tx, loaded, step, verdict));
    if (!reservation.free) {
      const { retryAt } = reservation;
      await noteThrottled(loaded, offer, waitOf(guess, reservation), arrival);
      return { state: 'refused', reason: 'throttled', retryAt };
    }
    try {
      const { attempt, held, box, person } = loaded;
      const moment = momentOf(attempt, arrival, clock.now());
      const verdict = await store.read((q) =>
        proofs[offer.kind].verify(q, held, box, offer.data, moment),
      );
      if (!verdict.sound && verdict.reason === 'busy') {
        const tells = fewBusy(arrival.network);
        if (!tells) count(loaded, arrival);
        await store.write(async (tx) => {
          throttle.giveBack(tx, guess);
          if (tells) await noteUnjudged(tx, loaded, offer, 'busy', arrival);
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
      const settled = await settleSound(loaded, step, verdict);
      return settled === 'used' ? await wrong({ reason: 'used', proof: verdict.proof }) : settled;
    } finally {
      reservation.end();
    }
  }

  async function settleSound(
    loaded: Loaded,
    step: GuessedStep,
    verdict: SoundVerdict,
  ): Promise<Settled | 'used'> {
    const { token, offer, arrival } = step;
    for (let now: Loaded | undefined = loaded, tries = 1; ; tries++) {
      if (now?.person === undefined || now.box === undefined || tries > TRIES) {
        return { state: 'refused', reason: 'attempt-over' };
      }
      const able = { ...now, person: now.person, box: now.box };
      const settled = await writeOrUndo(store, (tx) => settle.sound(tx, able, step, verdict), {
        of: able.person.id,
      });
      if (settled.ok) return settled.value;
      if (settled.error === 'used') return 'used';
      if (settled.error === 'overtaken') return { state: 'refused', reason: 'attempt-over' };
      now = await store.read((q) => load(q, token, offer, arrival));
      // What was shown answers this step of the attempt, and no later one.
      if (now?.attempt.step !== loaded.attempt.step) now = undefined;
    }
  }

  async function proveElsewhere(
    token: string,
    { proof, class: worth, at, until }: ShownAt,
    spend: (tx: Pick<Tx, 'run'>) => Promise<boolean>,
    arrival: Arrival,
  ): Promise<Settled> {
    const offer: Offer = { kind: worth.kind, data: undefined };
    const loaded = await store.read((q) => load(q, token, offer, arrival));
    if (loaded === undefined) return { state: 'refused', reason: 'attempt-over' };
    const { attempt, device } = loaded;
    if (!attempt.asked.includes(worth.kind) || !arrival.elsewhere?.includes(worth.kind)) {
      return { state: 'refused', reason: 'not-asked' };
    }
    // It was verified where it was shown: nothing is guessed here.
    const guess = guessOf(attempt, device, false, arrival);
    const end = until === undefined ? {} : { until };
    const verdict = { sound: true, proof, class: worth, at, ...end, spend, notes: [] } as const;
    const settled = await settleSound(loaded, { token, offer, arrival, guess }, verdict);
    return settled === 'used' ? { state: 'refused', reason: 'attempt-over' } : settled;
  }

  return { prove, proveFirst, proveElsewhere };
}
