/** JWT access tokens as RFC 9068 has them: what must hold before anything that they say is believed (§4). */
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { KeySet } from './key-set.ts';
import type { Reason } from './refusals.ts';

export interface Claims extends JWTPayload {
  readonly iss: string;
  readonly sub: string;
  readonly client_id: string;
  readonly jti: string;
  readonly iat: number;
  readonly exp: number;
}

export type ReadToken =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly reason: Reason };

export interface TokenRules {
  readonly keys: KeySet;
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly algorithms: readonly string[];
  readonly tolerance: number;
  readonly now: () => number;
}

const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export async function readAccessToken(token: string, rules: TokenRules): Promise<ReadToken> {
  const header = headerOf(token);
  if (header === undefined) return { ok: false, reason: 'malformed-token' };
  if (!rules.algorithms.includes(header.alg)) return { ok: false, reason: 'wrong-algorithm' };
  const found = await rules.keys.find(header.kid);
  if (found.found === 'unavailable') return { ok: false, reason: 'keys-unavailable' };
  if (found.found === 'unknown') return { ok: false, reason: 'unknown-key' };
  if (found.key.alg !== header.alg) return { ok: false, reason: 'wrong-algorithm' };

  const now = rules.now();
  try {
    const { payload } = await jwtVerify(token, found.key.key, {
      algorithms: [found.key.alg],
      typ: 'at+jwt',
      issuer: rules.issuer,
      audience: [...rules.audience],
      requiredClaims: ['sub', 'client_id', 'jti', 'iat', 'exp'],
      currentDate: new Date(now),
      clockTolerance: rules.tolerance / 1000,
    });
    if (!hasClaims(payload)) return { ok: false, reason: 'malformed-claim' };
    const future = payload.iat * 1000 > now + rules.tolerance;
    return future ? { ok: false, reason: 'not-yet-valid' } : { ok: true, claims: payload };
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}

function headerOf(token: string): { alg: string; kid: string } | undefined {
  if (!COMPACT.test(token)) return undefined;
  try {
    const { alg, kid } = decodeProtectedHeader(token);
    return typeof alg === 'string' && typeof kid === 'string' ? { alg, kid } : undefined;
  } catch {
    return undefined;
  }
}

/** What `jwtVerify` does not look at: it knows that these are there, and that the times are numbers. */
function hasClaims(payload: JWTPayload): payload is Claims {
  const { sub, client_id, jti, scope } = payload;
  return (
    [sub, client_id, jti].every((claim) => typeof claim === 'string' && claim !== '') &&
    (scope === undefined || typeof scope === 'string')
  );
}

const OF_CLAIM: Readonly<Record<string, Reason>> = {
  typ: 'wrong-type',
  iss: 'wrong-issuer',
  aud: 'wrong-audience',
};

/** Errors of jose by their closed list of codes; one that is new to us says only that the token is no good. */
function reasonOf(error: unknown): Reason {
  if (error instanceof errors.JWTExpired) return 'expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'wrong-signature';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'nbf' && error.reason === 'check_failed') return 'not-yet-valid';
    return OF_CLAIM[error.claim] ?? 'malformed-claim';
  }
  return 'malformed-token';
}
