/**
 * What a proxy asks about: the request of a client, told in headers. Whoever writes these headers decides whose request is
 * judged, so they count from trusted proxies alone, and each of them once. A client can add headers of its own to the request
 * that a proxy tells of; so what is missing, doubled, malformed or says two things is refused, and nothing is guessed.
 */
import type { IncomingMessage } from 'node:http';
import { type SourceAddress, sourceAddress } from '../../http/source-address.ts';
import { createBoundedMap, LONGEST_REMEMBERED, remembered } from '../../kernel/bounded-map.ts';
import type { Networks } from '../../kernel/networks.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';

/** A request that a client made of a site. */
export interface Asked {
  readonly method: string;
  readonly secure: boolean;
  /** In small letters, with its port where that is not the usual one. */
  readonly host: string;
  /** As the client sent it, before the query. */
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  readonly source: SourceAddress;
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
  readonly dpop: string | undefined;
  readonly certificate: string | undefined;
  readonly origin: string | undefined;
  readonly referer: string | undefined;
  readonly fetchSite: string | undefined;
  readonly userAgent: string | undefined;
  /** A browser asks whether another site may make a request (Fetch §3.2.2); it never carries anybody's proof. */
  readonly preflight: boolean;
  readonly upgrade: boolean;
  /** Somebody is at a browser that goes to a page, and can be sent elsewhere. */
  readonly page: boolean;
}

export type AskedFault =
  | 'not-a-proxy'
  | 'by-the-front-door'
  | 'missing'
  | 'doubled'
  | 'contradictory'
  | 'malformed'
  | 'identity-sent'
  | 'hop-by-hop'
  | 'method-hidden';

/** How the request is told of: in headers, or, as Envoy does, as the very request with a prefix before its path. */
export type Telling =
  | { readonly in: 'headers' }
  | { readonly in: 'itself'; readonly target: string };

export interface AskedRules {
  /** Who may tell of requests. */
  readonly proxies: Networks;
  /**
   * The name under which our own pages are served, where a proxy stands before these too: what comes under it was sent by a
   * client, and handed on to us. As `plainHost` gives it.
   */
  readonly frontDoor: () => string | undefined;
  /** Where a proxy puts the certificate that a client proved to hold, and which proxies do. */
  readonly certificate: { readonly header: string; readonly from: Networks } | undefined;
}

const SLOTS = {
  host: 0,
  'x-forwarded-method': 1,
  'x-forwarded-proto': 2,
  'x-forwarded-host': 3,
  'x-forwarded-uri': 4,
  'x-forwarded-for': 5,
  'x-original-url': 6,
  'x-original-method': 7,
  cookie: 8,
  authorization: 9,
  dpop: 10,
  origin: 11,
  upgrade: 12,
  'access-control-request-method': 13,
  'sec-fetch-mode': 14,
  'sec-fetch-dest': 15,
  'sec-fetch-site': 16,
  accept: 17,
  referer: 18,
  'user-agent': 19,
  'x-http-method-override': 20,
  'x-http-method': 21,
  'x-method-override': 22,
  'x-rewrite-url': 23,
  connection: 24,
} as const;
type Slot = keyof typeof SLOTS;
const CERTIFICATE = 25;
const NOTHING = 26;
const FORBIDDEN = 27;
const TWIN = 28;

/** Ours to set and nobody's to send. */
const IDENTITY = /^x-sallyport-/;
/**
 * RFC 9110 §7.6.1: headers that `Connection` names are taken away by the next proxy, ours among them. So a client could have
 * taken from an application what we tell it.
 */
const OWN_HOPS = new Set(['', 'close', 'keep-alive', 'upgrade', 'te']);
const METHOD = /^[A-Z]{1,16}$/;
const HOST =
  /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*(?::[1-9]\d{0,4})?$/;
/** Visible ASCII (RFC 3986 has no more), without `#`, which no request target has. */
const TARGET = /^\/[\x21\x22\x24-\x7e]*$/;
const LONGEST_TARGET = 8192;
const LONGEST_HOST = 260;
/** Of a WebSocket's handshake Traefik says `wss`. */
const SCHEMES = new Map([
  ['https', true],
  ['wss', true],
  ['http', false],
  ['ws', false],
]);
/** How many spellings of names, and how many addresses, are kept read. */
const MOST_KEPT = 4096;

export type ReadAsked = (message: IncomingMessage, telling: Telling) => Result<Asked, AskedFault>;

