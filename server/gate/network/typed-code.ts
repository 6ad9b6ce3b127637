/** What people type at a network device that asks for a code, of whichever proof: the door sees no more of it than its form. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';

const DIGITS = /^[\d\s]{6,10}$/;
/** Recovery codes are longer than what any token shows. */
const LEAST_ON_PAPER = 12;

/** Of those that are asked for: digits are a code, what is long stands on paper, other words go elsewhere. */
export function kindOfCode(typed: string, asked: readonly ProofKind[]): ProofKind | undefined {
  const order: readonly ProofKind[] = DIGITS.test(typed.trim())
    ? ['totp', 'upstream', 'recovery']
    : typed.trim().length >= LEAST_ON_PAPER
      ? ['recovery', 'upstream', 'totp']
      : ['upstream', 'recovery', 'totp'];
  return order.find((kind) => asked.includes(kind));
}
