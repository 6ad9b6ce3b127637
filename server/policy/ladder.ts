/**
 * The ladder: what policy asks of a subject for an action.
 *
 * Cedar is asked whether the action is permitted with the proofs shown so far. Where it is not, it is asked again with each
 * set of up to three proofs that the subject could still present, from the least effort up. The sets that it permits are the
 * rungs, and any one of them is enough. So what a policy needs is written as a plain condition on `context.proven`, and
 * nothing but Cedar decides what is asked for.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { ProofClass } from '../proofs/proof.ts';
import type { Decider } from './decider.ts';
import type { Decision } from './engine.ts';
import type { PolicyRequest, ShownProof } from './request.ts';

/** Proofs still to present, all of them: one of the ways up. */
export interface Rung {
  readonly proofs: readonly ProofClass[];
  readonly kinds: readonly ProofKind[];
  readonly effort: number;
  /** The policies that permit the action once these are shown. */
  readonly policies: readonly string[];
}

export type LadderAnswer =
  | { readonly state: 'permitted'; readonly policies: readonly string[] }
  | {
      readonly state: 'challenge';
      readonly rungs: readonly Rung[];
      /** The policies that forbid it with what is shown now; none where only a permit is missing. */
      readonly policies: readonly string[];
    }
  | {
      readonly state: 'refused';
      readonly reason: LadderRefusal;
      /** The policies that still forbid it when everything presentable is shown. */
      readonly policies: readonly string[];
      readonly errors: readonly string[];
    };

/**
 * - `forbidden`: a policy forbids it, whatever the subject could present;
 * - `not-permitted`: no policy permits it, whatever the subject could present;
 * - `fault`: the engine failed or a policy erred.
 */
export type LadderRefusal = 'forbidden' | 'not-permitted' | 'fault';

const LONGEST_RUNG = 3;
/** More classes of proof than anyone holds; those of the most effort are left out. */
const MOST_PRESENTABLE = 8;

export function climb(
  decider: Decider,
  request: PolicyRequest,
  shown: readonly ShownProof[],
  presentable: readonly ProofClass[],
): LadderAnswer {
  const now = decider.decide(request, shown);
  if (now.effect === 'permit') return { state: 'permitted', policies: now.policies };

  const classes = distinct(presentable);
  const rungs: Rung[] = [];
  let fault: Decision | undefined = now.errors.length > 0 ? now : undefined;
  for (const proofs of candidates(classes)) {
    // Every part of a set has been asked for before the set itself.
    if (rungs.some((rung) => rung.proofs.every((proof) => proofs.includes(proof)))) continue;
    const decision = decider.decide(request, withShown(shown, proofs));
    if (decision.effect === 'permit') {
      const kinds = [...new Set(proofs.map(({ kind }) => kind))];
      rungs.push({ proofs, kinds, effort: effortOf(proofs), policies: decision.policies });
    } else if (decision.errors.length > 0) fault ??= decision;
  }
  if (rungs.length > 0) return { state: 'challenge', rungs, policies: now.policies };

  const { policies, errors } = fault ?? decider.decide(request, withShown(shown, classes));
  const reason = errors.length > 0 ? 'fault' : policies.length > 0 ? 'forbidden' : 'not-permitted';
  return { state: 'refused', reason, policies, errors };
}

function withShown(shown: readonly ShownProof[], proofs: readonly ProofClass[]): ShownProof[] {
  return [...shown, ...proofs.map((proof) => ({ class: proof, age: 0 }))];
}

/** Two proofs of the same worth and effort lead to the same rung. */
function distinct(presentable: readonly ProofClass[]): ProofClass[] {
  const byWorth = new Map<string, ProofClass>();
  for (const proof of presentable) {
    const {
      kind,
      factors,
      phishingResistant,
      replayResistant,
      hardwareBound,
      enrolmentOnly,
      effort,
    } = proof;
    const worth = [
      kind,
      factors.toSorted(),
      phishingResistant,
      replayResistant,
      hardwareBound,
      enrolmentOnly,
      effort,
    ].join(' ');
    if (!byWorth.has(worth)) byWorth.set(worth, proof);
  }
  return [...byWorth.values()].sort((a, b) => a.effort - b.effort).slice(0, MOST_PRESENTABLE);
}

/** The sets of one to three, the least effort first, and of equal effort the smaller first. */
function candidates(classes: readonly ProofClass[]): ProofClass[][] {
  const sets: ProofClass[][] = [];
  const grow = (from: number, set: ProofClass[]) => {
    for (let next = from; next < classes.length; next += 1) {
      const grown = [...set, classes[next]!]; // Within the length.
      sets.push(grown);
      if (grown.length < LONGEST_RUNG) grow(next + 1, grown);
    }
  };
  grow(0, []);
  return sets.sort((a, b) => effortOf(a) - effortOf(b) || a.length - b.length);
}

function effortOf(proofs: readonly ProofClass[]): number {
  return proofs.reduce((sum, { effort }) => sum + effort, 0);
}