export function createReadAsked(rules: AskedRules): ReadAsked {
  const certificate = rules.certificate?.header.toLowerCase();
  const names = new Map<string, number>([
    ...(certificate === undefined ? [] : [[certificate, CERTIFICATE] as const]),
    ...Object.entries(SLOTS),
  ]);
  const sources = createBoundedMap<string, SourceAddress>(MOST_KEPT);

  /**
   * CGI and WSGI make a variable of each name (RFC 3875 §4.1.18), with underscores for hyphens, and some servers for all but letters and
   * digits: what comes to the same is, to an application, one of these all the same.
   */
  const slotOf = remembered(MOST_KEPT, (name) => {
    const lower = name.toLowerCase();
    const taken = lower.replaceAll(/[^a-z0-9]/g, '-');
    return (
      names.get(lower) ?? (IDENTITY.test(taken) ? FORBIDDEN : names.has(taken) ? TWIN : NOTHING)
    );
  });
  const plainNameOf = remembered(MOST_KEPT, plainHost);
  const isProxy = remembered(MOST_KEPT, (address) => rules.proxies(mapped(address)));

  /** Undefined where a proxy did not say it, or said what is no address. */
  function sourceOf(socketAddress: string, forwardedFor: string): SourceAddress | undefined {
    const key = `${socketAddress} ${forwardedFor}`;
    const known = sources.get(key);
    if (known !== undefined) return known;
    const read = sourceAddress(socketAddress, forwardedFor, rules.proxies);
    if (!read.ok) return undefined;
    if (key.length <= LONGEST_REMEMBERED) sources.set(key, read.value);
    return read.value;
  }

  return (message, telling) => {
    const socketAddress = message.socket.remoteAddress ?? '';
    if (!isProxy(socketAddress)) return failed('not-a-proxy');
    const raw = message.rawHeaders;
    const values: (string | undefined)[] = new Array(FORBIDDEN + 1);
    for (let at = 0; at < raw.length; at += 2) {
      const slot = slotOf(raw[at]!); // Names stand at even places, values beside them.
      if (slot === NOTHING) continue;
      if (slot === FORBIDDEN) return failed('identity-sent');
      if (slot === TWIN) return failed('doubled');
      if (slot === SLOTS.connection) {
        if (!isOwnHop(raw[at + 1]!)) return failed('hop-by-hop');
        continue;
      }
      if (values[slot] !== undefined) {
        if (slot === SLOTS.accept) continue; // A list may come in several lines, and decides nothing.
        return failed('doubled');
      }
      values[slot] = raw[at + 1];
    }
    return read(values, socketAddress, telling, message.method ?? '');
  };

  function isFrontDoor(host: string | undefined): boolean {
    const name = rules.frontDoor();
    if (name === undefined || host === undefined) return false;
    if (host.length > LONGEST_HOST) return true; // Nobody's name, and not worth reading.
    return plainNameOf(host) === name;
  }

  function read(
    values: readonly (string | undefined)[],
    socketAddress: string,
    telling: Telling,
    ownMethod: string,
  ): Result<Asked, AskedFault> {
    const get = (name: Slot) => values[SLOTS[name]];
    if (isFrontDoor(get('host'))) return failed('by-the-front-door');
    const told =
      telling.in === 'headers' ? toldInHeaders(get) : toldByItself(get, telling, ownMethod);
    if (!told.ok) return told;
    const { method, scheme, target } = told.value;
    const secure = SCHEMES.get(scheme);
    if (secure === undefined || !METHOD.test(method)) return failed('malformed');
    if (target.length > LONGEST_TARGET || !TARGET.test(target)) return failed('malformed');
    const host = hostOf(told.value.host, secure);
    if (host === undefined) return failed('malformed');
    for (const name of ['x-http-method-override', 'x-http-method', 'x-method-override'] as const) {
      // Some applications would do this method instead of the one that was judged.
      if (get(name) !== undefined && get(name) !== method) return failed('method-hidden');
    }
    const rewritten = get('x-rewrite-url');
    if (rewritten !== undefined && rewritten !== target) return failed('contradictory');
    const forwardedFor = get('x-forwarded-for');
    if (forwardedFor === undefined) return failed('missing');
    const source = sourceOf(socketAddress, forwardedFor);
    if (source === undefined) return failed('malformed');
    const certificate = values[CERTIFICATE];
    // From a proxy that does not set this header, it is the client's own.
    if (certificate && !rules.certificate?.from(mapped(socketAddress)))
      return failed('contradictory');
    const at = target.indexOf('?');
    const upgrade = get('upgrade') !== undefined;
    return ok({
      method,
      secure,
      host,
      path: at < 0 ? target : target.slice(0, at),
      query: at < 0 ? '' : target.slice(at + 1),
      source,
      cookie: get('cookie'),
      authorization: get('authorization'),
      dpop: get('dpop'),
      certificate: certificate || undefined,
      origin: get('origin'),
      referer: get('referer'),
      fetchSite: get('sec-fetch-site'),
      userAgent: get('user-agent'),
      preflight: method === 'OPTIONS' && get('access-control-request-method') !== undefined,
      upgrade,
      page: !upgrade && isPage(get),
    });
  }
}

