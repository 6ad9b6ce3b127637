/**
 * A fastify plugin. Every route of the instance that it is registered on needs a valid token, unless its `config.access` says
 * `'public'`; what more a route needs stands in the same place. So a route that was forgotten is closed.
 */
import type { AccessToken, Needs, Verifier } from '../verifier.ts';
import { type NodeRequest, nodeRequest } from './node-request.ts';
import { refusalBody } from './refusal-body.ts';

/** In `config.access` of a route. */
export type RouteAccess = Needs | 'public';

export interface FastifyRequestLike {
  readonly raw: NodeRequest;
  readonly originalUrl: string;
  readonly routeOptions: { readonly config: unknown };
}

export interface FastifyReplyLike {
  code(status: number): unknown;
  headers(values: Record<string, string>): unknown;
  send(body: string): unknown;
}

export interface FastifyLike {
  decorateRequest(name: 'access', value: null): unknown;
  addHook(
    name: 'onRequest',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<unknown>,
  ): unknown;
}

export interface FastifyGuardOptions {
  readonly verifier: Verifier;
  /** Behind a proxy that ends TLS: the certificate that it hands on, in a header that only it can set. */
  readonly clientCertificate?: (request: FastifyRequestLike) => Uint8Array | string | undefined;
}

/** `app.register(guardFastify, { verifier })`; the token is at `request.access`. */
export async function guardFastify(app: FastifyLike, options: FastifyGuardOptions): Promise<void> {
  const { verifier, clientCertificate } = options;
  app.decorateRequest('access', null);
  app.addHook('onRequest', async (request, reply) => {
    const needs = accessOf(request.routeOptions.config);
    if (needs === 'public') return undefined;
    const asked = nodeRequest(request.raw, request.originalUrl);
    const verdict = await verifier.verify(
      clientCertificate ? { ...asked, clientCertificate: clientCertificate(request) } : asked,
      needs,
    );
    if (verdict.state === 'granted') {
      // `decorateRequest` above made the place for it.
      (request as { access?: AccessToken | null }).access = verdict.token;
      reply.headers({ ...verdict.headers });
      return undefined;
    }
    reply.code(verdict.status);
    reply.headers({ ...verdict.challenge, 'Content-Type': 'application/json' });
    return reply.send(refusalBody(verdict));
  });
}

function accessOf(config: unknown): RouteAccess {
  if (typeof config !== 'object' || config === null || !('access' in config)) return {};
  // Written by the programmer of the route; `verify` throws for what makes no sense, which fastify answers with a fault.
  return config.access === undefined ? {} : (config.access as RouteAccess);
}

// fastify gives a plugin an instance of its own; this one is for the instance that it is registered on.
Object.assign(guardFastify, { [Symbol.for('skip-override')]: true });
