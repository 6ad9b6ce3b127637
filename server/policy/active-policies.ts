/** One version of the policies as it is used: it decides rung by rung (ladder.ts), and explains and simulates (explain.ts). */
import type { ProofClass } from '../proofs/proof.ts';
import type { Decider } from './decider.ts';
import { type Explained, explain, type Simulation, simulate, type WhatIf } from './explain.ts';
import { climb, type LadderAnswer } from './ladder.ts';
import type { PolicySet } from './policy-set.ts';
import { mergeReplies, NO_REPLY, type Reply } from './reply.ts';
import type { PolicyRequest, ShownProof } from './request.ts';
import type { SshTerms } from './ssh-terms.ts';

export interface ActivePolicies {
  /** 0 for the policies that Sallyport ships. */
  readonly version: number;
  /** Why this version can't be read; everything is refused then. */
  readonly fault: string | undefined;
  /** Its policies. */
  readonly ids: readonly string[];
  /** A proof shown up to this many seconds ago is fresh. */
  readonly freshFor: number;
  ladder(
    request: PolicyRequest,
    shown: readonly ShownProof[],
    presentable: readonly ProofClass[],
  ): LadderAnswer;
  explain(ids: readonly string[]): readonly Explained[];
  /** What these tell a network device together; undefined when they contradict one another. */
  replyOf(ids: readonly string[]): Reply | undefined;
  /** What these say of SSH certificates, each for itself. */
  sshTermsOf(ids: readonly string[]): readonly SshTerms[];
  simulate(question: WhatIf): Simulation;
}

/** For decisions, with what decides. */
export function ready(
  version: number,
  { set, decider }: { set: PolicySet; decider: Decider },
  freshFor: number,
) {
  const active: ActivePolicies = {
    version,
    fault: undefined,
    ids: [...set.policies.keys()],
    freshFor,
    ladder: (request, shown, presentable) => climb(decider, request, shown, presentable),
    explain: (ids) => explain(set.policies, ids),
    replyOf: (ids) => mergeReplies(ids.map((id) => set.policies.get(id)?.reply ?? NO_REPLY)),
    sshTermsOf: (ids) => ids.flatMap((id) => set.policies.get(id)?.ssh ?? []),
    simulate: (question) => simulate(decider, set.policies, freshFor, question),
  };
  return { active, decider };
}

/** In the place of what can't be read: it refuses everything. */
export function unreadable(version: number, fault: string): ActivePolicies {
  const refuses: Decider = {
    decide: () => ({ effect: 'forbid', policies: [], errors: [fault] }),
  };
  return {
    version,
    fault,
    ids: [],
    freshFor: 0,
    ladder: (request, shown, presentable) => climb(refuses, request, shown, presentable),
    explain: () => [],
    replyOf: () => undefined,
    sshTermsOf: () => [],
    simulate: (question) => simulate(refuses, new Map(), 0, question),
  };
}
