/**
 * A whole house with every door open, wired as `serve` wires it, on a free port of this computer; and ways to knock: as a
 * browser that keeps cookies, as a program with a token, and as neither, with any path, header or body just as it is given.
 */
import http from 'node:http';
import https from 'node:https';
import { API_PREFIX, type OperationName, operations } from '@sallyport/contract/api/operations.ts';
import type { z } from 'zod';
import { configSchema } from '../../server/config/sections.ts';
import type { oidcConfig } from '../../server/doors/oidc/oidc-config.ts';
import { createMeters } from '../../server/doors/ops/meters.ts';
import type { proxyConfig } from '../../server/doors/proxy/proxy-config.ts';
import { createCsrfTokens } from '../../server/http/csrf.ts';
import type { HttpDoor } from '../../server/http/http-door.ts';
import type { ListenerOptions } from '../../server/http/listener.ts';
import { createDoors } from '../../server/main/doors.ts';
import type { HouseSettings } from '../../server/main/house.ts';
import { freePort } from './free-port.ts';
import { openTestHouse, type TestHouse } from './house.ts';
import { startListener } from './http-listener.ts';
import { createWebClient, type Reach, type WebClient } from './web-client.ts';

export interface Route {
  readonly door: string;
  readonly method: string;
  readonly path: string;
}

