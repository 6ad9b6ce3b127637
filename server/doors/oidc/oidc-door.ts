/**
 * OAuth 2 and OpenID Connect, `/oidc`: one issuer, one token endpoint, two halves behind it.
 *
 *   own/        what processes do for themselves: tokens by their own proofs, exchange, introspection, revocation; the keys, the
 *               metadata, the list of what ended. Each request is one entry at the gate.
 *   provider/   what people do: codes, refresh, consent, logout. Whatever is not in the first half is handed on to it.
 *
 * Nothing is decided here: requests are read strictly, the gate is asked, and its answer is told in the words of RFC 6749 §5.2.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SigningKeys } from '../../authority/signing-keys.ts';
import type { Arrival } from '../../gate/arrival.ts';
import type { Dpop } from '../../gate/entry/dpop.ts';
import type { NoteRefusedRequest } from '../../gate/throttles/request-refusals.ts';
import type { AppRegistration } from '../../gate/use-cases/apps/app-registration.ts';
import type { ProcessTokens } from '../../gate/use-cases/processes/process-tokens.ts';
import type { TokenStates } from '../../gate/use-cases/processes/token-states.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Networks } from '../../kernel/networks.ts';
import { formOf, readForms } from './own/form.ts';
import { JSON_TYPE } from './own/oauth-answer.ts';
import { type Metadata, mountPublished } from './own/published.ts';
import { mountRegistration, registrationAt } from './own/registration-endpoint.ts';
import { createRequests } from './own/requests.ts';
import { createStateEndpoints } from './own/state-endpoints.ts';
import { createTokenEndpoint, ownGrants } from './own/token-endpoint.ts';

/** The other half. It answers on the response itself; a body that was read already is in `request.body` as text. */
export interface ProviderHalf {
  handle(request: IncomingMessage, response: ServerResponse, came: Came): void;
  /** Whether a token that is none of ours may be one of its own: then revocation is its business. */
  knows(token: string): boolean;
  metadata(): Metadata;
}

/** How a request came, and with what certificate of its connection. */
export interface Came {
  readonly arrival: Arrival;
  readonly certificate: Uint8Array | undefined;
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
  readonly provider?: ProviderHalf | undefined;
  /** Of applications by themselves; undefined where it is not switched on. */
  readonly registration?: AppRegistration | undefined;
}

const MOST_BYTES = 48 * 1024;
const FOR_CLIENTS: ReadonlySet<string> = new Set([
  '/oidc/token',
  '/oidc/introspect',
  '/oidc/revoke',
]);
const OWN_GRANTS: ReadonlySet<string> = new Set(ownGrants);

export function createOidcDoor(deps: OidcDeps): HttpDoor {
  const { clock, signing, processTokens, tokenStates: states, issuer } = deps;
  const { provider, registration } = deps;
  const requests = createRequests(deps);
  const token = createTokenEndpoint({ clock, tokens: processTokens, requests });
  const { introspect, revoke } = createStateEndpoints({ clock, states, requests });

  /** What was read stays readable for the other half; the headers that every answer carries go with it. */
  function handOn(half: ProviderHalf, request: FastifyRequest, reply: FastifyReply): void {
    const { raw } = request;
    if (request.body !== undefined) Object.assign(raw, { body: formOf(request).text });
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    reply.hijack();
    const came = { arrival: requests.arrival(request), certificate: requests.certificate(request) };
    half.handle(raw, reply.raw, came);
  }

  const routes = {
    token(request: FastifyRequest, reply: FastifyReply) {
      const grant = formOf(request).get('grant_type');
      if (grant !== undefined && !OWN_GRANTS.has(grant)) {
        if (provider !== undefined) return handOn(provider, request, reply);
        return reply.code(400).type(JSON_TYPE).send('{"error":"unsupported_grant_type"}');
      }
      if (grant === undefined) {
        return reply.code(400).type(JSON_TYPE).send('{"error":"invalid_request"}');
      }
      return token(request, reply);
    },
    revoke: (request: FastifyRequest, reply: FastifyReply) =>
      isTheirs(request) ? handOn(provider!, request, reply) : revoke(request, reply), // As asked.
  };

  function isTheirs(request: FastifyRequest): boolean {
    const shown = formOf(request).get('token');
    return provider !== undefined && shown !== undefined && provider.knows(shown);
  }

  const isForClients = ({ method, source, url }: FastifyRequest) =>
    method === 'POST' && source !== undefined && FOR_CLIENTS.has(url.split('?')[0] ?? '');

  return {
    id: 'oidc',
    prefix: '/oidc',
    mount(app) {
      app.register(async (own: FastifyInstance) => {
        readForms(own);
        const options = { bodyLimit: MOST_BYTES };
        own.post('/oidc/token', options, async (request, reply) => routes.token(request, reply));
        own.post('/oidc/introspect', options, async (request, reply) => introspect(request, reply));
        own.post('/oidc/revoke', options, async (request, reply) => routes.revoke(request, reply));
        const { clientCertificates } = deps;
        const more = (): Metadata => ({
          ...provider?.metadata(),
          ...(registration && { registration_endpoint: registrationAt(issuer()) }),
        });
        mountPublished(own, { signing, states, issuer, clientCertificates, more });
      });
      if (registration !== undefined) {
        app.register(async (own: FastifyInstance) =>
          mountRegistration(own, { registration, requests, issuer, clock }),
        );
      }
      if (provider !== undefined) {
        app.register(async (theirs: FastifyInstance) => {
          // Their bodies are theirs to read.
          theirs.removeAllContentTypeParsers();
          theirs.addContentTypeParser('*', (_request, _payload, done) => done(null));
          theirs.all('/oidc/*', (request, reply) => handOn(provider, request, reply));
        });
      }
    },
    refuse(request, reply, { status, code }) {
      const error =
        status >= 500
          ? 'server_error'
          : code === 'throttled'
            ? 'temporarily_unavailable'
            : 'invalid_request';
      const answer = () =>
        reply.type(JSON_TYPE).header('pragma', 'no-cache').send(`{"error":"${error}"}`);
      // What comes twice, in the form or in the headers, is refused before it is read.
      if (code !== 'bad-request' || !isForClients(request)) return void answer();
      void requests.refused(request, 'request').then(answer);
    },
  };
}
