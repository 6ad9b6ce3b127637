import { type Reason, refusalOf } from './refusals.ts';

export interface ChallengeWords {
  /** Signature algorithms that a proof may use (RFC 9449 §7.1). */
  readonly algorithms: readonly string[];
  readonly scheme?: 'bearer' | 'dpop' | undefined;
  /** Only bound tokens are taken here, so Bearer is not offered. */
  readonly boundOnly?: boolean | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly acrValues?: readonly string[] | undefined;
  readonly maxAge?: number | undefined;
  readonly nonce?: string | undefined;
}

/** What goes into a header must be a line of visible ASCII: anything else would be another header, or none (RFC 9110 §5.5). */
const SAYABLE = /^[\x20-\x7e]*$/;

/** quoted-string of RFC 9110 §5.6.4. */
export function quoted(text: string): string {
  if (!SAYABLE.test(text)) throw new TypeError('A challenge can only hold visible ASCII.');
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** The headers of a refusal: RFC 6750 §3, RFC 9449 §7.1 and §8, RFC 9470 §3. */
export function challengeOf(reason: Reason, words: ChallengeWords): Record<string, string> {
  const { status, error, says } = refusalOf(reason);
  if (status === 503) return { 'Retry-After': '5', 'Cache-Control': 'no-store' };
  if (status === 429) return { 'Retry-After': '60', 'Cache-Control': 'no-store' };

  const parts: string[] = [];
  const scopes = words.scopes?.length ? [`scope=${quoted(words.scopes.join(' '))}`] : [];
  if (error !== undefined) {
    parts.push(`error=${quoted(error)}`, `error_description=${quoted(says)}`);
  }
  if (error === undefined || error === 'insufficient_scope') parts.push(...scopes);
  if (error === 'insufficient_user_authentication') {
    if (words.acrValues?.length) parts.push(`acr_values=${quoted(words.acrValues.join(' '))}`);
    if (words.maxAge !== undefined) parts.push(`max_age=${quoted(String(words.maxAge))}`);
  }

  const algs = `algs=${quoted(words.algorithms.join(' '))}`;
  const bearer = ['Bearer', parts.join(', ')].filter(Boolean).join(' ');
  const dpop = `DPoP ${[...parts, algs].join(', ')}`;
  const headers: Record<string, string> = {
    'WWW-Authenticate': offered(reason, words, bearer, dpop),
    'Cache-Control': 'no-store',
  };
  if (words.nonce !== undefined) headers['DPoP-Nonce'] = words.nonce;
  return headers;
}

/** The scheme that was used, unless the fault is in the choice of it; both where none was (RFC 9449 §7.1, last example). */
function offered(reason: Reason, words: ChallengeWords, bearer: string, dpop: string): string {
  if (reason === 'bound-token-as-bearer' || words.scheme === 'dpop' || words.boundOnly) return dpop;
  return words.scheme === 'bearer' ? bearer : `${bearer}, ${dpop}`;
}
