/**
 * The proxy door, `/gate/check`: a proxy asks, for each request to a site behind it, whether it may pass. docs/proxy.md has the
 * recipes for nginx, Caddy, HAProxy, Traefik and Envoy. One request goes this way:
 *
 *   asked      what the proxy tells, from trusted proxies alone and in one way only (asked.ts)
 *   shown      which one credential comes with it: the site's cookie, a token, a certificate (credential.ts)
 *   check      the gate's use case: the site's rules, the policy, what was kept of both (gate/use-cases/sites/site-check.ts)
 *   answer     passes with who it is, sends to sign in or to step up, or refuses (answers.ts, identity.ts)
 *
 * Below `/.sallyport/` of each site lie addresses of ours, reached through the same check: where the ticket comes back
 * (way.ts), where one leaves, and where one signs in for a form that waits (unsent-page.ts). What goes wrong anywhere refuses:
 * nothing in here passes by falling through.
 *
 * It answers before any routing, since it is asked tens of thousands of times a second.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { SigningKeys } from '../../authority/signing-keys.ts';
import type { Arrival } from '../../gate/arrival.ts';
import type { NoteRefusedAtSite, SiteFault } from '../../gate/throttles/site-refusals.ts';
import type { SiteEntries } from '../../gate/use-cases/sites/site-entries.ts';
import type { SiteCheck, SiteVerdict } from '../../gate/use-cases/sites/site-words.ts';
import type { HttpDoor } from '../../http/http-door.ts';
import { type SourceAddress, sourceAddress, sourcesIn } from '../../http/source-address.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Ids } from '../../kernel/id.ts';
import type { Networks } from '../../kernel/networks.ts';
import type { Notice } from '../../kernel/notice.ts';
import type { Random } from '../../kernel/random.ts';
import {
  holdForm,
  pass,
  refuse,
  type SentElsewhere,
  type Style,
  send,
  showUnsent,
  unauthenticated,
} from './answers.ts';
import { type Asked, type AskedRules, createReadAsked, type Telling } from './asked.ts';
import { createReadCredential, fromOwnPage } from './credential.ts';
import { createIdentity } from './identity.ts';
import { createUnknownSites } from './unknown-sites.ts';
import { createWay, OWN_PATHS } from './way.ts';

export interface ProxyDoorDeps {
  readonly check: SiteCheck['check'];
  readonly entries: Pick<SiteEntries, 'open' | 'leave'>;
  /** Notes what is refused before anyone is asked who they are. */
  readonly refused: NoteRefusedAtSite;
  readonly signing: Pick<SigningKeys, 'ready' | 'sign'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly origin: () => string;
  readonly issuer: () => string;
  /** Whether people reach us over HTTPS; then sites too are entered over HTTPS alone. */
  readonly secure: boolean;
  readonly rules: AskedRules;
  readonly trustedNetwork: Networks;
  readonly report: (fault: unknown) => void;
  readonly notice: Notice;
}

const PREFIX = '/gate/check';
/** Where Envoy puts the whole request behind: its path follows. */
const AS_IT_IS = '/gate/check/as-is';
const IN_HEADERS: Telling = { in: 'headers' };

type Granted = Extract<SiteVerdict, { state: 'granted' }>;

