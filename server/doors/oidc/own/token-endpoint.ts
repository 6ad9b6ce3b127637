/**
 * `POST /oidc/token` for what processes ask for themselves. One request, one entry at the gate, one answer:
 *
 *     client_credentials   RFC 6749 §4.4, by a certificate, an assertion or, where policy lets it, a secret
 *     jwt-bearer           RFC 7523 §2.1: the assertion is the proof, and nothing else is shown
 *     token-exchange       RFC 8693: a token that came with a call, for one to call on with
 */
import type {
  IssuedToken,
  ProcessTokens,
  TokenAsked,
  TokenOutcome,
} from '../../../gate/use-cases/processes/process-tokens.ts';
import type { PostReply, PostRequest } from '../../../http/posts.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { type Form, formOf } from '../form.ts';
import {
  errorOf,
  isBadProof,
  type OAuthError,
  oauthError,
  sendError,
  sendJson,
} from '../oauth-answer.ts';
import { byAssertion, presentedClient } from './client-authentication.ts';
import type { Requests } from './requests.ts';

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';

export interface TokenEndpointDeps {
  readonly clock: Clock;
  readonly tokens: ProcessTokens;
  readonly requests: Requests;
}

/** The grants that this answers; all others are for people, and the provider's. */
export const ownGrants = ['client_credentials', EXCHANGE, JWT_BEARER] as const;

const LONGEST_SCOPES = 2048;
const LONGEST_AUDIENCE = 512;
/** RFC 6749 §3.3: one space between two. */
const SCOPES = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;

export function createTokenEndpoint({ clock, tokens, requests }: TokenEndpointDeps) {
  return async (request: PostRequest, reply: PostReply): Promise<PostReply> => {
    const form = formOf(request);
    const { authorization } = request.headers;
    const scheme = authorization === undefined ? undefined : 'Basic';
    const refuse = (error: OAuthError) => sendError(reply, error, scheme, clock.now());
    const bound = requests.bound(request, '/token');
    if (request.headers.dpop !== undefined) reply.header('dpop-nonce', requests.nonce());
    if (!bound.ok) {
      if (isBadProof(bound.error)) await requests.refused(request, 'proof-of-possession');
      return refuse(bound.error);
    }

    const grantType = form.get('grant_type');
    const client =
      grantType === JWT_BEARER
        ? assertionAlone(form, authorization)
        : presentedClient(form, authorization, requests.certificate(request));
    if (!client.ok) {
      await requests.refused(request, 'credentials');
      return refuse(oauthError('invalid_request'));
    }
    const { as, offers } = client.value;
    if (offers.length === 0) return refuse(oauthError('invalid_client', 401));
    const asked = askedFor(form);
    if (!asked.ok) return refuse(asked.error);
    const what: TokenAsked = { as, offers, bound: bound.value, ...asked.value };
    const arrival = requests.arrival(request);
    if (grantType !== EXCHANGE) {
      const outcome = await tokens.issue(what, arrival);
      if (outcome.state === 'issued') return sendJson(reply, written(outcome.issued));
      return refuse(refusedAs(outcome, grantType));
    }
    const subjectToken = subjectOf(form);
    if (subjectToken === undefined) {
      await requests.refused(request, 'request');
      return refuse(oauthError('invalid_request'));
    }
    const outcome = await tokens.exchange({ ...what, subjectToken }, arrival);
    if (outcome.state !== 'issued') return refuse(errorOf(outcome));
    return sendJson(reply, written(outcome.issued, TOKEN_TYPE));
  };
}

/** RFC 7523 §3.1: an assertion that is the grant itself and is no good is an `invalid_grant`. */
function refusedAs(outcome: TokenOutcome & { state: 'refused' }, grantType: string | undefined) {
  const error = errorOf(outcome);
  const grantIsWrong = grantType === JWT_BEARER && error.error === 'invalid_client';
  return grantIsWrong ? oauthError('invalid_grant') : error;
}

function assertionAlone(form: Form, authorization: string | undefined) {
  const assertion = form.get('assertion');
  const others = [authorization, form.get('client_secret'), form.get('client_assertion')];
  if (assertion === undefined || others.some((other) => other !== undefined)) {
    return failed('malformed' as const);
  }
  return byAssertion(assertion, form.get('client_id'));
}

/** `resource` (RFC 8707) and `audience` (RFC 8693) name the same here: one API, by its audience. */
function askedFor(form: Form): Result<Pick<TokenAsked, 'audience' | 'scopes'>, OAuthError> {
  const resource = form.get('resource');
  const audience = form.get('audience');
  if (resource !== undefined && audience !== undefined && resource !== audience) {
    return failed(oauthError('invalid_target'));
  }
  const wanted = resource ?? audience;
  if ((wanted?.length ?? 0) > LONGEST_AUDIENCE) return failed(oauthError('invalid_target'));
  const scope = form.get('scope');
  if (scope !== undefined && (scope.length > LONGEST_SCOPES || !SCOPES.test(scope))) {
    return failed(oauthError('invalid_scope'));
  }
  const scopes =
    scope === undefined ? [] : scope.includes(' ') ? [...new Set(scope.split(' '))] : [scope];
  return ok({ audience: wanted, scopes });
}

/** RFC 8693 §2.1. Who acts is whoever authenticates: a second token for that could only say something else. */
function subjectOf(form: Form): string | undefined {
  const token = form.get('subject_token');
  const type = form.get('subject_token_type');
  const wanted = form.get('requested_token_type');
  if (form.get('actor_token') !== undefined || form.get('actor_token_type') !== undefined) {
    return undefined;
  }
  if (type !== TOKEN_TYPE && type !== JWT_TYPE) return undefined;
  if (wanted !== undefined && wanted !== TOKEN_TYPE && wanted !== JWT_TYPE) return undefined;
  return token;
}

/** RFC 6749 §5.1. Nothing in it needs escaping but scopes, which have no quotation mark and no backslash. */
function written({ token, type, lifetime, scopes }: IssuedToken, issued?: string): string {
  const scope = scopes.length === 0 ? '' : `,"scope":"${scopes.join(' ')}"`;
  const kind = issued === undefined ? '' : `,"issued_token_type":"${issued}"`;
  return `{"access_token":"${token}","token_type":"${type}","expires_in":${lifetime}${scope}${kind}}`;
}
