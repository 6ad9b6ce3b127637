/**
 * What all HTTP doors stand on: one server with every limit set, security headers on every answer, request ids, the source
 * address, and strict bodies. A door mounts its routes on it and says how its refusals look (http-door.ts).
 *
 * A route reads its input by `fitForm`, `fitQuery` or `fitJson`, each with a strict schema. Fastify's own query parser is
 * switched off, because it would turn a doubled parameter into a list without a word.
 *
 * Logs tell method, route pattern, status and time; never an address as typed (an enrolment link has its secret there), a
 * body, cookie, authorization header or query string. Who came from where stands in the record, sealed, and not in a log.
 */
import type https from 'node:https';
import type { FastifyInstance } from 'fastify';
import { Fault } from '../kernel/fault.ts';
import type { Later } from '../kernel/later.ts';
import { parseNetworks } from '../kernel/networks.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import { type AppDeps, buildApp } from './app.ts';
import { createHosts } from './hosts.ts';
import type { HttpDoor } from './http-door.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { createOpenSockets } from './open-sockets.ts';
import { isLoopbackAddress } from './place-words.ts';
import { baseHeaders } from './security-headers.ts';

export interface ListenerDeps extends AppDeps {
  readonly later: Later;
}

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly origin?: string | undefined;
  /** PEM texts, already read. */
  readonly tls?:
    | {
        readonly certificate: string;
        readonly key: string;
        /** Ask for one. Whoever has none comes in all the same; whose one is, is for the gate to say. */
        readonly clientCertificates?: boolean;
      }
    | undefined;
  readonly trustedProxies?: readonly string[];
  readonly limits?: Partial<Limits>;
}

export type ListenerFault =
  | { readonly code: 'plain-off-loopback' }
  | { readonly code: 'not-a-network'; readonly entry: string };

export interface Listener {
  /** Whether browsers reach us over HTTPS: here, or at a proxy in front. */
  readonly secure: boolean;
  /** The address that browsers know us by; with port 0 known only after `start`. */
  origin(): string;
  start(doors: readonly HttpDoor[]): Promise<{ readonly origin: string }>;
  /** Serves with these from the next handshake on; connections that stand are left alone. */
  renewTls(tls: { readonly certificate: string; readonly key: string }): void;
  /** Once what is under way is done, or its time is over. */
  stop(): Promise<void>;
}

export function createListener(
  deps: ListenerDeps,
  options: ListenerOptions,
): Result<Listener, ListenerFault> {
  const loopback = options.host === 'localhost' || isLoopbackAddress(options.host);
  if (options.tls === undefined && !loopback) return failed({ code: 'plain-off-loopback' });
  const trusted = parseNetworks(options.trustedProxies ?? []);
  if (!trusted.ok) return failed({ code: 'not-a-network', entry: trusted.error });

  const hosts = createHosts({ ...options, secure: options.tls !== undefined, loopback });
  const secure = hosts.origin().startsWith('https:');
  const rules = { hosts, trusted: trusted.value, headers: baseHeaders(secure) };
  const limits = { ...defaultLimits, ...options.limits };
  const tls = options.tls && {
    cert: options.tls.certificate,
    key: options.tls.key,
    requestCert: options.tls.clientCertificates ?? false,
    rejectUnauthorized: false,
  };
  const sockets = createOpenSockets();
  let app: FastifyInstance | undefined;

  return ok({
    secure,
    origin: () => hosts.origin(),
    async start(doors) {
      if (app !== undefined) throw new Fault('door', 'the listener was started twice');
      app = buildApp(deps, rules, limits, doors, sockets, tls);
      await app.listen({ host: options.host, port: options.port });
      const address = app.server.address();
      if (address !== null && typeof address === 'object') hosts.listensOn(address.port);
      return { origin: hosts.origin() };
    },
    renewTls({ certificate, key }) {
      const server = app?.server as Partial<https.Server> | undefined; // Of a plain one it has no such method.
      server?.setSecureContext?.({ cert: certificate, key, minVersion: 'TLSv1.2' });
    },
    async stop() {
      const closed = app?.close();
      sockets.endSilent();
      const cancel = deps.later(limits.endMs, () => sockets.endAll());
      await closed;
      cancel();
    },
  });
}
