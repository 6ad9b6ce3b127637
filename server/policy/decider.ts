import { createBoundedMap } from '../kernel/bounded-map.ts';
import { actions, isAction } from './actions.ts';
import { assess } from './assurance.ts';
import type { Decision, Engine } from './engine.ts';
import type { PolicySet } from './policy-set.ts';
import { keyOf, narrow, toCedar } from './question.ts';
import type { PolicyRequest, ShownProof } from './request.ts';

/** Asks one set of policies, and keeps what they answered. */
export interface Decider {
  decide(request: PolicyRequest, shown: readonly ShownProof[]): Decision;
}

export interface DeciderDeps {
  readonly engine: Engine;
  /** A proof shown up to this many seconds ago is fresh. */
  readonly freshFor: number;
  /** How many decisions are kept; 0 keeps none. */
  readonly keep?: number;
}

export function createDecider(
  set: PolicySet,
  { engine, freshFor, keep = 20_000 }: DeciderDeps,
): Decider {
  const kept = createBoundedMap<string, Decision>(keep);
  return {
    decide(request, shown) {
      if (!fits(request)) return MISFIT;
      const reads = set.relevance[request.action](request.principal);
      const question = narrow(request, assess(shown, freshFor), reads);
      const key = keyOf(question);
      const known = kept.get(key);
      if (known) return known;
      const decision = engine.decide(set.name, toCedar(question, set.unnamed));
      // A decision that an error made is not kept: the error may pass.
      if (decision.errors.length === 0 && keep > 0) kept.set(key, decision);
      return decision;
    },
  };
}

/** Policies are checked against the schema's forms of requests, so they are asked nothing that is of another form. */
function fits({ action, principal, resource }: PolicyRequest): boolean {
  if (!isAction(action)) return false;
  const { principals, resources } = actions[action];
  return principals.includes(principal.kind) && resources.includes(resource.kind);
}

const MISFIT: Decision = Object.freeze({
  effect: 'forbid',
  policies: Object.freeze([]),
  errors: Object.freeze(['nobody of this kind can do this to such a resource']),
});
