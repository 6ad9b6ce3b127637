/**
 * Proofs of possession that come with a request (DPoP, RFC 9449 §4.3): whoever sends it holds the key, now, for this request and no
 * other. What they are bound to is for whoever asks to compare; what may be used once is spent by the gate, in its transaction.
 *
 * Nonces are the server's (§8) and need no memory: a MAC over the window of time that they are good in, the same on every node.
 */
import { hash } from 'node:crypto';
import { createBoundedMap } from '../../kernel/bounded-map.ts';
import { base64url, fromBase64url, fromUtf8, utf8 } from '../../kernel/bytes.ts';
import { type Clock, MINUTE, SECOND } from '../../kernel/clock.ts';
import { equal } from '../../kernel/equal.ts';
import { hmacSha256 } from '../../kernel/hmac.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { readJwk, type VerifyKey } from '../../proofs/jwk.ts';
import { signedBy } from '../../proofs/jws.ts';
import type { Once } from '../../proofs/spent-table.ts';

export interface DpopAsked {
  readonly proof: string;
  readonly method: string;
  /** The address that was called, without query and fragment, as clients know it. */
  readonly url: string;
  /** The token that came with it; undefined where it is for one that is still to be given. */
  readonly token?: string | undefined;
  /** Whether it must have a nonce of ours. */
  readonly nonce: 'required' | 'any';
}

export interface DpopProven {
  /** RFC 7638, SHA-256. */
  readonly jkt: string;
  readonly once: Once;
}

/** `nonce`: it lacks one, or has one that is over; the answer brings another (§8). */
export type DpopFault = 'malformed' | 'wrong' | 'nonce';

export interface Dpop {
  verify(asked: DpopAsked): Result<DpopProven, DpopFault>;
  /** One that is good for some minutes. */
  nonce(): string;
}

/**
 * What proofs may be signed by, at every endpoint and as the metadata tell: those that FAPI 2.0 Security Profile §5.4.1 leaves.
 * Ed25519 is RFC 9864's name for EdDSA with the one curve that we read.
 */
export const dpopAlgs = ['ES256', 'EdDSA', 'Ed25519', 'PS256'] as const;
const ALGS: ReadonlySet<string> = new Set(dpopAlgs);

/** How long a proof is good, and how far clocks may differ. */
const LIFE = MINUTE;
const SKEW = 30 * SECOND;
const NONCE_WINDOW = 2 * MINUTE;
const LONGEST = 4096;
const LONGEST_JTI = 128;
/** Reading a key costs as much as a signature, and clients come again with theirs. */
const MOST_KEYS = 2000;

interface ReadProof {
  readonly alg: string;
  readonly keyText: string;
  readonly jwk: unknown;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Uint8Array;
}

export function createDpop({ clock, key }: { clock: Clock; key: Uint8Array }): Dpop {
  const mac = hmacSha256(key);
  const keys = createBoundedMap<string, VerifyKey>(MOST_KEYS);
  const windowAt = (now: number) => Math.floor(now / NONCE_WINDOW);
  let current: { readonly window: number; readonly text: string } | undefined;

  const nonceOf = (window: number) => base64url(mac(`dpop nonce ${window}`).subarray(0, 18));

  function nonce(): string {
    const window = windowAt(clock.now());
    if (current?.window !== window) current = { window, text: nonceOf(window) };
    return current.text;
  }

  function isNonce(given: unknown): boolean {
    if (typeof given !== 'string' || given.length > 64) return false;
    const text = utf8(given);
    if (equal(text, utf8(nonce()))) return true;
    return equal(text, utf8(nonceOf(windowAt(clock.now()) - 1)));
  }

  function keyOf({ keyText, jwk }: ReadProof): VerifyKey | undefined {
    const known = keys.get(keyText);
    if (known !== undefined) return known;
    const read = readJwk(isRsa(jwk) ? { alg: 'PS256', ...jwk } : jwk);
    if (!read.ok) return undefined;
    keys.set(keyText, read.value);
    return read.value;
  }

  return {
    nonce,
    verify({ proof, method, url, token, nonce: wanted }) {
      const read = readProof(proof);
      if (read === undefined) return failed('malformed');
      const { claims } = read;
      const { jti, htm, htu, iat, ath } = claims;
      if (typeof jti !== 'string' || jti === '' || jti.length > LONGEST_JTI) {
        return failed('malformed');
      }
      if (typeof iat !== 'number' || !Number.isFinite(iat)) return failed('malformed');
      if (htm !== method || typeof htu !== 'string' || !isSameAddress(htu, url)) {
        return failed('wrong');
      }
      const wantedAth = token === undefined ? undefined : hash('sha256', token, 'base64url');
      if (ath !== wantedAth) return failed('wrong');
      const found = keyOf(read);
      if (found === undefined || !signedBy({ ...read, kid: undefined, typ: 'dpop+jwt' }, found)) {
        return failed('wrong');
      }
      if (wanted === 'required' && !isNonce(claims.nonce)) return failed('nonce');
      if (claims.nonce !== undefined && !isNonce(claims.nonce)) return failed('nonce');
      const made = iat * SECOND;
      const now = clock.now();
      if (made > now + SKEW || made + LIFE + SKEW <= now) return failed('wrong');
      const { thumbprint: jkt } = found;
      return ok({ jkt, once: { of: `dpop ${jkt}`, name: jti, until: made + LIFE + 2 * SKEW } });
    },
  };
}

/** A key that comes with its proof says what it is for, or is for the one thing that proofs are signed by with such a key. */
function isRsa(jwk: unknown): jwk is Readonly<Record<string, unknown>> {
  return typeof jwk === 'object' && jwk !== null && 'kty' in jwk && jwk.kty === 'RSA';
}

/** Query and fragment do not count (§4.3, 9); everything else does, after the parser's own normalising. */
function isSameAddress(htu: string, url: string): boolean {
  if (htu === url) return true;
  if (htu.length > 2048 || !URL.canParse(htu)) return false;
  const read = new URL(htu);
  if (read.username !== '' || read.password !== '') return false;
  return `${read.origin}${read.pathname}` === url;
}

const HEADER = new Set(['typ', 'alg', 'jwk']);

/** §4.2: three words in the header, and no fourth that we would have to understand. */
function readProof(text: string): ReadProof | undefined {
  if (text.length > LONGEST) return undefined;
  const [head = '', body = '', tail = '', ...more] = text.split('.');
  if (more.length > 0) return undefined;
  const headText = textOf(head);
  const header = objectIn(headText);
  const claims = objectIn(textOf(body));
  const signature = fromBase64url(tail);
  if (header === undefined || claims === undefined || !signature?.length) return undefined;
  const { typ, alg, jwk } = header;
  if (typ !== 'dpop+jwt' || typeof alg !== 'string' || !ALGS.has(alg)) return undefined;
  if (Object.keys(header).some((name) => !HEADER.has(name))) return undefined;
  const signed = text.slice(0, head.length + 1 + body.length);
  return { alg, keyText: headText ?? '', jwk, claims, signed, signature };
}

function textOf(part: string): string | undefined {
  const bytes = fromBase64url(part);
  try {
    return bytes && fromUtf8(bytes);
  } catch {
    return undefined;
  }
}

function objectIn(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>) // An object that is no list, as just checked.
      : undefined;
  } catch {
    return undefined;
  }
}
