import type { ProofClass } from '../proofs/proof.ts';
import { loadCedar } from './cedar.ts';
import { createDecider, type Decider } from './decider.ts';
import { createEngine } from './engine.ts';
import { climb } from './ladder.ts';
import type { PolicyFiles } from './policy-files.ts';
import { loadPolicies } from './policy-set.ts';
import type { PolicyContext, PolicyPrincipal } from './request.ts';
import { SECURITY_KEY } from './samples.ts';

/** An administrator and the proofs that they hold. */
export interface Administrator {
  readonly principal: PolicyPrincipal;
  readonly presentable: readonly ProofClass[];
}

/**
 * Whether new policies would leave no administrator who can sign in and change them again. Each is tried in each of the
 * circumstances; one way through is enough. Where nobody can under the present policies either, before the first one has
 * enrolled or after a mishap, an administrator with the strongest proof must at least be able to.
 */
export function locksOut(
  now: Decider | undefined,
  then: Decider,
  administrators: readonly Administrator[],
  circumstances: readonly PolicyContext[],
): boolean {
  const anyone = (decider: Decider, of: readonly Administrator[]) =>
    of.some((one) => circumstances.some((context) => canGovern(decider, one, context)));
  if (anyone(then, administrators)) return false;
  return (now !== undefined && anyone(now, administrators)) || !anyone(then, [BEST]);
}

/** The same of files that no house is there for: asked of a sample administrator with the strongest proof. */
export function locksOutTheStrongest(
  files: PolicyFiles,
  circumstances: readonly PolicyContext[],
): boolean {
  const engine = createEngine({ load: loadCedar, report: () => {} });
  const set = loadPolicies(engine, 'sample', files);
  if (!set.ok) return false;
  const decider = createDecider(set.value, { engine, freshFor: 300, keep: 0 });
  return locksOut(undefined, decider, [], circumstances);
}

const BEST: Administrator = {
  principal: {
    kind: 'person',
    id: 'administrator',
    status: 'active',
    roles: ['administrator'],
    groups: [],
  },
  presentable: [SECURITY_KEY],
};

function canGovern(
  decider: Decider,
  { principal, presentable }: Administrator,
  context: PolicyContext,
) {
  const portal = { kind: 'part', id: 'portal' } as const;
  const policy = { kind: 'part', id: 'policy' } as const;
  const signIn = { principal, action: 'signIn', resource: portal, context } as const;
  const change = { principal, action: 'policy.change', resource: policy, context } as const;
  return [signIn, change].every(
    (request) => climb(decider, request, [], presentable).state !== 'refused',
  );
}
