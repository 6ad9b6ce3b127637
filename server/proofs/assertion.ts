/** An assertion as it was offered, and what is asked of its claims, whoever signed it (RFC 7523 §3). */
import { SECOND } from '../kernel/clock.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { type Jws, readJws } from './jws.ts';

type Claims = Readonly<Record<string, unknown>>;

const LONGEST = 16_384;

/** One as it was offered: hostile, and read once, however many ask what is in it. */
export class Assertion {
  readonly assertion: string;
  readonly #jws: Jws | undefined;

  constructor(text: string) {
    this.assertion = text;
    this.#jws = readJws(text, LONGEST);
  }

  /** What it says, be it well-formed or not: who it says it comes from is on record even where it is refused for its form. */
  get claims(): Claims | undefined {
    return this.#jws?.claims ?? laxClaims(this.assertion);
  }

  /** As `readJws` gives it, of what a proof was offered. */
  static jwsIn(data: unknown, most: number): Jws | undefined {
    if (data instanceof Assertion) return data.assertion.length > most ? undefined : data.#jws;
    const offer =
      typeof data === 'object' && data !== null && 'assertion' in data ? data : undefined;
    return offer && Object.keys(offer).length === 1 ? readJws(offer.assertion, most) : undefined;
  }
}

function laxClaims(assertion: string): Claims | undefined {
  const first = assertion.length > LONGEST ? -1 : assertion.indexOf('.');
  const second = assertion.indexOf('.', first + 1);
  if (first < 0 || second < 0 || assertion.includes('.', second + 1)) return undefined;
  try {
    const body = Buffer.from(assertion.slice(first + 1, second), 'base64url');
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Claims) : undefined; // As just checked.
  } catch {
    return undefined;
  }
}

/** How far the clocks of others may be ahead of ours. None is allowed behind: what has expired has. */
export const SKEW = 30 * SECOND;

export type ClaimFault = 'malformed' | 'expired' | 'wrong';

export interface Times {
  /** Milliseconds since the epoch, as its end is; 0 where nothing is said of it. */
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** The times of an assertion: it expires, not too far ahead, and is neither of the future nor older than it may live. */
export function timesOf(claims: Claims, now: number, longest: number): Result<Times, ClaimFault> {
  const exp = instant(claims.exp);
  const nbf = claims.nbf === undefined ? 0 : instant(claims.nbf);
  const iat = claims.iat === undefined ? undefined : instant(claims.iat);
  if (exp === undefined || nbf === undefined) return failed('malformed');
  if (claims.iat !== undefined && iat === undefined) return failed('malformed');
  if (now >= exp) return failed('expired');
  if (exp > now + longest + SKEW || nbf > now + SKEW) return failed('wrong');
  if (iat !== undefined && (iat > now + SKEW || iat > exp || iat < now - longest - SKEW)) {
    return failed('wrong');
  }
  return ok({ notBefore: nbf, expiresAt: exp });
}

/** A NumericDate (RFC 7519 §2) in milliseconds; it may have a fraction, but no sign, no exponent's length and no text. */
function instant(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0) || value > 253_402_300_799) return undefined;
  return Math.floor(value * SECOND);
}

/**
 * Whether an assertion is for us and nobody else: one audience, spelt as ours. A list of several would be good elsewhere too,
 * for whoever received it there (the audience injection of 2025, CVE-2025-27370 and -27371).
 */
export function isFor(claims: Claims, ours: readonly string[]): boolean {
  const { aud } = claims;
  const only: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  return typeof only === 'string' && ours.includes(only);
}

const LONGEST_JTI = 256;

/** Undefined for what can't tell one assertion from another. */
export function jtiOf({ jti }: Claims): string | undefined {
  return typeof jti === 'string' && jti.length > 0 && jti.length <= LONGEST_JTI ? jti : undefined;
}
