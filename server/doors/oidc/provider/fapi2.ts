/**
 * What the FAPI 2.0 Security Profile asks of tokens that clients sign, where neither oidc-provider nor the proofs of processes ask as
 * much. Nothing is believed here: whether they are signed by the right key is for those who know the keys.
 */
import { dpopAlgs } from '../../../gate/entry/dpop.ts';
import { MINUTE, SECOND } from '../../../kernel/clock.ts';

/** §5.4.1 names those that proofs of possession are signed by here. */
const ALGS: ReadonlySet<string> = new Set(dpopAlgs);
/** §5.3.2.1: clocks differ by some seconds, and not by more than this. */
const FARTHEST = MINUTE;

/** §5.3.2.1: our issuer as a string is the one audience of an assertion, not in a list and not by another address of ours. */
export function isFapi2Assertion(assertion: string, issuer: string): boolean {
  const [header, claims] = partsOf(assertion);
  return claims?.aud === issuer && ALGS.has(String(header?.alg));
}

/** A proof of possession that was made for later. */
export function isForLater(proof: string, now: number): boolean {
  const [, claims] = partsOf(proof);
  return [claims?.iat, claims?.nbf].some(
    (time) => typeof time === 'number' && time * SECOND > now + FARTHEST,
  );
}

type Part = Readonly<Record<string, unknown>> | undefined;

function partsOf(jws: string): readonly Part[] {
  return jws.split('.', 2).map((part) => {
    try {
      const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
      return typeof value === 'object' && value !== null ? (value as Part) : undefined; // An object, as just checked.
    } catch {
      return undefined; // JSON of strangers.
    }
  });
}
