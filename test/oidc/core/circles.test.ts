/** A browser whose cookies differ from path to path, on its way to an application: it is told, and not led round. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import {
  begin,
  nextOf,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
} from '../../support/oidc-house.ts';
import { createWebClient, heading, type WebAnswer } from '../../support/web-client.ts';
import { signInOnWeb } from '../../support/web-sign-in.ts';

const SESSION = 'sallyport-session';

describe('cookies that differ from path to path, on the way to an application', () => {
  let house: OidcHouse;
  let app: TestApp;
  let people = 0;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('notes');
  });
  after(() => house.close());

  /** Where the way ends, for a browser with a session and what is planted in it. */
  async function ending(
    name: string,
    planted: (path: string, session: string) => readonly string[],
  ): Promise<WebAnswer> {
    const own = house.browser();
    await signInOnWeb({ test: house }, own, await house.person(name));
    const session = own.cookies.get(SESSION) ?? '';
    const browser = createWebClient(house.origin, (url, init) => {
      const headers = new Headers(init?.headers);
      const kept = headers.get('cookie');
      const more = planted(new URL(url).pathname, session).map((value) => `${SESSION}=${value}`);
      headers.set('cookie', [...(kept === null ? [] : [kept]), ...more].join('; '));
      return fetch(url, { ...init, headers });
    });
    const { url } = await begin(await app.config(oidc.None()));
    let at = url.href.replace(house.origin, '');
    for (let hops = 0; hops < 20; hops++) {
      const answer = await browser.get(at);
      const next = nextOf(answer);
      if (next === undefined) return answer;
      at = next.replace(house.origin, '');
    }
    throw new Error('this goes round in a circle');
  }

  const kinds: Readonly<Record<string, Parameters<typeof ending>[1]>> = {
    'doubled at the application’s pages': (path, session) =>
      path.startsWith('/oidc') ? [session, session] : [session],
    'good at the sign-in alone': (path, session) => (path.startsWith('/signin') ? [session] : []),
    'good at the sign-in, another elsewhere': (path, session) => [
      path.startsWith('/signin') ? session : `sps_${'A'.repeat(65)}`,
    ],
  };
  for (const [kind, planted] of Object.entries(kinds)) {
    it(`${kind}: the way ends after a few rounds, on a page that says what to do`, async () => {
      const page = await ending(`person-${people++}`, planted);
      assert.equal(heading(page), 'This went round in a circle');
      assert.equal(page.status, 400);
    });
  }
});
