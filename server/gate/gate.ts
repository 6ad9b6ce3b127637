/**
 * The gate: the one decider. Whoever comes, by whatever door, is judged here and nowhere else.
 *
 *     gate.ask(ask, arrival)            who comes, to do what, with a first proof perhaps; the answer is a challenge
 *     gate.prove(token, offer, arrival) one proof offered; the answer is granted, challenged again, or refused
 *     gate.judge(token, wish, arrival)  whether a session may do something now
 *     gate.read(token, wish, …)         the same, and what it then may see
 *     gate.perform(token, wish, …)      the same, in the transaction that does it
 *     gate.enter(entry, arrival, …)     whether a process may enter a resource, by the proof that it brings
 *     gate.recognise(who, arrival)      who a process is, that wants in nowhere
 *     gate.enterAs(token, entry, …)     whether a person may, by their session
 *     gate.enterAgain(grant, entries)   whether they still may, while they are away
 *
 * Nothing in here throws at a door: a fault refuses.
 */
import { Fault } from '../kernel/fault.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { listHeld } from '../proofs/held-proofs.ts';
import type { By } from '../record/record.ts';
import type { Queries, Tx } from '../store/store.ts';
import { writeOrUndo } from '../store/undo.ts';
import { type Arrival, byArrival } from './arrival.ts';
import { type Ask, createAsk } from './ask.ts';
import { createAttempts } from './attempts/attempts.ts';
import { createEnter, type Entering } from './entry/enter.ts';
import { createEnterAgain, type EnteringAgain } from './entry/enter-again.ts';
import { createEnterAs, type EnteringAs, type Looking } from './entry/enter-as.ts';
import { createProveProcess } from './entry/process-proving.ts';
import { createRecognise, type Recognising } from './entry/recognise.ts';
import type { GateDeps } from './gate-deps.ts';
import { createGranting } from './granting.ts';
import { createJudge, type Judgement } from './judge.ts';
import { createClients } from './network/clients.ts';
import { createJudgeAgain } from './network/judge-again.ts';
import { createLogInApprovals } from './network/log-in-approvals.ts';
import { createLogIns } from './network/log-ins.ts';
import { createNetwork } from './network/network.ts';
import { createNetworkSessions, type NetworkSessions } from './network/network-sessions.ts';
import type { Network } from './network/network-words.ts';
import { createNoting } from './noting.ts';
import type { Offer } from './offer.ts';
import { createOnces, type Keeping, type KeyReused } from './once/once.ts';
import type { OpenAttempt, Outcome } from './outcome.ts';
import { momentOf, present } from './present.ts';
import { createProve } from './prove.ts';
import { type BrowserKeys, createBoundSessions } from './sessions/bound-sessions.ts';
import { createKnownDevices } from './sessions/known-devices.ts';
import { createSessions, type LiveSession, type Sessions } from './sessions/sessions.ts';
import type { Settled } from './settle.ts';
import { createBuckets } from './throttles/buckets.ts';
import { createRequestRefusals, type NoteRefusedRequest } from './throttles/request-refusals.ts';
import { createThrottle } from './throttles/throttle.ts';
import { createTokenRefusals, type NoteRefusedToken } from './throttles/token-refusals.ts';
import type { Wish, WishesIn } from './wish.ts';

/** What a permitted change is told of who makes it. */
export interface Doer {
  readonly session: LiveSession;
  readonly by: By;
  /** Those that permitted it. */
  readonly policies: readonly string[];
}

export type Performed<T, E> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'failed'; readonly error: E }
  | Exclude<Judgement, { state: 'granted' }>
  | { readonly state: 'refused'; readonly reason: 'unavailable' };

