/**
 * The way of a browser from a site to our pages and back: it sets out with a value that this site alone gave it, and comes back
 * with a ticket that is good once, at that host, together with that value. So nobody can be signed in at a site as somebody
 * else by a link (CWE-352), and a ticket that was read in a log or a history is of no use.
 */
import { hash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Arrival } from '../../gate/arrival.ts';
import type { SiteFault } from '../../gate/throttles/site-refusals.ts';
import type { SiteEntries } from '../../gate/use-cases/sites/site-entries.ts';
import { createCookieJar } from '../../http/cookies.ts';
import { base64url, utf8 } from '../../kernel/bytes.ts';
import type { Random } from '../../kernel/random.ts';
import { refuse, type SentElsewhere, type Style, send } from './answers.ts';
import type { Asked } from './asked.ts';

/** Ours at every site. */
export const OWN_PATHS = '/.sallyport';
const BACK = '/.sallyport/back';
const LEAVE = '/.sallyport/leave';
/** From a form that could not be sent, and where the way ends that begins there: in a tab beside the form's. */
const AGAIN = '/.sallyport/again';
const SIGNED_IN = '/.sallyport/signed-in';
const METHOD = /^[A-Z]{1,16}$/;
const TICKET = /^ticket=([A-Za-z0-9_-]{1,128})$/;
const WAY = /^[A-Za-z0-9_-]{32}$/;
/** So that with all that comes around it an address stays one that every browser and proxy takes. */
const LONGEST_BACK = 1000;

export interface Way {
  begin(asked: Asked): SentElsewhere;
  /** The address at the site where the way begins that a form has to wait for. */
  again(asked: Asked): string;
  own(asked: Asked, arrival: Arrival, style: Style, response: ServerResponse): Promise<void>;
}

export function createWay(deps: {
  readonly origin: () => string;
  readonly random: Random;
  readonly entries: Pick<SiteEntries, 'open' | 'leave'>;
  /** Refuses, on record. */
  readonly turnAway: (
    asked: Asked,
    fault: SiteFault,
    arrival: Arrival,
    response: ServerResponse,
  ) => Promise<void>;
}): Way {
  const { origin, random, entries, turnAway } = deps;
  const jars = { https: createCookieJar(true), http: createCookieJar(false) };
  const jarOf = ({ secure }: Asked) => jars[secure ? 'https' : 'http'];

  /** The value that this browser has from before, so that two tabs can set out at once. */
  function wayOf(asked: Asked): string | undefined {
    const cookies = jarOf(asked).read(asked.cookie);
    const way = cookies.ok ? cookies.value.get('way') : undefined;
    return way !== undefined && WAY.test(way) ? way : undefined;
  }

  function formerOf(asked: Asked): string | undefined {
    const cookies = jarOf(asked).read(asked.cookie);
    return cookies.ok ? cookies.value.get('site') || undefined : undefined;
  }

  async function back(
    asked: Asked,
    arrival: Arrival,
    style: Style,
    response: ServerResponse,
  ): Promise<void> {
    const [, ticket] = TICKET.exec(asked.query) ?? [];
    if (asked.method !== 'GET' || ticket === undefined) {
      return turnAway(asked, 'malformed', arrival, response);
    }
    const way = wayOf(asked);
    // Also of a browser without any: the ticket is spent when it is shown.
    const opened = await entries.open(ticket, way, asked.host, arrival, formerOf(asked));
    if (!opened.ok) return refuse(response, 'ticket-not-good');
    const { token, back: to } = opened.value;
    send(response, style, { to: siteOf(asked) + to, cookie: jarOf(asked).set('site', token) });
  }

  async function leave(
    asked: Asked,
    arrival: Arrival,
    style: Style,
    response: ServerResponse,
  ): Promise<void> {
    // Another site can't sign anyone out; a link of the site itself, or typing the address, can. Nor can what somebody put on a page
    // of the site, such as an image, which is fetched for all who look at it.
    if (isForeign(asked)) return turnAway(asked, 'other-site', arrival, response);
    if (!asked.page) return turnAway(asked, 'no-page', arrival, response);
    const cookies = jarOf(asked).read(asked.cookie);
    if (!cookies.ok) return turnAway(asked, 'malformed-cookie', arrival, response);
    const token = cookies.value.get('site');
    if (token) await entries.leave(token, asked.host, arrival);
    send(response, style, { to: `${origin()}/signed-out`, cookie: jarOf(asked).clear('site') });
  }

  interface Wanted {
    readonly method: string;
    readonly path: string;
    readonly back: string;
  }

  function setOut(asked: Asked, { method, path, back }: Wanted): SentElsewhere {
    const known = wayOf(asked);
    const way = known ?? base64url(random.bytes(24));
    const query = new URLSearchParams({
      to: siteOf(asked) + back,
      way: base64url(hash('sha256', utf8(way), 'buffer')),
      method,
      path: path.length <= LONGEST_BACK ? path : '/',
    });
    return {
      to: `${origin()}/gate/begin?${query}`,
      cookie: known === undefined ? jarOf(asked).set('way', way) : undefined,
    };
  }

  /** To sign in for what the form wants, as a link of the page that stands in its place says. */
  function setOutAgain(
    asked: Asked,
    arrival: Arrival,
    style: Style,
    response: ServerResponse,
  ): Promise<void> | undefined {
    if (isForeign(asked)) return turnAway(asked, 'other-site', arrival, response);
    const said = new URLSearchParams(asked.query);
    const method = said.get('method') ?? '';
    const path = said.get('path') ?? '';
    const whole = said.size === 2 && METHOD.test(method) && path.startsWith('/');
    if (asked.method !== 'GET' || !whole) return turnAway(asked, 'malformed', arrival, response);
    return send(response, style, setOut(asked, { method, path, back: SIGNED_IN }));
  }

  return {
    begin: (asked) =>
      setOut(asked, { method: asked.method, path: asked.path, back: backTo(asked) }),

    again({ method, path }) {
      const query = new URLSearchParams({ method, path: path.length <= LONGEST_BACK ? path : '/' });
      return `${AGAIN}?${query}`;
    },

    async own(asked, arrival, style, response) {
      if (asked.path === BACK) return back(asked, arrival, style, response);
      if (asked.path === LEAVE) return leave(asked, arrival, style, response);
      if (asked.path === AGAIN) return setOutAgain(asked, arrival, style, response);
      if (asked.path === SIGNED_IN)
        return send(response, style, { to: `${origin()}/gate/signed-in` });
      return turnAway(asked, 'not-found', arrival, response);
    },
  };
}

function isForeign({ fetchSite }: Asked): boolean {
  return fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none';
}

function siteOf({ secure, host }: Asked): string {
  return `${secure ? 'https' : 'http'}://${host}`;
}

/** A page is gone back to; a form can't be sent again, so the page that it stood on is. */
function backTo(asked: Asked): string {
  const { method, path, query, referer } = asked;
  if (method === 'GET' || method === 'HEAD') return short(query === '' ? path : `${path}?${query}`);
  const site = siteOf(asked);
  return referer?.startsWith(`${site}/`)
    ? short(referer.slice(site.length).split('#')[0] ?? '/')
    : '/';
}

function short(back: string): string {
  return back.length <= LONGEST_BACK ? back : '/';
}