export function createProxyDoor(deps: ProxyDoorDeps): HttpDoor {
  const { check, clock, ids, trustedNetwork, secure, report } = deps;
  const readAsked = createReadAsked(deps.rules);
  const readCredential = createReadCredential();
  const unknownSite = createUnknownSites(clock, deps.notice);
  const identity = createIdentity({ signing: deps.signing, clock, issuer: deps.issuer });
  const way = createWay({
    origin: deps.origin,
    random: deps.random,
    entries: deps.entries,
    turnAway: ({ host }, fault, arrival, response) => turnAway(fault, host, arrival, response),
  });
  const isTrusted = sourcesIn(trustedNetwork);

  function answer(request: IncomingMessage, response: ServerResponse): void {
    request.resume(); // Envoy and others may send along a body, which nobody here reads.
    try {
      judge(request, response)?.catch((fault) => fail(response, fault));
    } catch (fault) {
      fail(response, fault);
    }
  }

  function fail(response: ServerResponse, fault: unknown): void {
    report(fault);
    if (response.headersSent) response.destroy();
    else refuse(response, 'unavailable');
  }

  /** Waits only where there is something to wait for: most requests are answered in the turn in which they came. */
  function judge(request: IncomingMessage, response: ServerResponse): Promise<void> | undefined {
    const how = howAsked(request);
    if (how === undefined) return turnAway('not-found', undefined, unreadFrom(request), response);
    const asked = readAsked(request, how.telling);
    if (!asked.ok) return turnAway(asked.error, undefined, unreadFrom(request), response);
    const { value } = asked;
    const not = (fault: SiteFault) => turnAway(fault, value.host, arrivalOf(value), response);
    // A cookie that plain HTTP carries is no proof of anything; but for trying things out on one machine.
    if (secure && !value.secure) return not('not-secure');
    if (value.path.startsWith(OWN_PATHS)) {
      return way.own(value, arrivalOf(value), how.style, response);
    }
    if (how.unsent === true) {
      if (!isOwnForm(value)) return not('malformed');
      return showUnsent(response, { host: value.host, to: way.again(value) });
    }
    const credential = readCredential(value);
    if (!credential.ok) return not(credential.error);
    const verdict = check({
      host: value.host,
      method: value.method,
      path: value.path,
      uri: `${siteOf(value)}${value.path}`,
      shown: credential.value,
      preflight: value.preflight,
      arrival: arrivalOf(value),
    });
    return verdict instanceof Promise
      ? verdict.then((one) => tell(one, value, how.style, response))
      : tell(verdict, value, how.style, response);
  }

  /** On record first: where that can't be written, the answer is the same to whoever asked, and says why. */
  async function turnAway(
    fault: SiteFault,
    host: string | undefined,
    arrival: Arrival,
    response: ServerResponse,
  ): Promise<void> {
    await deps.refused(fault, host, arrival);
    refuse(response, fault);
  }

  function tell(
    verdict: SiteVerdict,
    asked: Asked,
    style: Style,
    response: ServerResponse,
  ): Promise<void> | undefined {
    switch (verdict.state) {
      case 'granted':
        if (isToRenew(verdict, asked)) return send(response, style, way.begin(asked));
        return passOn(verdict, asked, response);
      case 'refused':
        if (verdict.reason === 'no-such-site') unknownSite(asked.host);
        return refuse(response, verdict.reason);
      case 'nobody':
        if (asked.page) return lead(asked, style, response);
        // A script of the site's own page can lead there. What is no browser has no use for it.
        if (verdict.shown && asked.fetchSite !== undefined) {
          return unauthenticated(response, OVER, elsewhere(way.begin(asked)));
        }
        return unauthenticated(response, verdict.shown ? OVER : NOTHING_SHOWN);
      case 'challenged': {
        if (asked.page) return lead(asked, style, response);
        return unauthenticated(response, tooOld(verdict.freshFor), elsewhere(way.begin(asked)));
      }
    }
  }

  /** Whoever goes to a page is sent on; a form stays where it is, since what was written in it would be lost on the way. */
  function lead(asked: Asked, style: Style, response: ServerResponse): undefined {
    const begin = way.begin(asked);
    if (!isOwnForm(asked)) return send(response, style, begin);
    return holdForm(response, style, { host: asked.host, again: way.again(asked), begin });
  }

  /** A form goes through while its cookie is good: the way by our pages would lose it. */
  function isToRenew({ renewAt }: Granted, { page, method }: Asked): boolean {
    return renewAt !== undefined && page && method === 'GET' && clock.now() >= renewAt;
  }

  function passOn(
    verdict: Granted,
    asked: Asked,
    response: ServerResponse,
  ): Promise<void> | undefined {
    const headers = identity.headersOf(verdict, siteOf(asked));
    if (headers instanceof Promise) return headers.then((made) => pass(response, made));
    return pass(response, headers);
  }

  function arrivalOf({ source, userAgent }: Asked): Arrival {
    return new AskedArrival(source, isTrusted(source), userAgent, ids);
  }

  /** Of a request that can't be read: the client that the proxy names, where it names one in one way, else who called. */
  function unreadFrom({ socket, headersDistinct }: IncomingMessage): Arrival {
    const [named, another] = headersDistinct['x-forwarded-for'] ?? [];
    const once = another === undefined ? named : undefined;
    const read = [once, undefined].map((hops) =>
      sourceAddress(socket.remoteAddress, hops, deps.rules.proxies),
    );
    const source = read.find(({ ok }) => ok);
    const known = source?.ok ? source.value : NOWHERE;
    return new AskedArrival(known, isTrusted(known), undefined, ids);
  }

  return {
    id: 'proxy',
    prefix: PREFIX,
    early: { prefix: PREFIX, answer },
    mount() {},
    refuse: (_request, reply: FastifyReply, refused) => {
      reply.type('text/plain; charset=utf-8').send(`${refused.status} ${refused.code}\n`);
    },
  };
}

