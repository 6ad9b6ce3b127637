import { oneHeader, type RequestHeaders } from './request.ts';

export type Credential =
  | { readonly is: 'none' }
  | { readonly is: 'malformed' }
  | {
      readonly is: 'token';
      readonly scheme: 'bearer' | 'dpop';
      readonly token: string;
      readonly proof?: string;
    };

/** token68 of RFC 9110 §11.2, with exactly one space before it; the scheme in any case (RFC 9110 §11.1). */
const TOKEN = /^(bearer|dpop) ([A-Za-z0-9._~+/-]+=*)$/i;

/** Far above what a token of the issuer or a proof takes, far below what costs anything to read. */
const LONGEST = 16_384;

/**
 * The token and the proof of a request. Only the Authorization header is read: a token in an address ends in logs, one in a body
 * can be sent by a form of another site (RFC 6750 §2.2, §2.3).
 */
export function readCredential(headers: RequestHeaders): Credential {
  const authorization = oneHeader(headers, 'authorization');
  const proof = oneHeader(headers, 'dpop');
  if (authorization.found === 'many' || proof.found === 'many') return { is: 'malformed' };
  if (authorization.found === 'none') return { is: 'none' };
  if (authorization.value.length > LONGEST) return { is: 'malformed' };
  const [, scheme, token] = TOKEN.exec(authorization.value) ?? [];
  if (scheme === undefined || token === undefined) {
    // Another scheme is someone else's credential, which this API does not take: for us there is none (RFC 6750 §3.1).
    return { is: /^(?:bearer|dpop)(?:\s|$)/i.test(authorization.value) ? 'malformed' : 'none' };
  }
  if (scheme.toLowerCase() === 'bearer') return { is: 'token', scheme: 'bearer', token };
  if (proof.found === 'none') return { is: 'token', scheme: 'dpop', token };
  if (proof.value.length > LONGEST) return { is: 'malformed' };
  return { is: 'token', scheme: 'dpop', token, proof: proof.value };
}