interface Told {
  readonly method: string;
  readonly scheme: string;
  readonly host: string;
  readonly target: string;
}

type Get = (name: Slot) => string | undefined;

/** X-Forwarded-*, or nginx's X-Original-*; who says both has to say the same. */
function toldInHeaders(get: Get): Result<Told, AskedFault> {
  const original = get('x-original-url');
  const whole = original === undefined ? undefined : wholeUrl(original);
  if (original !== undefined && whole === undefined && !original.startsWith('/')) {
    return failed('malformed');
  }
  const method = agreed(get('x-forwarded-method'), get('x-original-method'));
  const scheme = agreed(get('x-forwarded-proto'), whole?.scheme);
  const host = agreed(get('x-forwarded-host'), whole?.host);
  const target = agreed(get('x-forwarded-uri'), whole === undefined ? original : whole.target);
  if (!method.ok || !scheme.ok || !host.ok || !target.ok) return failed('contradictory');
  if (!method.value || !scheme.value || !host.value || !target.value) return failed('missing');
  return ok({ method: method.value, scheme: scheme.value, host: host.value, target: target.value });
}

/** Where the request stands for itself, headers that tell of one can only be the client's. */
function toldByItself(
  get: Get,
  { target }: { readonly target: string },
  method: string,
): Result<Told, AskedFault> {
  const scheme = get('x-forwarded-proto');
  const host = get('host');
  if (scheme === undefined || host === undefined) return failed('missing');
  const others = [
    agreed(get('x-forwarded-method'), method),
    agreed(get('x-original-method'), method),
    agreed(get('x-forwarded-host'), host),
    agreed(get('x-forwarded-uri'), target),
    agreed(get('x-original-url'), target),
  ];
  if (others.some((other) => !other.ok)) return failed('contradictory');
  return ok({ method, scheme, host, target });
}

function agreed(
  one: string | undefined,
  other: string | undefined,
): Result<string | undefined, 'two'> {
  return one === undefined || other === undefined || one === other
    ? ok(one ?? other)
    : failed('two');
}

const WHOLE = /^([a-z]{2,5}):\/\/([^/?#@\\]+)(\/.*)$/;

function wholeUrl(text: string): Omit<Told, 'method'> | undefined {
  const [, scheme, host, target] = WHOLE.exec(text) ?? [];
  return scheme && host && target ? { scheme, host, target } : undefined;
}

/** Upper and lower case are one name to DNS (RFC 4343); a last dot is another name to browsers, and so to cookies. */
export function hostOf(text: string, secure: boolean): string | undefined {
  const lower = text.toLowerCase();
  if (lower.length > LONGEST_HOST || !HOST.test(lower)) return undefined;
  const usual = secure ? ':443' : ':80';
  return lower.endsWith(usual) ? lower.slice(0, -usual.length) : lower;
}

/** One spelling of the names that lead to one server: `ID.example.com.:443` and `id.example.com`. */
export function plainHost(text: string): string {
  const [, name = '', port = ''] = /^(.*?)\.*(?::0*(\d*))?$/.exec(text.trim().toLowerCase()) ?? [];
  return port === '' || port === '443' ? name : `${name}:${port}`;
}

function isOwnHop(connection: string): boolean {
  if (connection === 'keep-alive' || connection === 'close') return true;
  return connection
    .toLowerCase()
    .split(',')
    .every((name) => OWN_HOPS.has(name.trim()));
}

function isPage(get: Get): boolean {
  const mode = get('sec-fetch-mode');
  if (mode === undefined) return get('accept')?.includes('text/html') === true;
  const target = get('sec-fetch-dest');
  return mode === 'navigate' && (target === undefined || target === 'document');
}

/** RFC 4291 §2.5.5.2: how a socket for both families names an IPv4 address. */
function mapped(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
