/** A house behind a proxy, with a site; and ways to ask it what proxies ask, without one. */
import assert from 'node:assert/strict';
import { SiteDetail, type SiteRule } from '@sallyport/contract/resources.ts';
import type { z } from 'zod';
import type { Resource } from '../../server/subjects/resource.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import {
  type Answer,
  openServedHouse,
  type ServedHouse,
  type ServedOptions,
} from '../support/served-house.ts';

export const HOST = 'wiki.example.com';
export const OTHER = 'notes.example.com';

export const RULES: readonly z.input<typeof SiteRule>[] = [
  { path: '/*', function: 'read' },
  { path: '/admin/*', function: 'administer', sensitive: true },
  { path: '/keys/import', methods: ['POST'], function: 'import-keys', sensitive: true },
  { path: '/public/*', function: 'look', public: true },
  { path: '/api/*', methods: ['OPTIONS'], function: 'ask-leave', public: true },
];

export interface AskedAs {
  readonly method?: string;
  readonly host?: string;
  readonly path?: string;
  readonly query?: string;
  readonly cookie?: string;
  /** How the proxy wants to be answered; `redirect` hands on what we say. */
  readonly answer?: 'redirect' | 'unsent';
  /** More headers, or others: undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export interface ProxyHouse extends ServedHouse {
  readonly site: Resource;
  readonly ada: TestPerson;
  /** What a proxy would be told of a request. */
  ask(asked?: AskedAs): Promise<Answer>;
  /** A browser that goes to a page of a site, and keeps what it gets there. */
  at(host: string): SiteBrowser;
  signIn(): Promise<string>;
}

export interface SiteBrowser {
  readonly cookies: Map<string, string>;
  ask(asked?: AskedAs): Promise<Answer>;
  /** All the way by our pages, in this session, until it is back; gives the answer of the last step. */
  enter(session: string, asked?: AskedAs, keyProof?: string): Promise<Answer>;
  /** Only as far as the ticket: the address that it is to come back to. */
  ticket(session: string, asked?: AskedAs, keyProof?: string): Promise<URL>;
}

export async function addSite(
  { house }: Pick<ServedHouse, 'house'>,
  name: string,
  hosts: readonly string[],
  rules: readonly z.input<typeof SiteRule>[] = RULES,
  open: 'everyone' | 'listed' = 'everyone',
  more: Partial<z.input<typeof SiteDetail>> = {},
): Promise<Resource> {
  const detail = SiteDetail.parse({ hosts, rules, ...more });
  const added = await house.store.write((tx) =>
    house.resources.add(
      tx,
      { name, groups: [], open, members: [], kind: 'site', detail },
      { door: 'cli' },
    ),
  );
  assert.ok(added.ok, JSON.stringify(added));
  return added.value;
}

export async function openProxyHouse(options: ServedOptions = {}): Promise<ProxyHouse> {
  const served = await openServedHouse({
    proxy: { trusted: ['127.0.0.0/8', '::1'] },
    listener: { origin: 'https://id.example.com' },
    ...options,
  });
  await served.house.signing.ready();
  const site = await addSite(served, 'wiki', [HOST]);
  const ada = await enrolledPerson(served, 'ada');

  function ask(asked: AskedAs = {}): Promise<Answer> {
    const { method = 'GET', host = HOST, path = '/', query = '', cookie, headers = {} } = asked;
    const all: Record<string, string | undefined> = {
      host: 'sallyport',
      'x-forwarded-method': method,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': host,
      'x-forwarded-uri': query === '' ? path : `${path}?${query}`,
      'x-forwarded-for': '192.0.2.7',
      cookie,
      ...headers,
    };
    const sent = Object.entries(all).filter((pair): pair is [string, string] => !!pair[1]);
    const to = asked.answer === undefined ? '/gate/check' : `/gate/check?${asked.answer}`;
    return served.send({ path: to, headers: Object.fromEntries(sent) });
  }

  function at(host: string): SiteBrowser {
    const cookies = new Map<string, string>();
    const browser: SiteBrowser = {
      cookies,
      async ask(asked = {}) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const headers = {
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
          ...asked.headers,
        };
        const answer = await ask({ host, ...(cookie === '' ? {} : { cookie }), ...asked, headers });
        for (const line of answer.headers.getSetCookie()) {
          const [pair = ''] = line.split(';');
          const name = pair.slice(0, pair.indexOf('='));
          if (line.includes('Max-Age=0')) cookies.delete(name);
          else cookies.set(name, pair.slice(name.length + 1));
        }
        return answer;
      },
      async ticket(session, asked, keyProof) {
        const sent = await browser.ask(asked);
        assert.equal(sent.status, 401, sent.headers.get('x-sallyport-refused') ?? sent.text);
        const begin = new URL(sent.headers.get('location') ?? '');
        assert.equal(begin.origin, served.origin);
        const cookies = { session, ...(keyProof === undefined ? {} : { key: keyProof }) };
        const cookie = Object.entries(cookies)
          .map(([name, value]) => `${served.cookieName(name as 'session')}=${value}`)
          .join('; ');
        const done = await served.send({
          path: begin.pathname + begin.search,
          headers: { cookie },
        });
        assert.equal(done.status, 303, done.text);
        return new URL(done.headers.get('location') ?? '', served.origin);
      },
      async enter(session, asked, keyProof) {
        const back = await browser.ticket(session, asked, keyProof);
        return browser.ask({ path: back.pathname, query: back.search.slice(1) });
      },
    };
    return browser;
  }

  return {
    ...served,
    site,
    ada,
    ask,
    at,
    signIn: async () => (await signIn(served, ada)).session.token,
  };
}
