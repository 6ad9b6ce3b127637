import type { HeldProof, Moment } from '../proofs/proof.ts';
import type { Arrival } from './arrival.ts';
import type { Attempt } from './attempts/attempts.ts';
import type { ProofModules } from './gate-deps.ts';
import type { OpenAttempt } from './outcome.ts';

export function momentOf(attempt: Attempt, arrival: Arrival, now: number): Moment {
  return {
    now,
    nonce: attempt.nonce,
    origin: arrival.origin,
    source: arrival.address,
    door: arrival.door,
  };
}

/**
 * An attempt as its holder sees it. Before a first proof was right, or a session stood behind it, nothing may show what is
 * held: challenges are then made as for someone who holds nothing.
 */
export function present(
  proofs: ProofModules,
  attempt: Attempt,
  token: string,
  held: readonly HeldProof[],
  moment: Moment,
): OpenAttempt {
  const known = attempt.shown.length > 0 || attempt.session !== undefined;
  return {
    token,
    challenges: attempt.asked.map((kind) => proofs[kind].challenge(known ? held : [], moment)),
    proven: attempt.shown.map(({ class: { kind } }) => kind),
    expiresAt: attempt.expiresAt,
  };
}
