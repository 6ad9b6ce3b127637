/**
 * What the FAPI 2.0 Security Profile asks of proofs of possession, where oidc-provider asks less. Nothing is believed here:
 * whether they are signed by the right key is for those who know the keys. What it asks of how clients show who they are is
 * asked by the gate (gate/entry/process-proving.ts), at every endpoint.
 */
import { fromUtf8 } from '../../../kernel/bytes.ts';
import { MINUTE, SECOND } from '../../../kernel/clock.ts';

/** §5.3.2.1: clocks differ by some seconds, and not by more than this. */
const FARTHEST = MINUTE;

/** A proof of possession that was made for later. */
export function isForLater(proof: string, now: number): boolean {
  const claims = partOf(proof, 1);
  return [claims?.iat, claims?.nbf].some(
    (time) => typeof time === 'number' && time * SECOND > now + FARTHEST,
  );
}

/** In characters of base64url: 8192 bits, and an exponent of 32. What our own half reads (proofs/jwk.ts) has no more. */
const LONGEST_MODULUS = 1366;
const LONGEST_EXPONENT = 6;

/**
 * A key of RSA that is none that anybody has, and takes many times as long to check with: an exponent need not be small to be read
 * (CVE-2006-2940). It comes with the proof, from whoever likes to send one.
 */
export function isCostly(proof: string): boolean {
  const jwk = partOf(proof, 0)?.jwk;
  if (typeof jwk !== 'object' || jwk === null) return false;
  const { kty, n, e } = jwk as Readonly<Record<string, unknown>>; // An object, as is checked.
  const fits = (part: unknown, most: number) => typeof part === 'string' && part.length <= most;
  return kty === 'RSA' && !(fits(n, LONGEST_MODULUS) && fits(e, LONGEST_EXPONENT));
}

function partOf(jws: string, at: 0 | 1): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = Buffer.from(jws.split('.', 2)[at] ?? '', 'base64url');
    // As oidc-provider's own reader has it: that one passes over a mark of byte order, and JSON.parse does not.
    const value: unknown = JSON.parse(fromUtf8(bytes));
    // An object, as is checked.
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // JSON of strangers.
  }
}
