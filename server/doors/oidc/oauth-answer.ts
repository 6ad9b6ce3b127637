/**
 * The one translation from what the gate said to what outsiders are told: the closed list of RFC 6749 §5.2 and its extensions, by
 * code alone, in either half. Which part was wrong, and whether anybody goes by that name, is on record and is nobody's business here.
 */
import type { NoToken } from '../../gate/use-cases/processes/process-tokens.ts';
import type { Introspected, Revoked } from '../../gate/use-cases/processes/token-states.ts';
import { JSON_TYPE } from '../../http/bodies.ts';
import type { PostReply } from '../../http/posts.ts';
import { secondsUntil } from '../../kernel/clock.ts';

export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  /** RFC 8707 §2. */
  | 'invalid_target'
  /** RFC 9449 §5, §8. */
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  /** RFC 6750 §3.1. */
  | 'invalid_token'
  /** RFC 7009 §2.2.1. */
  | 'unsupported_token_type'
  /** RFC 7591 §3.2.2. */
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  /** RFC 7592 §2.2, whose 403 has no word of its own. */
  | 'access_denied'
  | 'temporarily_unavailable'
  | 'server_error';

export interface OAuthError {
  readonly error: OAuthErrorCode;
  readonly status: number;
  readonly retryAt?: number | undefined;
}

export const oauthError = (error: OAuthErrorCode, status = 400): OAuthError => ({ error, status });

type Reason =
  | NoToken
  | (Introspected & { state: 'refused' })['reason']
  | (Revoked & { state: 'refused' })['reason'];

const ERRORS: Readonly<Record<Reason, OAuthError>> = Object.freeze({
  malformed: oauthError('invalid_request'),
  wrong: oauthError('invalid_client', 401),
  used: oauthError('invalid_client', 401),
  throttled: oauthError('temporarily_unavailable', 429),
  busy: oauthError('temporarily_unavailable', 503),
  'no-such-resource': oauthError('invalid_target'),
  scope: oauthError('invalid_scope'),
  'not-permitted': oauthError('unauthorized_client'),
  'no-session': oauthError('invalid_grant'),
  'unproven-key': oauthError('invalid_grant'),
  unavailable: oauthError('server_error', 500),
  unbound: oauthError('invalid_dpop_proof'),
  'bad-subject': oauthError('invalid_request'),
  token: oauthError('invalid_token', 401),
});

export function errorOf(refused: {
  readonly reason: Reason;
  readonly retryAt?: number;
}): OAuthError {
  return { ...ERRORS[refused.reason], retryAt: refused.retryAt };
}

/** One that lacks a nonce, or has one that is over, is on its way to be a good one. */
export const isBadProof = ({ error }: OAuthError): boolean => error === 'invalid_dpop_proof';

/** How a client tried to show who it is: the challenge is in the same words (RFC 6749 §5.2, RFC 9449 §7.1). */
export type Scheme = 'Basic' | 'Bearer' | 'DPoP' | undefined;

/** RFC 6749 §5.1: nobody between us keeps it. */
const HEADERS = { 'content-type': JSON_TYPE, 'cache-control': 'no-store', pragma: 'no-cache' };

export const errorText = (error: OAuthErrorCode): string => `{"error":"${error}"}`;

export function errorHeaders(
  { error, status, retryAt }: OAuthError,
  scheme: Scheme,
  now: number,
): Readonly<Record<string, string>> {
  const challenge = scheme === 'Basic' ? 'Basic realm="sallyport"' : `${scheme} error="${error}"`;
  return {
    ...HEADERS,
    ...(retryAt !== undefined && { 'retry-after': String(secondsUntil(retryAt, now)) }),
    ...(status === 401 && scheme !== undefined && { 'www-authenticate': challenge }),
  };
}

export function sendError(
  reply: PostReply,
  error: OAuthError,
  scheme: Scheme,
  now: number,
): PostReply {
  reply.code(error.status).headers(errorHeaders(error, scheme, now));
  return reply.send(errorText(error.error));
}

export function sendJson(reply: PostReply, text: string, status = 200): PostReply {
  return reply.code(status).headers(HEADERS).send(text);
}
