/** What anyone may read: the keys, what this server can do (RFC 8414, OpenID Connect Discovery), and which grants have ended. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { JWKS_MAX_AGE, type SigningKeys } from '../../../authority/signing-keys.ts';
import { dpopAlgs } from '../../../gate/entry/dpop.ts';
import type { TokenStates } from '../../../gate/use-cases/processes/token-states.ts';
import { JSON_TYPE } from '../../../http/bodies.ts';
import { RefusedRequest } from '../../../http/refusal.ts';
import { SECOND } from '../../../kernel/clock.ts';
import { ownGrants } from './token-endpoint.ts';

export type Metadata = Readonly<Record<string, unknown>>;

export interface PublishedDeps {
  readonly signing: SigningKeys;
  readonly states: Pick<TokenStates, 'ended'>;
  readonly issuer: () => string;
  readonly clientCertificates: boolean;
  /** What the provider adds for people: lists are joined, all else is its own. */
  readonly more: (() => Metadata) | undefined;
}

const KEYS_AGE = `public, max-age=${JWKS_MAX_AGE / SECOND}`;

export function mountPublished(app: FastifyInstance, deps: PublishedDeps): void {
  const { signing, states, issuer, more } = deps;

  // Nothing here takes a question: what is asked all the same is not what it seems to be.
  const plain = { onRequest: refuseQuestions };

  app.get('/oidc/jwks', plain, async (_, reply) => {
    await signing.ready();
    reply.header('content-type', 'application/jwk-set+json').header('cache-control', KEYS_AGE);
    open(reply);
    return reply.send(signing.jwksText());
  });

  app.get('/oidc/status', plain, async (_, reply) => {
    reply.header('content-type', 'application/statuslist+jwt');
    reply.header('cache-control', 'public, max-age=2');
    open(reply);
    return reply.send(await states.ended());
  });

  const metadata = () => joined(ownMetadata(issuer(), deps.clientCertificates), more?.() ?? {});
  for (const path of [
    '/oidc/.well-known/openid-configuration',
    '/oidc/.well-known/oauth-authorization-server',
    // Where RFC 8414 §3.1 has it for an issuer with a path.
    '/.well-known/oauth-authorization-server/oidc',
    '/.well-known/openid-configuration/oidc',
  ]) {
    app.get(path, plain, (_, reply) => {
      reply.header('content-type', JSON_TYPE).header('cache-control', KEYS_AGE);
      open(reply);
      return reply.send(JSON.stringify(metadata()));
    });
  }
}

function refuseQuestions(request: FastifyRequest, _: unknown, done: (error?: Error) => void) {
  done(request.raw.url?.includes('?') ? new RefusedRequest('bad-request') : undefined);
}

/** Programs in browsers of other sites read these too. */
function open(reply: { header(name: string, value: string): unknown }): void {
  reply.header('access-control-allow-origin', '*');
  reply.header('cross-origin-resource-policy', 'cross-origin');
}

const ASSERTION_ALGS = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'];

function ownMetadata(issuer: string, clientCertificates: boolean): Metadata {
  const auth = [
    'private_key_jwt',
    ...(clientCertificates ? ['tls_client_auth', 'self_signed_tls_client_auth'] : []),
    'client_secret_basic',
    'client_secret_post',
  ];
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    introspection_endpoint: `${issuer}/introspect`,
    revocation_endpoint: `${issuer}/revoke`,
    ended_grants_uri: `${issuer}/status`,
    grant_types_supported: [...ownGrants],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: auth,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    introspection_endpoint_auth_methods_supported: auth,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    revocation_endpoint_auth_methods_supported: auth,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    dpop_signing_alg_values_supported: dpopAlgs,
    tls_client_certificate_bound_access_tokens: clientCertificates,
  };
}

function joined(own: Metadata, more: Metadata): Metadata {
  const both: Record<string, unknown> = { ...more, ...own };
  for (const [name, value] of Object.entries(more)) {
    const ours = own[name];
    if (!Array.isArray(ours) || !Array.isArray(value)) continue;
    both[name] = [...new Set([...ours, ...value])];
  }
  return both;
}