export interface Gate {
  /** A sign-in by name may bring its first proof along; then the answer is that of the proof. */
  ask(ask: Ask, arrival: Arrival, offer?: Offer): Promise<Outcome>;
  /**
   * A place for what a stranger's request leaves behind elsewhere, out of those for attempts: undefined when there is one, and
   * otherwise the time at which there is.
   */
  placeFor(action: string, arrival: Arrival): number | undefined;
  prove(token: string, offer: Offer, arrival: Arrival): Promise<Outcome>;
  /** An open attempt as its holder sees it, unchanged: for a page that is shown again. */
  look(token: string, arrival: Arrival): Promise<OpenAttempt | undefined>;
  judge(
    token: string,
    wish: Wish,
    arrival: Arrival,
  ): Promise<Judgement | { readonly state: 'refused'; readonly reason: 'unavailable' }>;
  /** Judges and reads at one moment: what is shown is what may be seen, as both were then. */
  read<T>(
    token: string,
    wish: Wish,
    arrival: Arrival,
    work: (q: Queries, session: LiveSession) => Promise<T>,
  ): Promise<Performed<T, never>>;
  /**
   * Judges and does in one transaction: if the session ended, the policy changed or the event can't be written, nothing was
   * done. An error that `work` answers with undoes what it did. Wishes that depend on rows are read in that transaction too.
   */
  perform<T, E>(
    token: string,
    wish: Wish | WishesIn,
    arrival: Arrival,
    work: (tx: Tx, doer: Doer) => Promise<Result<T, E>>,
  ): Promise<Performed<T, E>>;
  /** The same, once for each key: asked again with it, the answer is given again. */
  performOnce<T, E>(
    token: string,
    wish: Wish | WishesIn,
    arrival: Arrival,
    keeping: Keeping<T>,
    work: (tx: Tx, doer: Doer) => Promise<Result<T, E>>,
  ): Promise<Performed<T, E | KeyReused>>;
  /** For the doors of the network: RADIUS, TACACS+. */
  readonly network: Network;
  readonly networkSessions: Pick<NetworkSessions, 'list' | 'revoke' | 'subjectOf' | 'judgeAgain'>;
  /** Ends at network devices what rests on nobody any more: after something changed of those who stand there. */
  settleNetwork(): Promise<void>;
  /** Who speaks from where is read anew: something changed of devices. */
  forgetClients(): void;
  readonly enter: Entering;
  /** Who a process is, that wants in nowhere. */
  readonly recognise: Recognising;
  readonly enterAs: EnteringAs;
  /** Whether what a person was granted would be again, without their being there. */
  readonly enterAgain: EnteringAgain;
  /** What stands at a place, before anyone is asked who they are: whether it is open to the public. */
  readonly lookAt: Looking;
  /** Notes a token that was shown by somebody who may not. */
  readonly refusedToken: NoteRefusedToken;
  /** Notes a request that is refused before anyone is asked who they are. */
  readonly refusedRequest: NoteRefusedRequest;
  readonly sessions: Sessions;
  /** The keys of browsers, and what they are shown for. */
  readonly bound: BrowserKeys;
}

