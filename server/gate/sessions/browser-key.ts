/**
 * A key that a browser holds and can't give away (WebCrypto, ECDSA P-256, not extractable), as the gate sees it: a point, and
 * signatures of it over texts that name what they are for. A signature made for one purpose, site or session is worth nothing
 * for another.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { concat, fromBase64url, fromHex, utf8 } from '../../kernel/bytes.ts';
import { derFromRaw } from '../../kernel/ecdsa-signature.ts';

/** RFC 5480 §2: the SubjectPublicKeyInfo of a P-256 point, up to the point itself. */
const SPKI = '3059301306072a8648ce3d020106082a8648ce3d030107034200';
/** SEC 1 §2.3.3: an uncompressed point. */
const POINT_BYTES = 65;
const UNCOMPRESSED = 4;

export type KeyPurpose = 'bind' | 'prove';

export interface SignedText {
  readonly purpose: KeyPurpose;
  /** The site that the browser believes it is at. */
  readonly origin: string;
  readonly session: string;
  readonly nonce: string;
}

/** The same text is made in the browser (doors/web/browser/bound.ts). */
export function textToSign({ purpose, origin, session, nonce }: SignedText): string {
  return ['sallyport browser key 1', purpose, origin, session, nonce].join('\n');
}

/** Reads a point from outside; undefined unless it lies on the curve. */
export function readBrowserKey(text: string): Uint8Array | undefined {
  const point = fromBase64url(text);
  if (point?.length !== POINT_BYTES || point[0] !== UNCOMPRESSED) return undefined;
  return keyOf(point) === undefined ? undefined : point;
}

function keyOf(point: Uint8Array): KeyObject | undefined {
  const prefix = fromHex(SPKI) ?? new Uint8Array();
  try {
    return createPublicKey({
      key: Buffer.from(concat(prefix, point)),
      format: 'der',
      type: 'spki',
    });
  } catch {
    return undefined; // OpenSSL tells by throwing that a point is not on its curve.
  }
}

export function signedBy(point: Uint8Array, signed: SignedText, signature: string): boolean {
  // r and s side by side, as WebCrypto writes them (IEEE P1363).
  const bytes = fromBase64url(signature);
  const der = bytes && derFromRaw(bytes);
  const key = keyOf(point);
  return (
    key !== undefined && der !== undefined && verify('sha256', utf8(textToSign(signed)), key, der)
  );
}
