/**
 * Judging what is asked in a session: may this person do this, with the proofs shown in this session, now? One way for a page,
 * an API call and a change; a change is judged in the transaction that makes it (`perform` in gate.ts).
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { SECOND } from '../kernel/clock.ts';
import { changesProofs } from '../policy/actions.ts';
import type { LadderAnswer } from '../policy/ladder.ts';
import { listHeld } from '../proofs/held-proofs.ts';
import type { HeldProof, ProofClass } from '../proofs/proof.ts';
import type { Queries } from '../store/store.ts';
import type { Arrival } from './arrival.ts';
import { assured, type Demand, wouldDo } from './demand.ts';
import type { GateDeps, ProofModules } from './gate-deps.ts';
import { policyRequest } from './policy-request.ts';
import type { BoundSessions } from './sessions/bound-sessions.ts';
import { sessionOfGrant } from './sessions/granted-session.ts';
import type { LiveSession, Sessions } from './sessions/sessions.ts';
import { agesOf, type ShownAt } from './shown.ts';
import { shownHere } from './shown-here.ts';
import type { Wish } from './wish.ts';

export type Judgement =
  | {
      readonly state: 'granted';
      readonly session: LiveSession;
      readonly policies: readonly string[];
    }
  | {
      readonly state: 'challenged';
      readonly session: LiveSession;
      /** What it is for: what to step up with. */
      readonly wish: Wish;
      /** Which kinds of proof would do, the least effort first. */
      readonly kinds: readonly ProofKind[];
      readonly policies: readonly string[];
    }
  | { readonly state: 'refused'; readonly reason: 'no-session' }
  | {
      readonly state: 'refused';
      readonly reason: 'unproven-key';
      readonly session: LiveSession;
    }
  | {
      readonly state: 'refused';
      readonly reason: 'not-permitted';
      readonly session: LiveSession;
      readonly policies: readonly string[];
      /** No proof would change that, held or not. */
      readonly closed?: boolean;
      /** Policy permits it: it is the demand beyond policy that nothing they hold would meet. */
      readonly unmet?: boolean;
    };

const isHeld = ({ proof }: ShownAt, held: readonly HeldProof[]) =>
  held.some(({ id }) => id === proof);

/**
 * Whether any proof is held that can't be phished: what policies want to know where proofs are changed. Those that can't be shown
 * here count, too: else a new host would let whoever has a password and a code put a passkey of their own beside them.
 */
export function holdsPhishingResistant(proofs: ProofModules, held: readonly HeldProof[]): boolean {
  return held.some((proof) => proofs[proof.kind].describe(proof).phishingResistant);
}

/**
 * The worth of each held proof that this door carries and that was not shown just now. In a session a pass adds nothing: it
 * would stand in for a fresh proof as long as the session lasts.
 */
export function presentable(
  proofs: ProofModules,
  held: readonly HeldProof[],
  carries: readonly ProofKind[],
  shown: readonly ShownAt[],
  session?: Pick<LiveSession, 'kind'>,
): ProofClass[] {
  return shownHere(proofs, held)
    .filter(({ id, kind }) => carries.includes(kind) && !shown.some(({ proof }) => proof === id))
    .map((proof) => proofs[proof.kind].describe(proof))
    .filter(({ enrolmentOnly }) => !enrolmentOnly || session === undefined);
}

/** The kinds that any of the rungs still wants, in the order of the rungs. */
export function kindsOf(answer: LadderAnswer): ProofKind[] {
  if (answer.state !== 'challenge') return [];
  return [...new Set(answer.rungs.flatMap((rung) => rung.kinds))];
}

export interface Judging {
  /** For what takes a while to fill in: a proof counts as fresh only while half of its time is still left. */
  readonly ahead?: boolean;
  /** What is wanted beyond policy. */
  readonly demand?: Demand | undefined;
}

export type Judge = (
  q: Queries,
  token: string,
  wish: Wish,
  arrival: Arrival,
  judging?: Judging,
) => Promise<Judgement>;

export function createJudge(
  deps: Pick<GateDeps, 'policies' | 'proofs' | 'clock'>,
  sessions: Sessions,
  bound: Pick<BoundSessions, 'holds'>,
): Judge {
  const { policies, proofs, clock } = deps;
  return async (q, token, wish, arrival, { ahead = false, demand } = {}) => {
    const byGrant = arrival.grant !== undefined;
    const session = byGrant
      ? await sessionOfGrant(q, sessions, arrival.grant, clock.now())
      : await sessions.check(q, token);
    if (session === undefined) return { state: 'refused', reason: 'no-session' };
    // Such a token is bound to a key of its own, which was shown with this very request.
    if (!byGrant && !bound.holds(session, arrival, wish)) {
      return { state: 'refused', reason: 'unproven-key', session };
    }
    const now = clock.now();
    const active = await policies.current(q);
    const person = { ...session, id: session.subject };
    const read =
      changesProofs(wish.action) || session.kind === 'enrolment'
        ? await listHeld(q, session.subject)
        : undefined;
    // An enrolment rests on its pass: once that was revoked or replaced, it is over.
    if (session.kind === 'enrolment' && !session.shown.some((one) => isHeld(one, read ?? []))) {
      return { state: 'refused', reason: 'no-session' };
    }
    const strong = read && holdsPhishingResistant(proofs, read);
    const request = policyRequest(person, wish, arrival, session.knownDevice, now, strong);
    const then = ahead ? now + (active.freshFor * SECOND) / 2 : now;
    const shown = agesOf(session.shown, then);
    const asIs = active.ladder(request, shown, []);
    if (asIs.state === 'permitted') {
      const { policies } = asIs;
      if (demand === undefined || assured(session.shown, now, demand) !== undefined) {
        return { state: 'granted', session, policies };
      }
      const held = await listHeld(q, session.subject);
      const could = presentable(proofs, held, arrival.carries, [], session);
      const kinds = wouldDo(session.shown, could, now, demand).map(({ kind }) => kind);
      return kinds.length > 0
        ? { state: 'challenged', session, wish, kinds: [...new Set(kinds)], policies }
        : { state: 'refused', reason: 'not-permitted', session, policies, unmet: true };
    }
    if (session.kind === 'token') {
      return { state: 'refused', reason: 'not-permitted', session, policies: asIs.policies };
    }
    // Any held proof can be shown again, and then is fresh.
    const held = read ?? (await listHeld(q, session.subject));
    const answer = active.ladder(
      request,
      shown,
      presentable(proofs, held, arrival.carries, [], session),
    );
    if (answer.state === 'permitted')
      return { state: 'granted', session, policies: answer.policies };
    const kinds = kindsOf(answer);
    if (kinds.length > 0) {
      return { state: 'challenged', session, wish, kinds, policies: answer.policies };
    }
    const any = arrival.carries
      .map((kind) => proofs[kind].describe())
      .filter(({ enrolmentOnly }) => !enrolmentOnly);
    const closed = active.ladder(request, shown, any).state === 'refused';
    return {
      state: 'refused',
      reason: 'not-permitted',
      session,
      policies: answer.policies,
      closed,
    };
  };
}
