/**
 * Signed tokens in compact form (RFC 7515 §7.1), read strictly: one spelling, bounded size, and no header that would have us
 * fetch or trust a key that came along with the token (RFC 8725 §3.10).
 */
import { isAscii } from 'node:buffer';
import { constants, verify } from 'node:crypto';
import { fromBase64url, fromUtf8 } from '../kernel/bytes.ts';
import { derFromRaw } from '../kernel/ecdsa-signature.ts';
import { LONGEST_KID, type VerifyKey } from './jwk.ts';

export interface Jws {
  readonly alg: string;
  readonly kid: string | undefined;
  /** Without `application/`, in small letters. */
  readonly typ: string | undefined;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over. */
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** Headers that name or bring a key, change what is signed, or stand for another form of token. */
const UNWANTED = ['jku', 'x5u', 'jwk', 'x5c', 'crit', 'b64', 'zip', 'enc'] as const;
const LONGEST_HEADER = 2048;

/** Undefined for anything but a well-formed token of at most `most` characters. Nothing is checked yet. */
export function readJws(text: unknown, most: number): Jws | undefined {
  if (typeof text !== 'string' || text.length > most) return undefined;
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  if (first < 1 || first > LONGEST_HEADER || second < 0 || text.includes('.', second + 1)) {
    return undefined;
  }
  const header = objectIn(text.slice(0, first));
  if (header === undefined) return undefined;
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string') return undefined;
  if (UNWANTED.some((name) => Object.hasOwn(header, name))) return undefined;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_KID)) return undefined;
  if (typ !== undefined && typeof typ !== 'string') return undefined;
  const claims = objectIn(text.slice(first + 1, second));
  const signature = fromBase64url(text.slice(second + 1));
  if (claims === undefined || signature === undefined) return undefined;
  return {
    alg,
    kid,
    typ: typ?.toLowerCase().replace(/^application\//, ''),
    claims,
    signed: text.slice(0, second),
    signature,
  };
}

function objectIn(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) return undefined; // As `fromBase64url`, without a copy.
  try {
    const value: unknown = JSON.parse(isAscii(bytes) ? bytes.toString('latin1') : fromUtf8(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>) // An object that is no list, as just checked.
      : undefined;
  } catch {
    return undefined; // JSON and UTF-8 of strangers: that it is none is an expected outcome.
  }
}

/** Whether the key made the signature, by the key's own algorithm and no other. */
export function signedBy({ alg, signed, signature }: Jws, { alg: own, key }: VerifyKey): boolean {
  const said = alg === 'Ed25519' ? 'EdDSA' : alg; // RFC 9864 §2.2: the same with this curve.
  if (said !== own) return false;
  const data = Buffer.from(signed, 'latin1'); // Base64url and a dot, as read above.
  switch (own) {
    case 'ES256': {
      const der = derFromRaw(signature);
      return der !== undefined && verify('sha256', data, key, der);
    }
    case 'EdDSA':
      return signature.length === 64 && verify(null, data, key, signature);
    case 'RS256':
      return verify('sha256', data, key, signature);
    case 'PS256':
      return verify(
        'sha256',
        data,
        // RFC 7518 §3.5: the salt is as long as the hash.
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        signature,
      );
  }
}
