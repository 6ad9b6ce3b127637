/**
 * The one translation from what the gate said to what outsiders are told: the closed list of RFC 6749 §5.2 and its extensions, by
 * code alone. Which part was wrong, and whether anybody goes by that name, is on record and is nobody's business here.
 */
import type { FastifyReply } from 'fastify';
import type { NoToken } from '../../../gate/use-cases/processes/process-tokens.ts';
import type { Introspected, Revoked } from '../../../gate/use-cases/processes/token-states.ts';
import { SECOND } from '../../../kernel/clock.ts';

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

export const JSON_TYPE = 'application/json';

/** How a client tried to show who it is: the challenge is in the same words (RFC 6749 §5.2, RFC 9449 §7.1). */
export type Scheme = 'Basic' | 'Bearer' | 'DPoP' | undefined;

export function sendError(
  reply: FastifyReply,
  { error, status, retryAt }: OAuthError,
  scheme: Scheme,
  now: number,
): FastifyReply {
  reply.code(status).header('content-type', JSON_TYPE).header('pragma', 'no-cache');
  if (retryAt !== undefined) {
    reply.header('retry-after', String(Math.max(1, Math.ceil((retryAt - now) / SECOND))));
  }
  if (status === 401 && scheme !== undefined) {
    reply.header(
      'www-authenticate',
      scheme === 'Basic' ? 'Basic realm="sallyport"' : `${scheme} error="${error}"`,
    );
  }
  return reply.send(`{"error":"${error}"}`);
}

export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  reply.header('content-type', JSON_TYPE).header('pragma', 'no-cache');
  return reply.send(text);
}
