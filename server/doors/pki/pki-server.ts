/**
 * /pki by plain HTTP on a port of its own: everything in it is signed, and nothing else is served. Every limit that the
 * listener of the other doors has, this one has too.
 */
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { bytesOf } from '../../http/bodies.ts';
import { shareConnections } from '../../http/connection-shares.ts';
import { defaultLimits } from '../../http/limits.ts';
import { boundPipelines } from '../../http/pipelines.ts';
import { MINUTE, SECOND } from '../../kernel/clock.ts';
import type { SocketDoor } from '../../kernel/socket-door.ts';
import { LARGEST_OCSP, OCSP_REQUEST, type PkiAnswer, type PkiAnswers } from './pki-answers.ts';
import type { PkiConfig } from './pki-config.ts';

export interface PkiServerDeps {
  readonly answers: PkiAnswers;
  readonly config: Pick<PkiConfig, 'host' | 'port'>;
  readonly report: (fault: unknown) => void;
  /** At once. */
  readonly connections?: number;
  /** Milliseconds for which nobody reads an answer. */
  readonly still?: number;
}

const CONNECTIONS = 10_000;
const STILL = 3 * MINUTE;
const LONGEST_ADDRESS = 8192;

export function createPkiServer({
  answers,
  config,
  report,
  connections = CONNECTIONS,
  still = STILL,
}: PkiServerDeps): SocketDoor {
  const { host, port } = config;
  const server = http.createServer(
    { maxHeaderSize: 16 * 1024, headersTimeout: 10 * SECOND, connectionsCheckingInterval: 2000 },
    boundPipelines((request, response) => {
      answer(request, response).catch((fault) => {
        report(fault);
        refuse(response, 500);
      });
    }),
  );
  server.requestTimeout = 20 * SECOND;
  server.keepAliveTimeout = defaultLimits.keepAliveMs;
  server.timeout = still;
  shareConnections(server, connections);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '' } = request;
    const path = url.split('?', 1)[0] ?? '';
    if (url.length > LONGEST_ADDRESS) return refuse(response, 414);
    if (method === 'GET' || method === 'HEAD') {
      const found = await answers.get(path);
      return found === undefined ? refuse(response, 404) : send(response, found);
    }
    if (method !== 'POST' || path !== '/pki/ocsp') return refuse(response, 404);
    if (request.headers['content-type']?.toLowerCase() !== OCSP_REQUEST) {
      return refuse(response, 415);
    }
    const body = await bytesOf(request, LARGEST_OCSP);
    if (!body.ok) return body.error === 'gone' ? undefined : refuse(response, 413);
    send(response, await answers.ocsp(body.value));
  }

  return {
    id: 'pki',
    async start() {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      const bound = server.address();
      const at = typeof bound === 'object' && bound !== null ? bound.port : port;
      return [
        `certificates and lists on http://${host.includes(':') ? `[${host}]` : host}:${at}/pki`,
      ];
    },
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

function send(response: ServerResponse, { type, body, maxAge }: PkiAnswer): void {
  const kept = `public, max-age=${maxAge}, no-transform, must-revalidate`;
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'cache-control': maxAge === undefined ? 'no-store' : kept,
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${status}\n`);
}
