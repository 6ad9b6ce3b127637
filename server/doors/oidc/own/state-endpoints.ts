/** `POST /oidc/introspect` (RFC 7662) and `POST /oidc/revoke` (RFC 7009), for tokens of processes and of people alike. */
import type { Confirmation } from '../../../gate/entry/entering.ts';
import type { Asker, TokenStates } from '../../../gate/use-cases/processes/token-states.ts';
import { thumbprintOf } from '../../../http/client-certificate.ts';
import type { PostReply, PostRequest } from '../../../http/posts.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import { type Form, formOf } from '../form.ts';
import {
  errorOf,
  isBadProof,
  type OAuthError,
  oauthError,
  type Scheme,
  sendError,
  sendJson,
} from '../oauth-answer.ts';
import { presentedClient } from './client-authentication.ts';
import type { Requests } from './requests.ts';

export interface StateEndpointsDeps {
  readonly clock: Clock;
  readonly states: TokenStates;
  readonly requests: Requests;
}

const LONGEST_TOKEN = 16_384;
const BY_TOKEN = /^(Bearer|DPoP) ([A-Za-z0-9._~+/-]+=*)$/i;
const INACTIVE = '{"active":false}';

export function createStateEndpoints({ clock, states, requests }: StateEndpointsDeps) {
  function asker(request: PostRequest, form: Form): Result<Asker, OAuthError> {
    const { authorization, dpop } = request.headers;
    const [, scheme, token] = BY_TOKEN.exec(authorization ?? '') ?? [];
    if (scheme === undefined || token === undefined) {
      const client = presentedClient(form, authorization, requests.certificate(request));
      if (!client.ok) return failed(oauthError('invalid_request'));
      const { as, offers } = client.value;
      if (offers.length === 0) return failed(oauthError('invalid_client', 401));
      return ok({ by: 'proof', entry: { as, offers } });
    }
    const shown: Confirmation[] = [];
    const certificate = requests.certificate(request);
    if (certificate !== undefined) shown.push({ 'x5t#S256': thumbprintOf(certificate) });
    // A proof comes with its own scheme, and the scheme with a proof (RFC 9449 §7.1).
    if ((scheme.toLowerCase() === 'dpop') !== (dpop !== undefined)) {
      return failed(oauthError('invalid_token', 401));
    }
    if (dpop === undefined) return ok({ by: 'token', token, shown, key: undefined });
    const bound = requests.bound(request, '/introspect', token);
    if (!bound.ok) return bound;
    if (bound.value !== undefined) shown.push(bound.value.confirmation);
    return ok({ by: 'token', token, shown, key: bound.value });
  }

  return {
    async introspect(request: PostRequest, reply: PostReply): Promise<PostReply> {
      const form = formOf(request);
      const scheme = schemeOf(request.headers.authorization);
      const refuse = (error: OAuthError) => sendError(reply, error, scheme, clock.now());
      if (request.headers.dpop !== undefined) reply.header('dpop-nonce', requests.nonce());
      const token = form.get('token');
      const from = asker(request, form);
      if (!from.ok) {
        const { error } = from.error;
        if (error === 'invalid_request') await requests.refused(request, 'credentials');
        if (isBadProof(from.error)) await requests.refused(request, 'proof-of-possession');
        return refuse(from.error);
      }
      if (token === undefined || token.length > LONGEST_TOKEN) {
        await requests.refused(request, 'request');
        return refuse(oauthError('invalid_request'));
      }
      const told = await states.introspect(token, from.value, requests.arrival(request));
      if (told.state === 'refused') return refuse(errorOf(told));
      return sendJson(reply, told.claims === undefined ? INACTIVE : JSON.stringify(told.claims));
    },

    async revoke(request: PostRequest, reply: PostReply): Promise<PostReply> {
      const form = formOf(request);
      const { authorization } = request.headers;
      const scheme = authorization === undefined ? undefined : 'Basic';
      const refuse = (error: OAuthError) => sendError(reply, error, scheme, clock.now());
      const client = presentedClient(form, authorization, requests.certificate(request));
      if (!client.ok) {
        await requests.refused(request, 'credentials');
        return refuse(oauthError('invalid_request'));
      }
      const { as, offers } = client.value;
      if (offers.length === 0 && as === undefined) return refuse(oauthError('invalid_client', 401));
      const token = form.get('token');
      if (token === undefined || token.length > LONGEST_TOKEN) {
        await requests.refused(request, 'request');
        return refuse(oauthError('invalid_request'));
      }
      if (offers.length === 0 && as !== undefined) {
        const done = await states.revokeOfPublic(token, as, requests.arrival(request));
        if (done.state === 'refused') return refuse(oauthError('invalid_client', 401));
        const { origin } = request.headers;
        const isTheirs = done.redirectUris.some((uri) => URL.parse(uri)?.origin === origin);
        if (origin !== undefined && isTheirs) {
          reply.header('access-control-allow-origin', origin).header('vary', 'Origin');
        }
        return sendJson(reply, '{}');
      }
      const told = await states.revoke(token, { as, offers }, requests.arrival(request));
      // RFC 7009 §2.2: what is no token any more is as good as revoked.
      return told.state === 'refused' ? refuse(errorOf(told)) : sendJson(reply, '{}');
    },
  };
}

function schemeOf(authorization: string | undefined): Scheme {
  const [, word] = /^(Basic|Bearer|DPoP) /i.exec(authorization ?? '') ?? [];
  const known = { basic: 'Basic', bearer: 'Bearer', dpop: 'DPoP' } as const;
  return word === undefined ? undefined : known[word.toLowerCase() as keyof typeof known]; // As matched.
}
