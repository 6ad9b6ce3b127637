/** A JWT of ours as it came back from outside, read strictly: hostile until its signature was checked. */
import { Buffer } from 'node:buffer';
import { fromBase64url } from '../kernel/bytes.ts';

export type Claims = Readonly<Record<string, unknown>>;

const LONGEST_JWT = 16_384;

interface ReadJwt {
  readonly header: { readonly alg?: string; readonly kid?: string; readonly typ?: string };
  readonly claims: Claims;
  readonly signed: Buffer;
  readonly signature: Uint8Array;
}

const HEADER_NAMES = new Set(['alg', 'typ', 'kid']);

/** Ours have these three parts and these three words in the header, and nothing else is read (RFC 7515 §4.1.11, RFC 8725 §3.10). */
export function readOwnJwt(jwt: string): ReadJwt | undefined {
  if (jwt.length > LONGEST_JWT) return undefined;
  const parts = jwt.split('.');
  const [head, body, tail] = parts;
  if (parts.length !== 3 || !head || !body || !tail) return undefined;
  const header = readObject(head);
  const claims = readObject(body);
  const signature = fromBase64url(tail);
  if (header === undefined || claims === undefined || signature === undefined) return undefined;
  for (const [name, value] of Object.entries(header)) {
    if (!HEADER_NAMES.has(name) || typeof value !== 'string') return undefined;
  }
  const signed = Buffer.from(jwt.slice(0, head.length + 1 + body.length), 'latin1');
  return { header, claims, signed, signature };
}

function readObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = fromBase64url(part);
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Readonly<Record<string, unknown>>) : undefined; // An object, as was just seen.
  } catch {
    return undefined;
  }
}
