/** A person who has come to a site behind a proxy, and what an attacker has of it: the session, or a copy of the site's cookie. */
import assert from 'node:assert/strict';
import {
  addSite,
  HOST,
  OTHER,
  openProxyHouse,
  type ProxyHouse,
  type SiteBrowser,
} from './proxy-house.ts';

export const SITE = '__Host-sallyport-site';

export interface AttackedSite {
  readonly proxied: ProxyHouse;
  readonly browser: SiteBrowser;
  readonly session: string;
  /** What the person's browser sends to the site. */
  cookie(): string;
  /** Whoever does it rightly is let in all the same. */
  passes(): Promise<void>;
  refused(asked: Parameters<ProxyHouse['ask']>[0], because?: string): Promise<void>;
}

export async function openAttackedSite(
  options: Parameters<typeof openProxyHouse>[0] = {},
): Promise<AttackedSite> {
  const proxied = await openProxyHouse(options);
  await addSite(proxied, 'notes', [OTHER]);
  const session = await proxied.signIn();
  const browser = proxied.at(HOST);
  await browser.enter(session);
  const cookie = () => `${SITE}=${browser.cookies.get(SITE)}`;
  return {
    proxied,
    browser,
    session,
    cookie,
    async passes() {
      assert.equal((await proxied.ask({ cookie: cookie() })).status, 200);
    },
    async refused(asked, because) {
      const answer = await proxied.ask(asked);
      assert.equal(answer.status, 403, JSON.stringify(asked));
      for (const [name] of answer.headers) assert.doesNotMatch(name, /subject|assertion/);
      if (because !== undefined) {
        assert.equal(answer.headers.get('x-sallyport-refused'), because, JSON.stringify(asked));
      }
    },
  };
}
