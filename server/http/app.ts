import http, { type RequestListener, STATUS_CODES } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Ids } from '../kernel/id.ts';
import { type AdmissionRules, createAdmission } from './admission.ts';
import { readBodies } from './bodies.ts';
import { shareConnections } from './connection-shares.ts';
import type { EarlyAnswers, HttpDoor } from './http-door.ts';
import type { Limits } from './limits.ts';
import type { OpenSockets } from './open-sockets.ts';
import { boundPipelines } from './pipelines.ts';
import { answeringPosts } from './posts.ts';
import { type HttpRefusal, refusal, refusalOf, socketRefusalOf } from './refusal.ts';
import type { Headers } from './security-headers.ts';
import type { SourceAddress } from './source-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    source: SourceAddress;
  }
}

export interface Answered {
  readonly method: string;
  /** The route's pattern, such as `/me/proofs/:id/remove`; empty when none was met. */
  readonly route: string;
  readonly status: number;
  readonly milliseconds: number;
}

export interface AppDeps {
  readonly ids: Ids;
  readonly log: Logger;
  /** For metrics: told of every answer. */
  readonly onAnswered?: (answered: Answered) => void;
}

export function buildApp(
  deps: AppDeps,
  rules: Omit<AdmissionRules, 'anyHost' | 'byAddress'>,
  limits: Limits,
  doors: readonly HttpDoor[],
  sockets: OpenSockets,
  tls?: {
    readonly cert: string;
    readonly key: string;
    readonly requestCert: boolean;
    readonly rejectUnauthorized: boolean;
  },
): FastifyInstance {
  const longestFirst = [...doors].sort((a, b) => b.prefix.length - a.prefix.length);
  const anyHost = doors.flatMap((door) => door.anyHost ?? []);
  const byAddress = doors.flatMap((door) => door.byAddress ?? []);
  const { admit, admitted } = createAdmission({ ...rules, anyHost, byAddress });

  const refuse = (request: FastifyRequest, reply: FastifyReply, refused: HttpRefusal) => {
    reply.code(refused.status);
    if (refused.retryAfter !== undefined) reply.header('retry-after', String(refused.retryAfter));
    const door = longestFirst.find((each) => request.raw.url?.startsWith(each.prefix));
    if (door !== undefined) door.refuse(request, reply, refused);
    else reply.type('text/plain; charset=utf-8').send(`${refused.status} ${refused.code}\n`);
  };

  const timing = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: limits.checkMs,
  };
  const handshake = { handshakeTimeout: limits.handshakeMs, minVersion: 'TLSv1.2' } as const;
  // Of people behind one address there may be many, each with a few connections.
  const shares = { part: 1 / 2, except: rules.trusted };
  const early = doors.flatMap((door) => (door.early === undefined ? [] : [door.early]));
  const posts = doors.flatMap((door) => door.posts ?? []);
  const onFault = (request: string, err: unknown) =>
    deps.log.error({ request, err }, 'a request failed');

  function onAnswered(request: string, answered: Answered): void {
    deps.onAnswered?.(answered);
    const level = answered.status >= 400 ? 'info' : 'debug';
    if (deps.log.isLevelEnabled(level)) deps.log[level]({ request, ...answered }, 'answered');
  }

  const app = fastify({
    serverFactory: (routed) => {
      const posted = answeringPosts(
        posts,
        {
          ids: deps.ids,
          headers: rules.headers,
          admitted,
          open: () => server.listening,
          onFault,
          onAnswered: (id, { path, ...of }) =>
            onAnswered(id, { method: 'POST', route: path, ...of }),
        },
        routed as RequestListener,
      );
      const answer = boundPipelines(answeringEarly(early, posted));
      const server =
        tls === undefined
          ? http.createServer(timing, answer)
          : https.createServer({ ...timing, ...handshake, ...tls }, answer);
      server.requestTimeout = limits.requestMs;
      server.keepAliveTimeout = limits.keepAliveMs;
      server.timeout = limits.stillMs;
      // A handshake that comes to nothing Node leaves to whoever hears of errors, with its connection.
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      shareConnections(server, limits.connections, shares);
      sockets.watch(server);
      return server;
    },
    logger: false,
    trustProxy: false,
    exposeHeadRoutes: true,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    forceCloseConnections: 'idle',
    requestIdHeader: false,
    genReqId: () => deps.ids.next<'request'>(),
    routerOptions: { maxParamLength: 256, querystringParser: () => ({}) },
    clientErrorHandler: (error, socket) =>
      answerSocket(socket, socketRefusalOf(error), rules.headers),
    frameworkErrors: (error, request, reply) => {
      // Found before routing, so the hooks have not run.
      const found = request as FastifyRequest; // Differs from it in type parameters alone.
      admit(found, reply as FastifyReply, () =>
        refuse(found, reply as FastifyReply, refusalOf(error)),
      );
    },
  }) as unknown as FastifyInstance; // Over TLS the type names another server class; nothing here depends on it.

  app.decorateRequest('source', undefined as unknown as SourceAddress); // Set on every request by `admit`.
  app.addHook('onRequest', admit);
  app.addHook('onResponse', (request, reply, done) => {
    onAnswered(request.id, {
      method: request.method,
      route: request.routeOptions.url ?? '',
      status: reply.statusCode,
      milliseconds: Math.round(reply.elapsedTime * 10) / 10,
    });
    done();
  });
  readBodies(app);
  app.setErrorHandler((error, request, reply) => {
    const refused = refusalOf(error);
    if (refused.code === 'fault') onFault(request.id, error);
    refuse(request, reply, refused);
  });
  app.setNotFoundHandler((request, reply) => refuse(request, reply, refusal('not-found')));
  for (const door of doors) app.register(async (scope) => door.mount(scope));
  return app;
}

function answeringEarly(early: readonly EarlyAnswers[], routed: RequestListener): RequestListener {
  if (early.length === 0) return routed;
  return (request, response) => {
    const url = request.url ?? '';
    for (const { prefix, answer } of early) {
      if (url.startsWith(prefix)) return answer(request, response);
    }
    routed(request, response);
  };
}

/** The answer to bytes that never became a request. */
function answerSocket(socket: Socket, refused: HttpRefusal, headers: Headers): void {
  if (socket.destroyed || !socket.writable) return;
  const body = `${refused.status} ${refused.code}\n`;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${refused.status} ${STATUS_CODES[refused.status]}\r\n${lines.join('')}` +
      `content-type: text/plain; charset=utf-8\r\ncontent-length: ${body.length}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}
