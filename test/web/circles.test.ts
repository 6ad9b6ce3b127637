/** Pages that lead on by themselves: whatever cookies a browser sends, and wherever, the way ends on a page. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { chromiumPath, openBrowser, openPage } from '../support/browser.ts';
import { enrolledPerson, signIn } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { complaint, createWebClient, heading, type WebClient } from '../support/web-client.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const DEAD = `sps_${'A'.repeat(65)}`;
const SESSION = 'sallyport-session';
const AWAY = /^You were away for a while/;

describe('the way that pages lead by themselves', () => {
  let web: WebHouse;
  let people = 0;
  before(async () => {
    web = await openWebHouse();
  });
  after(() => web.close());

  /** A browser with session cookies that no answer takes away, each below a path. */
  function planted(at: Readonly<Record<string, string>>): WebClient {
    return createWebClient(web.origin, (url, init) => {
      const headers = new Headers(init?.headers);
      const { pathname } = new URL(url);
      const more = Object.entries(at)
        .filter(([path]) => path === '/' || pathname === path || pathname.startsWith(`${path}/`))
        .map(([, value]) => `${SESSION}=${value}`);
      const kept = headers.get('cookie');
      headers.set('cookie', [...(kept === null ? [] : [kept]), ...more].join('; '));
      return fetch(url, { ...init, headers });
    });
  }

  async function liveSession(): Promise<string> {
    const person = await enrolledPerson(web.test, `circle-${people++}`);
    const grant = await signIn(web.test, person, { ...web.test.arrival(), door: 'web' });
    return grant.session.token;
  }

  const from = async (client: WebClient, path: string) => client.follow(await client.get(path));

  test('ends where the cookie of a session that is over can’t be taken away, and the form works', async () => {
    const person = await enrolledPerson(web.test, `circle-${people++}`);
    for (const at of ['/', '/signin']) {
      const browser = planted({ [at]: DEAD });
      const page = await from(browser, '/signin/enter?to=%2Fme');
      assert.equal(heading(page), 'Sign in', at);
      assert.match(complaint(page) ?? '', AWAY, at);
      const asked = await browser.post('/signin', { identifier: person.identifier });
      assert.equal(asked.location, '/signin/step', at);
    }
  });

  test('ends for a client that keeps none of our cookies and sends its own over and over', async () => {
    const browser = planted({ '/': DEAD });
    const turned = await browser.get('/me');
    const sent = `sallyport-flow=${browser.cookies.get('sallyport-flow')}; ${SESSION}=${DEAD}`;
    let at = turned.leads ?? '';
    for (let hops = 0; hops < 4; hops++) {
      const answer = await fetch(web.origin + at, {
        headers: { cookie: sent },
        redirect: 'manual',
      });
      const next = answer.headers.get('location');
      if (next === null) return assert.match(await answer.text(), /You were away for a while/);
      at = next;
    }
    assert.fail('this goes round in a circle');
  });

  test('ends where one session is good at the sign-in, and another is over on the account’s own pages', async () => {
    const browser = planted({ '/signin': await liveSession(), '/me': DEAD });
    assert.equal(heading(await from(browser, '/me')), 'This went round in a circle');
    // And that is no more than a page: where the cookies are in order again, so is the way.
    const { text } = await from(createWebClient(web.origin), '/me');
    assert.match(text, /Name or email/);
  });

  test('goes on to the page as often as another tab showed a proof', async () => {
    const person = await enrolledPerson(web.test, `circle-${people++}`);
    const browser = createWebClient(web.origin);
    await signInOnWeb(web, browser, person);
    const good = browser.cookies.get(SESSION) ?? '';
    for (let times = 0; times < 6; times++) {
      browser.cookies.set(SESSION, DEAD);
      assert.equal((await browser.get('/me/activity')).location, '/signin');
      browser.cookies.set(SESSION, good);
      const page = await browser.follow(await browser.onTo('/signin'));
      assert.equal(heading(page), 'Activity', `the ${times + 1}. time`);
    }
  });
});

describe('a proxy that asks under a name of its own', () => {
  let served: ServedHouse;
  before(async () => {
    served = await openServedHouse({ listener: { origin: 'https://signin.example.com' } });
  });
  after(() => served.close());

  const own = 'https://signin.example.com';
  const ask = (path: string, host: string) => served.send({ path, headers: { host } });
  const other = () => `localhost:${served.port}`;

  test('is told of, where each page would move to itself', async () => {
    const first = await ask('/signin?to=%2Fme', other());
    assert.equal(first.status, 308);
    assert.equal(first.headers.get('location'), `${own}/signin?to=%2Fme&moved=yes`);
    assert.equal(first.headers.get('cache-control'), 'no-store');
    // Its browser goes there, and the proxy asks under its own name again: for this page, and for each that is opened after it.
    for (let visit = 0; visit < 3; visit++) {
      const led = (await ask('/me', other())).headers.get('location')?.slice(own.length) ?? '';
      const again = await ask(led, other());
      assert.equal(again.status, 421);
      assert.match(again.text, /the proxy in front has to pass on the host that people type/);
    }
  });

  test('is the only one that is told: who opens another name of ours comes to the page, however often and how soon', async () => {
    for (const path of ['/signin', '/signin?to=%2Fme', '/me', '/signin?moved=yes&to=%2Fme']) {
      for (let visit = 0; visit < 3; visit++) {
        const moved = await ask(path, other());
        assert.equal(moved.status, 308);
        assert.deepEqual(moved.headers.getSetCookie(), [], 'nothing is kept of it');
        const led = moved.headers.get('location') ?? '';
        assert.ok(led.startsWith(own), led);
        const there = await ask(led.slice(own.length), 'signin.example.com');
        assert.equal(there.status, 308);
        assert.equal(there.headers.get('location'), own + path);
        assert.notEqual((await ask(path, 'signin.example.com')).status, 421);
      }
    }
  });

  test('leads to no other place, whatever address it is given', async () => {
    for (const path of ['//evil.example/?moved=yes', '/\\evil.example?moved=yes', '/?moved=yes']) {
      const answer = await ask(path, 'signin.example.com');
      const location = answer.headers.get('location');
      if (location !== null) assert.ok(location.startsWith(`${own}/`), location);
    }
    assert.equal((await ask('http://evil.example/?moved=yes', other())).status, 421);
  });
});

const skip = chromiumPath() === undefined ? 'no Chromium on this machine' : false;

describe('a browser with a cookie that can’t be taken away', { skip }, () => {
  let web: WebHouse;
  let browser: Browser;
  before(async () => {
    [web, browser] = await Promise.all([openWebHouse(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  test('is shown the sign-in, once', async () => {
    const page = await openPage(browser);
    const { hostname } = new URL(web.origin);
    await page
      .context()
      .addCookies([{ name: SESSION, value: DEAD, domain: hostname, path: '/signin' }]);
    await page.goto(`${web.origin}/signin/enter?to=%2Fme`);
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.getByText(AWAY).waitFor();
    await page.context().close();
  });
});
