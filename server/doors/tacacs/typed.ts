/** What people type at a device's prompt, and what it is offered as. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import { kindOfCode } from '../../gate/network/typed-code.ts';
import type { Offer } from '../../gate/offer.ts';
import { fromUtf8 } from '../../kernel/bytes.ts';

/** The proofs that can be typed at a prompt. */
export const TYPED: readonly ProofKind[] = ['password', 'totp', 'upstream', 'recovery'];

/** Undefined for what is no text: it is no proof of anyone's. */
export function textOf(typed: Uint8Array): string | undefined {
  try {
    return fromUtf8(typed);
  } catch {
    return undefined;
  }
}

/** Of those asked for, the proof that this looks like. */
export function offerOf(asked: readonly ProofKind[], typed: string): Offer | undefined {
  if (asked.includes('password')) return { kind: 'password', data: { password: typed } };
  const kind = kindOfCode(typed, asked);
  if (kind === undefined) return undefined;
  return { kind, data: { code: kind === 'totp' ? typed.replaceAll(' ', '') : typed } };
}

/** A password with the code right behind it, for devices that ask once (PAP): the last six digits are the code. */
export function cutCode(typed: string): { readonly password: string; readonly code?: string } {
  const code = /[0-9]{6}$/.exec(typed)?.[0];
  return code === undefined || code.length === typed.length
    ? { password: typed }
    : { password: typed.slice(0, -code.length), code };
}
