/**
 * What the FAPI 2.0 Security Profile asks of proofs of possession, where oidc-provider asks less. Nothing is believed here:
 * whether they are signed by the right key is for those who know the keys. What it asks of how clients show who they are is
 * asked by the gate (gate/entry/process-proving.ts), at every endpoint.
 */
import { MINUTE, SECOND } from '../../../kernel/clock.ts';

/** §5.3.2.1: clocks differ by some seconds, and not by more than this. */
const FARTHEST = MINUTE;

/** A proof of possession that was made for later. */
export function isForLater(proof: string, now: number): boolean {
  const claims = claimsIn(proof);
  return [claims?.iat, claims?.nbf].some(
    (time) => typeof time === 'number' && time * SECOND > now + FARTHEST,
  );
}

function claimsIn(jws: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(jws.split('.', 2)[1] ?? '', 'base64url').toString('utf8'),
    );
    // An object, as is checked.
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // JSON of strangers.
  }
}
