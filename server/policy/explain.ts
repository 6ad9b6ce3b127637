import type { ProofClass } from '../proofs/proof.ts';
import { type Assurance, assess } from './assurance.ts';
import type { Decider } from './decider.ts';
import { climb, type LadderAnswer, type Rung } from './ladder.ts';
import type { Policy } from './policy-files.ts';
import type { PolicyRequest, ShownProof } from './request.ts';

/** A policy as it is told to people. */
export interface Explained {
  readonly id: string;
  readonly effect: 'permit' | 'forbid';
  readonly because: string;
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Those that forbid come first: while one does, no permit counts. */
export function explain(
  policies: ReadonlyMap<string, Policy>,
  ids: readonly string[],
): readonly Explained[] {
  return ids
    .flatMap((id) => policies.get(id) ?? [])
    .map(({ id, effect, because, file, line, text }) => ({ id, effect, because, file, line, text }))
    .sort((a, b) => a.effect.localeCompare(b.effect) || a.id.localeCompare(b.id));
}

/** What would happen if this subject asked for this, from there, with these proofs? */
export interface WhatIf {
  readonly request: PolicyRequest;
  readonly shown: readonly ShownProof[];
  /** What the subject could still present. */
  readonly presentable: readonly ProofClass[];
  /** Every class of proof that there is, held or not: tells what they would have to enrol. */
  readonly existing: readonly ProofClass[];
}

export interface Simulation {
  readonly answer: LadderAnswer;
  readonly assurance: Assurance;
  /** The policies that decided it as it stands, with their reasons. */
  readonly deciding: readonly Explained[];
  /** Where nothing that the subject holds is enough: what would be. Empty when no proof helps. */
  readonly missing: readonly Rung[];
}

export function simulate(
  decider: Decider,
  policies: ReadonlyMap<string, Policy>,
  freshFor: number,
  { request, shown, presentable, existing }: WhatIf,
): Simulation {
  const answer = climb(decider, request, shown, presentable);
  const wider = answer.state === 'refused' ? climb(decider, request, shown, existing) : undefined;
  return {
    answer,
    assurance: assess(shown, freshFor),
    deciding: explain(policies, answer.policies),
    missing: wider?.state === 'challenge' ? wider.rungs : [],
  };
}
