/** Doors that send people to our pages and let them in when they come back: an application at OpenID Connect’s, a site at the proxy’s. */
import assert from 'node:assert/strict';
import { addSite, HOST, openProxyHouse, RULES } from '../proxy/proxy-house.ts';
import { redeem, requestOf } from '../support/code-client.ts';
import { openOidcHouse, wander } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import type { ServedHouse } from '../support/served-house.ts';
import { complaint, type WebAnswer } from '../support/web-client.ts';
import type { Told } from './way.ts';

export interface Entrance {
  readonly served: ServedHouse;
  readonly person: TestPerson;
  /** By which doors it is on record that somebody came in, in order. */
  readonly entries: readonly string[];
  /** A browser that nobody has used yet. */
  comer(): Comer;
}

export interface Comer {
  /** Goes to the application or site, and types who it is where our pages ask. */
  come(): Promise<Told>;
  offer(kind: 'password' | 'totp', typed: string): Promise<Told>;
  signOut(): Promise<void>;
}

/** What is behind the door, as one browser meets it. */
interface Place {
  /** Where a browser is sent that wants in; undefined when it is in already. */
  leads(): Promise<string | undefined>;
  /** Where it was sent back to: whether that lets it in. */
  arrives(at: URL): Promise<boolean>;
}

/** `open` tells who is listed for the application or site: everyone, or nobody. */
export type OpenEntrance = (open: 'everyone' | 'listed') => Promise<Entrance>;

function comerAt(served: ServedHouse, person: TestPerson, place: Place): Comer {
  const browser = served.browser();

  async function told({ left, page }: Awaited<ReturnType<typeof wander>>): Promise<Told> {
    if (left !== undefined)
      return { decision: (await place.arrives(left)) ? 'granted' : 'not-permitted' };
    if (page.status === 403) return { decision: 'not-permitted' };
    assert.equal(page.status, 200, page.text);
    return { decision: complaint(page) === undefined ? 'challenged' : 'wrong' };
  }
  const onFrom = async (answer: WebAnswer) => told(await wander(served, browser, answer));

  return {
    async come() {
      const path = await place.leads();
      if (path === undefined) return { decision: 'granted' };
      const now = await wander(served, browser, path);
      if (!now.at.startsWith('/signin')) return told(now);
      return onFrom(await browser.post('/signin', { identifier: person.identifier }));
    },
    async offer(kind, typed) {
      const fields = kind === 'password' ? { kind, password: typed } : { kind, code: typed };
      const answer = await browser.post('/signin/step', fields);
      if (answer.status === 429) {
        return { decision: 'throttled', wait: Number(answer.headers.get('retry-after')) };
      }
      return onFrom(answer);
    },
    async signOut() {
      await browser.get('/me');
      assert.equal((await browser.post('/signout', {})).location, '/signed-out');
    },
  };
}

const oidc: OpenEntrance = async (open) => {
  const house = await openOidcHouse();
  const app = await house.addApp('wiki', {}, { open });
  const person = await house.person('ada');
  const place: Place = {
    leads: async () => `/oidc/auth?${new URLSearchParams(requestOf(app))}`,
    async arrives({ searchParams }) {
      const code = searchParams.get('code');
      return code !== null && (await redeem(house, app, code)).status === 200;
    },
  };
  return {
    served: house,
    person,
    entries: ['oidc'],
    comer: () => comerAt(house, person, place),
  };
};

const proxy: OpenEntrance = async (open) => {
  const house = await openProxyHouse();
  const host = open === 'everyone' ? HOST : 'closed.example.com';
  if (open === 'listed') await addSite(house, 'closed', [host], RULES, open);
  return {
    served: house,
    person: house.ada,
    // Our page sends them there, and the first request of theirs passes.
    entries: ['web', 'proxy'],
    comer() {
      const site = house.at(host);
      return comerAt(house, house.ada, {
        async leads() {
          const { status, headers } = await site.ask();
          if (status === 200) return undefined;
          const { origin, pathname, search } = new URL(headers.get('location') ?? '');
          assert.equal(origin, house.origin);
          return pathname + search;
        },
        async arrives({ pathname, search }) {
          await site.ask({ path: pathname, query: search.slice(1) });
          return (await site.ask()).status === 200;
        },
      });
    },
  };
};

export const ENTRANCES: Readonly<Record<string, OpenEntrance>> = { oidc, proxy };