export function createGate(deps: GateDeps): Gate {
  const { store, counter, clock, random, ids, limits, vault, report } = deps;
  const { closedOnFault, touchNow, note, noteRefusal } = createNoting(deps);
  const sessions = createSessions({ vault, clock, random, ids, limits: limits.sessions });
  const devices = createKnownDevices({ clock, random, ids, lifetime: limits.device });
  const attempts = createAttempts({ clock, random, ids, lifetime: limits.attempt });
  const throttle = createThrottle({ store, vault, clock, limits: limits.throttles });
  const noteRefused = createRequestRefusals(deps);
  const bound = createBoundSessions(deps, sessions, limits.binding);
  const granting = createGranting(deps, { sessions, bound, devices });
  const judgeIn = createJudge(deps, sessions, bound);
  const { ask, begin } = createAsk(deps, { attempts, devices, judge: judgeIn, throttle });
  const { opening } = limits.throttles;
  const openings = createBuckets(clock, { each: opening.network, all: opening.all });
  const onces = createOnces({ vault, clock });
  const clients = createClients(deps);
  const networkSessions = createNetworkSessions({
    ...deps,
    clients,
    judgeAgain: createJudgeAgain(deps),
  });
  const logIns = createLogIns(deps, networkSessions);
  const proving = { attempts, sessions, devices, throttle, granting, logIns, bound };
  const { prove, proveFirst, proveElsewhere } = createProve(deps, proving);
  const approvals = createLogInApprovals(
    deps,
    { attempts, proveElsewhere },
    limits.approvals.logins,
  );

  const proveProcess = createProveProcess(deps, throttle);
  const enter = createEnter(deps, { throttle, proveProcess });
  const recognise = createRecognise(deps, { throttle, proveProcess });
  const { enterAs, look: lookAt } = createEnterAs(deps, {
    sessions,
    judge: judgeIn,
    bound,
    touch: touchNow,
  });
  const enterAgain = createEnterAgain(deps, { sessions });

  /** Counted for the record and not told one by one: a flood must not fill the disk with what tells of it. */
  function placeFor(action: string, { network, door }: Arrival): number | undefined {
    const retryAt = openings.take(network);
    if (retryAt === undefined) return undefined;
    counter.count({
      type: 'decision.counted',
      outcome: 'refused',
      subject: undefined,
      door,
      action,
      resource: { kind: 'part', id: 'portal' },
    });
    return retryAt;
  }

  async function openOrWait(wanted: Ask, arrival: Arrival, offer?: Offer): Promise<Settled> {
    const retryAt = placeFor(wanted.to, arrival);
    if (retryAt !== undefined) return { state: 'refused', reason: 'throttled', retryAt };
    const byName = wanted.to === 'signIn' || wanted.to === 'logIn' ? wanted : undefined;
    if (offer !== undefined && byName?.identifier !== undefined) {
      const { identifier } = byName;
      const wish = 'wish' in byName ? byName.wish : undefined;
      const begun = await begin({ identifier, wish }, offer, arrival);
      if (begun !== undefined) return proveFirst(begun, offer, arrival);
    }
    const asked = await ask(wanted, arrival);
    if (offer === undefined || asked.state !== 'challenged') return asked;
    return prove(asked.attempt.token, offer, arrival);
  }

  function perform<T, E>(
    token: string,
    wished: Wish | WishesIn,
    arrival: Arrival,
    work: (tx: Tx, doer: Doer) => Promise<Result<T, E>>,
  ): Promise<Performed<T, E>> {
    return closedOnFault(arrival, undefined, async () => {
      type Undone = { judged: Exclude<Judgement, { state: 'granted' }>; wish: Wish } | { error: E };
      const done = await writeOrUndo<T, Undone>(store, async (tx) => {
        const all = [typeof wished === 'function' ? await wished(tx) : wished].flat();
        let granted: Extract<Judgement, { state: 'granted' }> | undefined;
        for (const wish of all) {
          const judged = await judgeIn(tx, token, wish, arrival);
          if (judged.state !== 'granted') return failed({ judged, wish });
          granted ??= judged;
        }
        if (granted === undefined) throw new Fault('gate', 'a change that nothing was asked for');
        const { session, policies } = granted;
        const by: By = { ...byArrival(arrival), actor: session.subject, session: session.id };
        const result = await work(tx, { session, by, policies });
        return result.ok ? ok(result.value) : failed({ error: result.error });
      });
      if (done.ok) return { state: 'done' as const, value: done.value };
      if ('error' in done.error) return { state: 'failed' as const, error: done.error.error };
      const { judged, wish } = done.error;
      if ('session' in judged) await noteRefusal(judged, wish, arrival);
      return judged;
    });
  }

  /** An attempt is bound to its door, so none of the network's comes by another. */
  function ours(settled: Settled): Outcome {
    if (settled.state === 'admitted') throw new Fault('gate', 'a login came by another door');
    return settled;
  }

  const network = createNetwork(deps, {
    clients,
    sessions: networkSessions,
    ask: openOrWait,
    prove,
    approvals,
    closedOnFault,
  });

  return {
    enter: (entry, arrival, make) =>
      closedOnFault(arrival, 'enter', () => enter(entry, arrival, make)),
    recognise: (recognition, arrival) =>
      closedOnFault(arrival, 'recognise', () => recognise(recognition, arrival)),
    enterAs: (token, entry, arrival, make) =>
      closedOnFault(arrival, 'enter', () => enterAs(token, entry, arrival, make)),
    enterAgain: (grant, asked, arrival) =>
      closedOnFault(arrival, 'enter', () => enterAgain(grant, asked, arrival)),
    lookAt: (target, arrival) => closedOnFault(arrival, 'enter', () => lookAt(target, arrival)),
    sessions,
    bound: {
      standing: (token, arrival) =>
        bound.standing(token, arrival).catch((fault) => void report(fault)),
      toSign: (token, arrival) => closedOnFault(arrival, 'session key', () => bound.toSign(token)),
      show: (token, shown, arrival) =>
        closedOnFault(arrival, 'session key', () => bound.show(token, shown, arrival)),
    },
    placeFor,
    refusedToken: createTokenRefusals(deps, throttle),
    refusedRequest: (fault, arrival) =>
      noteRefused(fault, arrival).catch((thrown) => void report(thrown)),
    perform,
    performOnce: (token, wish, arrival, keeping, work) =>
      perform(token, wish, arrival, (tx, doer) =>
        onces.run(tx, doer.session.subject, keeping, () => work(tx, doer)),
      ),
    network,
    networkSessions,
    settleNetwork: () => networkSessions.settle(),
    forgetClients: () => clients.forget(),
    ask: (wanted, arrival, offer) =>
      closedOnFault(arrival, wanted.to, async () => ours(await openOrWait(wanted, arrival, offer))),
    prove: (token, offer, arrival) =>
      closedOnFault(arrival, `prove ${offer.kind}`, async () =>
        ours(await prove(token, offer, arrival)),
      ),

    async look(token, arrival) {
      return store.read(async (q) => {
        const attempt = await attempts.find(q, token, arrival);
        if (attempt === undefined) return undefined;
        const held = attempt.subject === undefined ? [] : await listHeld(q, attempt.subject);
        return present(deps.proofs, attempt, token, held, momentOf(attempt, arrival, clock.now()));
      });
    },

    judge(token, wish, arrival) {
      return closedOnFault(arrival, wish.action, async () => {
        const judged = await store.read((q) => judgeIn(q, token, wish, arrival));
        await note(judged, wish, arrival);
        return judged;
      });
    },

    read(token, wish, arrival, work) {
      return closedOnFault(arrival, wish.action, async () => {
        const seen = await store.read(async (q) => {
          const judged = await judgeIn(q, token, wish, arrival);
          return judged.state === 'granted'
            ? { judged, value: await work(q, judged.session) }
            : { judged };
        });
        await note(seen.judged, wish, arrival);
        return 'value' in seen ? { state: 'done' as const, value: seen.value } : seen.judged;
      });
    },
  };
}
