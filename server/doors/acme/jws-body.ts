/**
 * Bodies of ACME: a JWS in flattened form (RFC 8555 §6.2, RFC 7515 §7.2.2), read strictly. Nothing is checked yet but its form: who
 * signed it is for the gate to find out.
 */
import type { InnerRequest, SignedRequest } from '../../gate/use-cases/acme/acme-words.ts';
import { parseJson } from '../../http/json-body.ts';
import { fromBase64url, fromUtf8 } from '../../kernel/bytes.ts';

export interface JwsBody extends SignedRequest {
  /** Where it was sent to, as its signer says. */
  readonly url: string;
  /** Undefined where it is empty (POST-as-GET, §6.3). */
  readonly payload: unknown;
  readonly empty: boolean;
}

export interface InnerBody extends InnerRequest {
  readonly url: string;
  readonly payload: unknown;
}

const LONGEST_NAME = 2048;

interface Parts {
  readonly header: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
  readonly empty: boolean;
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** An outer request: it has a nonce, and either a key or the name of an account, never both. */
export function readJwsBody(value: unknown): JwsBody | undefined {
  const parts = partsOf(value);
  const nonce = parts?.header.nonce;
  const frame = parts && frameOf(parts.header);
  if (parts === undefined || frame === undefined || typeof nonce !== 'string') return undefined;
  const { payload, empty, signed, signature } = parts;
  return { ...frame, nonce, payload, empty, signed, signature };
}

/** One inside of another: it has none (§7.3.4, §7.3.5). */
export function readInnerBody(value: unknown): InnerBody | undefined {
  const parts = partsOf(value);
  const frame = parts && frameOf(parts.header);
  if (parts === undefined || frame === undefined || parts.empty) return undefined;
  if (Object.hasOwn(parts.header, 'nonce')) return undefined;
  const { payload, signed, signature } = parts;
  return { ...frame, payload, signed, signature };
}

function frameOf({ alg, url, jwk, kid, ...more }: Readonly<Record<string, unknown>>) {
  if (typeof alg !== 'string' || typeof url !== 'string' || url.length > LONGEST_NAME) {
    return undefined;
  }
  // §6.2: one of both. What is to be understood and isn't (`crit`), or changes what is signed (`b64`), is refused.
  if ((jwk === undefined) === (kid === undefined)) return undefined;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > LONGEST_NAME)) return undefined;
  const odd = Object.keys(more).some((name) => name !== 'nonce' && name !== 'typ');
  return odd ? undefined : { alg, url, jwk, kid };
}

function partsOf(value: unknown): Parts | undefined {
  if (!isObject(value)) return undefined;
  const { protected: head, payload, signature, ...more } = value;
  if (Object.keys(more).length > 0) return undefined; // No header that is not signed (§6.2).
  if (typeof head !== 'string' || typeof payload !== 'string' || typeof signature !== 'string') {
    return undefined;
  }
  const header = jsonIn(head);
  const body = payload === '' ? { value: undefined } : jsonIn(payload);
  const bytes = fromBase64url(signature);
  if (!isObject(header?.value) || body === undefined || bytes === undefined) return undefined;
  return {
    header: header.value,
    payload: body.value,
    empty: payload === '',
    signed: `${head}.${payload}`,
    signature: bytes,
  };
}

function jsonIn(part: string): { readonly value: unknown } | undefined {
  const bytes = fromBase64url(part);
  if (bytes === undefined) return undefined;
  try {
    const read = parseJson(fromUtf8(bytes));
    return read.ok ? { value: read.value.value } : undefined;
  } catch {
    return undefined; // Not UTF-8: an expected outcome.
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
