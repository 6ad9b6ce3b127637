/**
 * OAuth 2 and OpenID Connect, `/oidc`: one issuer, one token endpoint, two halves behind it.
 *
 *   own/        what processes do for themselves: tokens by their own proofs, exchange, introspection, revocation; the keys, the
 *               metadata, the list of what ended. Each request is one entry at the gate. And how applications register themselves.
 *   provider/   what people do: codes, refresh, consent, logout. Whatever is not in the first half is handed on to it.
 *
 * Both read forms in one way (form.ts) and refuse in the same words (oauth-answer.ts).
 *
 * Nothing is decided here: requests are read strictly, the gate is asked, and its answer is told in the words of RFC 6749 §5.2.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { SigningKeys } from '../../authority/signing-keys.ts';
import type { Arrival } from '../../gate/arrival.ts';
import type { Dpop } from '../../gate/entry/dpop.ts';
import type { NoteRefusedRequest } from '../../gate/throttles/request-refusals.ts';
import type { AppRegistration } from '../../gate/use-cases/apps/registration/app-registration.ts';
import type { ProcessTokens } from '../../gate/use-cases/processes/process-tokens.ts';
import type { TokenStates } from '../../gate/use-cases/processes/token-states.ts';
import { FORM_TYPE } from '../../http/bodies.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import type { Post, PostReply, PostRequest } from '../../http/posts.ts';
import { type HttpRefusal, RefusedRequest } from '../../http/refusal.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Networks } from '../../kernel/networks.ts';
import { type Form, formOf, MOST_BYTES, readForm, readForms } from './form.ts';
import { oauthError, sendError } from './oauth-answer.ts';
import { type Metadata, mountPublished } from './own/published.ts';
import { mountRegistration, registrationAt } from './own/registration-endpoint.ts';
import { createRequests } from './own/requests.ts';
import { createStateEndpoints } from './own/state-endpoints.ts';
import { createTokenEndpoint, ownGrants } from './own/token-endpoint.ts';

/** The other half. It answers on the response itself. */
export interface ProviderHalf {
  handle(request: IncomingMessage, response: ServerResponse, came: Came): void;
  /** Whether a token that is none of ours may be one of its own: then revocation is its business. */
  knows(token: string): boolean;
  metadata(): Metadata;
}

/** How a request came, with what certificate of its connection, and its form where that was read to see whose it is. */
export interface Came {
  readonly arrival: Arrival;
  readonly certificate: Uint8Array | undefined;
  readonly form: Form | undefined;
}

export interface OidcDeps {
  readonly clock: Clock;
  readonly signing: SigningKeys;
  readonly processTokens: ProcessTokens;
  readonly tokenStates: TokenStates;
  readonly dpop: Dpop;
  readonly refusedRequest: NoteRefusedRequest;
  readonly issuer: () => string;
  readonly trustedNetwork: Networks;
  /** Whether clients can show a certificate to this server. */
  readonly clientCertificates: boolean;
  readonly provider: ProviderHalf;
  /** Of applications by themselves; undefined where it is not switched on. */
  readonly registration?: AppRegistration | undefined;
}

const FOR_CLIENTS: ReadonlySet<string> = new Set([
  '/oidc/token',
  '/oidc/introspect',
  '/oidc/revoke',
]);
/** Nothing is encoded in a path of ours, doubled or left empty. */
const PLAIN_TARGET = /^(?:\/[\w.-]+)+(?:\?[^#]*)?$/;
const OWN_GRANTS: ReadonlySet<string> = new Set(ownGrants);

export function createOidcDoor(deps: OidcDeps): HttpDoor {
  const { clock, signing, processTokens, tokenStates: states, issuer } = deps;
  const { provider, registration } = deps;
  const requests = createRequests(deps);
  const token = createTokenEndpoint({ clock, tokens: processTokens, requests });
  const { introspect, revoke } = createStateEndpoints({ clock, states, requests });

  /** The headers that every answer carries go with it. */
  function handOn(request: PostRequest, reply: PostReply, form?: Form): void {
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.hijack();
    const arrival = requests.arrival(request);
    const certificate = requests.certificate(request);
    provider.handle(request.raw, reply.raw, { arrival, certificate, form });
  }

  const routes = {
    async token(request: PostRequest, reply: PostReply) {
      const form = formOf(request);
      const grant = form.get('grant_type');
      if (grant === undefined) {
        await requests.refused(request, 'request');
        return sendError(reply, oauthError('invalid_request'), undefined, clock.now());
      }
      return OWN_GRANTS.has(grant) ? token(request, reply) : handOn(request, reply, form);
    },
    async revoke(request: PostRequest, reply: PostReply) {
      const form = formOf(request);
      const shown = form.get('token');
      const isTheirs = shown !== undefined && provider.knows(shown);
      return isTheirs ? handOn(request, reply, form) : revoke(request, reply);
    },
  };

  const isForClients = ({ method, source, url }: PostRequest) =>
    method === 'POST' && source !== undefined && FOR_CLIENTS.has(url.split('?')[0] ?? '');

  function refuse(request: PostRequest, reply: PostReply, { status, code }: HttpRefusal): void {
    const error =
      status >= 500
        ? 'server_error'
        : code === 'throttled'
          ? 'temporarily_unavailable'
          : 'invalid_request';
    const answer = () => sendError(reply, oauthError(error, status), undefined, clock.now());
    // What comes twice, in the form or in the headers, is refused before it is read.
    if (code !== 'bad-request' || !isForClients(request)) return void answer();
    void requests.refused(request, 'request').then(answer);
  }

  const post = (path: string, answer: Post['answer']): Post => ({
    path,
    type: FORM_TYPE,
    most: MOST_BYTES,
    read: (bytes) => readForm(bytes, 'once'),
    answer,
    refuse,
  });

  return {
    id: 'oidc',
    prefix: '/oidc',
    mount(app) {
      // One spelling for each address, so that whoever goes by it, here or behind us, means the same one.
      app.addHook('onRequest', async (request) => {
        if (!PLAIN_TARGET.test(request.raw.url ?? '')) throw new RefusedRequest('not-found');
      });
      app.register(async (own: FastifyInstance) => {
        readForms(own);
        const options = { bodyLimit: MOST_BYTES };
        own.post('/oidc/token', options, routes.token);
        own.post('/oidc/introspect', options, introspect);
        own.post('/oidc/revoke', options, routes.revoke);
        const { clientCertificates } = deps;
        const more = (): Metadata => ({
          ...provider.metadata(),
          ...(registration && { registration_endpoint: registrationAt(issuer()) }),
        });
        mountPublished(own, { signing, states, issuer, clientCertificates, more });
      });
      if (registration !== undefined) {
        app.register(async (own: FastifyInstance) =>
          mountRegistration(own, { registration, requests, issuer, clock }),
        );
      }
      app.register(async (theirs: FastifyInstance) => {
        // Their bodies are theirs to read.
        theirs.removeAllContentTypeParsers();
        theirs.addContentTypeParser('*', (_request, _payload, done) => done(null));
        theirs.all('/oidc/*', (request, reply) => handOn(request, reply));
      });
    },
    posts: [post('/oidc/token', routes.token), post('/oidc/introspect', introspect)],
    refuse,
  };
}
