/** What every request has to pass before any door sees it, cheapest first. */
import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Networks } from '../kernel/networks.ts';
import type { Hosts } from './hosts.ts';
import { type RefusalCode, RefusedRequest } from './refusal.ts';
import type { Headers } from './security-headers.ts';
import { type SourceAddress, sourceAddress } from './source-address.ts';

export interface AdmissionRules {
  readonly hosts: Hosts;
  readonly trusted: Networks;
  readonly headers: Headers;
  /** What is answered whatever Host says: whole paths, and beginnings that end in a slash. */
  readonly anyHost: readonly string[];
  /** What is answered where Host is an address, in the same form. */
  readonly byAddress: readonly string[];
}

/** Headers that decide something: of two, one reader would take the first and another the last (RFC 9110 §5.3). */
const SINGLE = new Map(
  [
    'host',
    'origin',
    'authorization',
    'content-type',
    'content-length',
    'cookie',
    'sec-fetch-site',
  ].map((name, at) => [name, 1 << at]),
);

export function createAdmission(rules: AdmissionRules) {
  const bySocket = new WeakMap<Socket, SourceAddress>();

  /** For a hook of the router's. */
  function admit(
    request: FastifyRequest,
    reply: FastifyReply,
    done: (error?: Error) => void,
  ): void {
    reply.headers(rules.headers);
    reply.header('x-request-id', request.id);
    const refused = refusalFor(request);
    if (refused === undefined) done();
    else done(new RefusedRequest(refused));
  }

  /** Where a request came from that passes all of it, and asks by a name of ours. */
  function admitted(message: IncomingMessage): SourceAddress | undefined {
    const source = sourceOf(message);
    const passes =
      source !== undefined &&
      !hasDoubledHeader(message.rawHeaders) &&
      rules.hosts.answersTo(message.headers.host);
    return passes ? source : undefined;
  }

  function refusalFor(request: FastifyRequest): RefusalCode | undefined {
    const source = sourceOf(request.raw);
    if (source === undefined) return 'bad-request';
    request.source = source;
    if (hasDoubledHeader(request.raw.rawHeaders)) return 'bad-request';
    const { host } = request.headers;
    if (rules.hosts.answersTo(host)) return undefined;
    const { url = '' } = request.raw;
    if (isOneOf(rules.anyHost, url)) return undefined;
    return isAddress(host) && isOneOf(rules.byAddress, url) ? undefined : 'misdirected';
  }

  function sourceOf(message: IncomingMessage): SourceAddress | undefined {
    const forwarded = message.headers['x-forwarded-for'];
    const known = forwarded === undefined ? bySocket.get(message.socket) : undefined;
    if (known !== undefined) return known;
    // Node joins several X-Forwarded-For headers in their order, so the type's array never comes.
    const text = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
    const read = sourceAddress(message.socket.remoteAddress, text, rules.trusted);
    if (!read.ok) return undefined;
    if (forwarded === undefined) bySocket.set(message.socket, read.value);
    return read.value;
  }

  return { admit, admitted };
}

function isOneOf(paths: readonly string[], url: string): boolean {
  return paths.some((path) => (path.endsWith('/') ? url.startsWith(path) : url === path));
}

/** An address with or without a port, as RFC 9110 §7.2 has it in Host. */
function isAddress(host = ''): boolean {
  const [, v6, v4] = /^(?:\[([\da-f:.]+)\]|([\d.]+))(?::\d{1,5})?$/i.exec(host) ?? [];
  return isIP(v6 ?? v4 ?? '') !== 0;
}

function hasDoubledHeader(rawHeaders: readonly string[]): boolean {
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const bit = SINGLE.get(rawHeaders[at]!.toLowerCase()) ?? 0; // Names stand at even places.
    if (seen & bit) return true;
    seen |= bit;
  }
  return false;
}
