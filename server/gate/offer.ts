import type { ProofKind } from '@sallyport/contract/proofs.ts';

/** A proof as it came: hostile, whatever its type says. */
export interface Offer {
  readonly kind: ProofKind;
  readonly data: unknown;
}