/** Of a socket that was closed meanwhile. */
const NOWHERE: SourceAddress = Object.freeze({ address: '', network: '' });
const NO_KINDS: Arrival['carries'] = Object.freeze([]);

class AskedArrival implements Arrival {
  readonly door = 'proxy';
  readonly channel = 'proxy';
  readonly address: string;
  readonly network: string;
  readonly trustedNetwork: boolean;
  readonly userAgent: string | undefined;
  readonly origin = undefined;
  readonly device = undefined;
  readonly carries = NO_KINDS;
  readonly #ids: Ids;
  #name: string | undefined;

  constructor(
    { address, network }: SourceAddress,
    trustedNetwork: boolean,
    userAgent: string | undefined,
    ids: Ids,
  ) {
    this.address = address;
    this.network = network;
    this.trustedNetwork = trustedNetwork;
    this.userAgent = userAgent;
    this.#ids = ids;
  }

  /** Named when somebody asks: most requests are on record as a count. */
  get request(): string {
    this.#name ??= this.#ids.next<'request'>();
    return this.#name;
  }
}

/** Where a page that asked in the background may go, to be let in again. */
function elsewhere({ to, cookie }: SentElsewhere): readonly string[] {
  const headers = ['X-Sallyport-Step-Up', to];
  return cookie === undefined ? headers : [...headers, 'Set-Cookie', cookie];
}

/** RFC 6750 §3, RFC 9470 §3. */
const NOTHING_SHOWN = 'Bearer';
const OVER = 'Bearer error="invalid_token"';
const tooOld = (seconds: number) =>
  `Bearer error="insufficient_user_authentication", error_description="a fresher proof is wanted", max_age=${seconds}`;

function siteOf({ secure, host }: Asked): string {
  return `${secure ? 'https' : 'http'}://${host}`;
}

/** What another site sent is not to be sent again by anybody's leave. */
function isOwnForm(asked: Asked): boolean {
  const { page, method } = asked;
  return page && method !== 'GET' && method !== 'HEAD' && fromOwnPage(asked);
}

interface How {
  readonly telling: Telling;
  readonly style: Style;
  /** Nothing is judged: the page is asked for that stands in the place of a form's answer. */
  readonly unsent?: true;
}

const UNSENT_URL = `${PREFIX}?unsent`;
const FOR_UNSENT: How = Object.freeze({ telling: IN_HEADERS, style: 'redirect', unsent: true });
const BY_REDIRECT_URL = `${PREFIX}?redirect`;
const BY_STATUS: How = Object.freeze({ telling: IN_HEADERS, style: 'status' });
const BY_REDIRECT: How = Object.freeze({ telling: IN_HEADERS, style: 'redirect' });

function howAsked({ url = '' }: IncomingMessage): How | undefined {
  if (url === PREFIX) return BY_STATUS;
  if (url === BY_REDIRECT_URL) return BY_REDIRECT;
  if (url === UNSENT_URL) return FOR_UNSENT;
  return url.startsWith(`${AS_IT_IS}/`)
    ? { telling: { in: 'itself', target: url.slice(AS_IT_IS.length) }, style: 'redirect' }
    : undefined;
}
