/**
 * Which of the proofs that somebody holds they could show here. A passkey belongs to the host that it was made for, and browsers show
 * it at no other (WebAuthn Level 3 §4, RP ID): where people come to another host than before, those of before are held, and are of no
 * use. They count for nothing, or people would be offered what they can't show, and be locked out while all seems well.
 */
import type { HeldProof } from '../proofs/proof.ts';
import type { ProofModules } from './gate-deps.ts';

/** A proof as it is told to people: with the host that alone it can be shown at, where that is not this one. */
export type SeenProof = HeldProof & { readonly otherHost?: string };

export function shownHere(proofs: ProofModules, held: readonly HeldProof[]): readonly HeldProof[] {
  return held.filter((one) => proofs[one.kind].otherHost?.(one) === undefined);
}

export function seenProof(proofs: ProofModules, held: HeldProof): SeenProof {
  const otherHost = proofs[held.kind].otherHost?.(held);
  return otherHost === undefined ? held : { ...held, otherHost };
}
