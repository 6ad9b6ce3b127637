/**
 * Whether a request that changes something was meant by the person: it comes from one of our own pages (Fetch Metadata and
 * Origin), and carries a token that only a page made for this browser can know. The token is an HMAC over the session, or
 * over the browser's pre-session before sign-in, so that a sign-in can't be forged either. Nothing has to be stored.
 */
import { hkdfSync } from 'node:crypto';
import { base64url, fromBase64url } from '../kernel/bytes.ts';
import { equal } from '../kernel/equal.ts';
import { hmacSha256 } from '../kernel/hmac.ts';

export type Binding = { readonly session: string } | { readonly browser: string };

export interface CsrfTokens {
  issue(binding: Binding): string;
  accepts(binding: Binding, token: string): boolean;
}

export function createCsrfTokens(rootKey: Uint8Array): CsrfTokens {
  const sign = hmacSha256(new Uint8Array(hkdfSync('sha256', rootKey, '', 'csrf tokens', 32)));
  const mac = (binding: Binding) =>
    sign('session' in binding ? `session ${binding.session}` : `browser ${binding.browser}`);
  return {
    issue: (binding) => base64url(mac(binding)),
    accepts(binding, token) {
      const given = fromBase64url(token);
      return given !== undefined && equal(given, mac(binding));
    },
  };
}

export interface OriginHeaders {
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/**
 * Where a request was started, as the browser tells: from our own origin, from elsewhere, or a browser too old to say. For
 * `none` (the address bar, a bookmark) see Fetch Metadata §2.4: no page of anyone's started it.
 */
export function startedFrom(
  headers: OriginHeaders,
  ownOrigin: string,
): 'own' | 'foreign' | 'unsaid' {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'foreign';
  if (headers.origin !== undefined && headers.origin !== ownOrigin) return 'foreign';
  return site === 'same-origin' || headers.origin !== undefined ? 'own' : 'unsaid';
}
