import { z } from 'zod';

/** Every kind of proof that a person can hold. Closed: a new kind adds its word here first. */
export const proofKinds = [
  'password',
  'totp',
  'webauthn',
  'card',
  'upstream',
  'recovery',
  'pass',
] as const;
export const ProofKind = z.enum(proofKinds);
export type ProofKind = z.infer<typeof ProofKind>;