export interface Knock {
  readonly method?: string;
  /** Sent as it stands: nothing is resolved or encoded. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests say what they expect of it.
  readonly json: any;
}

export interface Call {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as a bearer token. */
  readonly token?: string;
  /** Sent as the session cookie, with the form token of its pages. */
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ServedHouse extends TestHouse {
  readonly origin: string;
  readonly port: number;
  /** Every line that was logged. */
  readonly logged: string[];
  /** What the doors mounted, read from the application itself. */
  readonly routes: readonly Route[];
  /** A browser that nobody has used yet. */
  browser(): WebClient;
  send(knock: Knock): Promise<Answer>;
  /** One operation of the API. */
  api(name: OperationName, call?: Call): Promise<Answer>;
  /** The form token that pages in this session carry. */
  csrf(session: string): string;
  /** A name of ours as it is on the wire, such as `__Host-sallyport-session`. */
  cookieName(name: 'session' | 'key' | 'flow' | 'device'): string;
}

export interface ServedOptions {
  /** What the house is made with, beside its settings. */
  readonly parts?: Parameters<typeof openTestHouse>[1];
  readonly settings?: Partial<HouseSettings>;
  readonly listener?: Partial<ListenerOptions>;
  readonly listen?: { readonly trustedNetworks?: readonly string[] };
  readonly proxy?: z.input<typeof proxyConfig>;
  readonly oidc?: z.input<typeof oidcConfig>;
  /** Sections of doors that are closed unless somebody opens them. */
  readonly config?: Pick<z.input<typeof configSchema>, 'est' | 'acme'>;
}

export async function openServedHouse(options: ServedOptions = {}): Promise<ServedHouse> {
  const port = await freePort();
  const tls = options.listener?.tls !== undefined;
  const origin = options.listener?.origin ?? `${tls ? 'https' : 'http'}://localhost:${port}`;
  const { hostname } = new URL(origin);
  const test = await openTestHouse(
    { site: { rpId: hostname, origins: [origin] }, ...options.settings },
    options.parts,
  );
  const { house } = test;
  const config = configSchema.parse({
    listen: options.listen ?? {},
    proxy: options.proxy ?? {},
    oidc: options.oidc ?? {},
    ...options.config,
  });
  const routes: Route[] = [];
  const server = await startListener(
    (listener) =>
      createDoors({ house, config, listener, meters: createMeters() }).map((door) =>
        noted(door, routes),
      ),
    { port, ...options.listener },
  );
  const { reach, hangUp } = transport({ origin, port, tls });
  const tokens = createCsrfTokens(house.vault.derive('web'));
  const cookieName = (name: string) =>
    `${origin.startsWith('https:') ? '__Host-' : ''}sallyport-${name}`;

  async function send({ path, ...init }: Knock): Promise<Answer> {
    const response = await reach(origin + path, init);
    const text = await response.text();
    const { status, headers } = response;
    const isJson = /^application\/(problem\+)?json/.test(headers.get('content-type') ?? '');
    return { status, headers, text, json: isJson && text !== '' ? JSON.parse(text) : undefined };
  }

  return {
    ...test,
    origin,
    port,
    routes,
    logged: server.logged,
    cookieName,
    send,
    arrival: (change = {}) => test.arrival({ origin, ...change }),
    browser: () => createWebClient(origin, reach),
    csrf: (session) => tokens.issue({ session }),

    api(name, call = {}) {
      const { method, path } = operations[name];
      const place = path.replaceAll(/\{(\w+)\}/g, (_, part: string) =>
        encodeURIComponent(call.params?.[part] ?? ''),
      );
      const query = call.query === undefined ? '' : `?${new URLSearchParams(call.query)}`;
      return send({
        method,
        path: API_PREFIX + place + query,
        headers: {
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
          ...(call.cookie === undefined
            ? {}
            : {
                cookie: `${cookieName('session')}=${call.cookie}`,
                origin,
                'x-csrf-token': tokens.issue({ session: call.cookie }),
              }),
          ...call.headers,
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      });
    },

    async close() {
      hangUp();
      await server.listener.stop();
      await test.close();
    },
  };
}

/** The door as it is, its routes written down as it mounts them. */
function noted(door: HttpDoor, routes: Route[]): HttpDoor {
  return {
    ...door,
    mount(app) {
      app.addHook('onRoute', ({ method, url }) => {
        for (const each of [method].flat()) routes.push({ door: door.id, method: each, path: url });
      });
      door.mount(app);
    },
  };
}

/** `fetch` without a browser's manners: it sends any Host and any path, and trusts whatever certificate the test made. */
function transport(at: { origin: string; port: number; tls: boolean }): {
  reach: Reach;
  hangUp(): void;
} {
  const { origin, port, tls } = at;
  const agent = new (tls ? https : http).Agent({ keepAlive: true });
  const request = tls ? https.request : http.request;
  return {
    hangUp: () => agent.destroy(),
    reach: (url, { method = 'GET', headers, body } = {}) =>
      new Promise((resolve, reject) => {
        const sent = new Headers({
          host: new URL(origin).host,
          ...Object.fromEntries(new Headers(headers)),
        });
        const bytes = bytesOf(body);
        if (body instanceof URLSearchParams && !sent.has('content-type')) {
          sent.set('content-type', 'application/x-www-form-urlencoded');
        }
        if (bytes !== undefined) sent.set('content-length', String(bytes.length));
        const asked = request(
          {
            ...{ host: 'localhost', port, agent, method, path: url.slice(origin.length) },
            headers: Object.fromEntries(sent),
            rejectUnauthorized: false,
          },
          (message) => {
            const parts: Buffer[] = [];
            message.on('data', (part: Buffer) => parts.push(part));
            message.on('error', reject);
            message.on('end', () => {
              const given = new Headers();
              for (let i = 0; i < message.rawHeaders.length; i += 2) {
                // Names stand at even places, values beside them.
                given.append(message.rawHeaders[i]!, message.rawHeaders[i + 1]!);
              }
              const status = message.statusCode ?? 0;
              const text = Buffer.concat(parts).toString();
              const bare = status === 204 || status === 304;
              resolve(new Response(bare ? null : text, { status, headers: given }));
            });
          },
        );
        asked.on('error', reject);
        asked.end(bytes);
      }),
  };
}

function bytesOf(body: RequestInit['body']): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof URLSearchParams) return Buffer.from(body.toString());
  if (body instanceof Uint8Array) return Buffer.from(body);
  throw new TypeError('tests send texts, forms and bytes');
}
