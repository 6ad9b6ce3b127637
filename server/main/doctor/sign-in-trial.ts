/** What the policies in force would ask of someone who signs in, or does more, with the proofs that they hold. */
import { SECOND } from '../../kernel/clock.ts';
import type { Action } from '../../policy/actions.ts';
import type { ActivePolicies } from '../../policy/active-policies.ts';
import type { LadderAnswer } from '../../policy/ladder.ts';
import type { PolicyContext, PolicyPrincipal, PolicyResource } from '../../policy/request.ts';
import type { ProofClass } from '../../proofs/proof.ts';

export interface Candidate {
  readonly principal: PolicyPrincipal;
  readonly presentable: readonly ProofClass[];
}

/** By the web door, from a known browser: from an address that the configuration trusts, and from any other. */
export function circumstances(now: number): readonly PolicyContext[] {
  const common = { door: 'web', knownDevice: true, time: Math.floor(now / SECOND) } as const;
  return [
    { ...common, source: '127.0.0.1', trustedNetwork: true },
    { ...common, source: '203.0.113.1', trustedNetwork: false },
  ];
}

export function tryOut(
  active: ActivePolicies,
  { principal, presentable }: Candidate,
  action: Action,
  id: 'portal' | 'policy',
  context: PolicyContext,
): LadderAnswer {
  const resource: PolicyResource = { kind: 'part', id };
  return active.ladder({ principal, action, resource, context }, [], presentable);
}

/** Whether they come in with less than two kinds of proof: something known, had, or of one's body. */
export function isOneKind(answer: LadderAnswer): boolean {
  if (answer.state === 'permitted') return true;
  if (answer.state === 'refused') return false;
  return answer.rungs.some(
    ({ proofs }) => new Set(proofs.flatMap(({ factors }) => factors)).size < 2,
  );
}
