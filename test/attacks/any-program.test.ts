/**
 * A program on somebody's computer that says that it is another, which the organisation trusts (RFC 8252 §8.6): it knows that one's
 * client id, listens on the same loopback address, and opens the browser in which its person is signed in.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ask, codeIn, redeem, requestOf, signedIn } from '../support/code-client.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp, wander } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import type { WebClient } from '../support/web-client.ts';

const LOOPBACK = 'http://127.0.0.1/callback';
const EVERYONES = [
  LOOPBACK,
  'http://[::1]/callback',
  'http://127.1/callback',
  'com.example.desk:/callback',
];
const WEB = 'https://app.example.com/callback';
const PORT = { redirect_uri: 'http://127.0.0.1:49152/callback' };

describe('a program that says that it is another', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    app = await house.addApp('desk', {
      title: 'Desk',
      redirectUris: [...EVERYONES, WEB],
    });
    browser = await signedIn(house, app, ada);
  });
  after(() => house.close());

  for (const [what, more] of [
    ['without a page', { prompt: 'none' }],
    ['for as long as it likes', { scope: 'openid offline_access' }],
    ['by the scheme of an app', { redirect_uri: 'com.example.desk:/callback' }],
    ['by a number written otherwise', { redirect_uri: 'http://127.1/callback' }],
    ['by the other family of addresses', { redirect_uri: 'http://[::1]:49152/callback' }],
  ] as const) {
    it(`is let in by nobody who was not asked, ${what}`, async () => {
      const seen = await eventsOf(house, async () => {
        const { left } = await ask(house, app, { ...PORT, ...more }, browser);
        assert.equal(left?.searchParams.get('code') ?? null, null);
      });
      assert.equal(count(seen, 'entry.granted'), 0);
    });
  }

  it('finds its person asked each time, and comes in with their yes alone', async () => {
    for (let times = 0; times < 2; times++) {
      const seen = await eventsOf(house, async () => {
        const asked = await ask(house, app, PORT, browser);
        assert.equal(asked.left, undefined);
        assert.match(asked.page.text, /Let Desk in\?/);
        assert.match(asked.page.text, /any program there can ask this in its name/);
        assert.match(asked.page.text, /127\.0\.0\.1:49152/);
        const yes = await browser.post(asked.at, { answer: 'yes' });
        const code = (await wander(house, browser, yes)).left?.searchParams.get('code') ?? '';
        const { body } = await redeem(house, app, code, PORT);
        assert.ok(body.access_token, JSON.stringify(body));
      });
      assert.equal(count(seen, 'app.consented', 'done'), 1);
      assert.equal(count(seen, 'entry.granted'), 1);
    }
  });

  it('is asked about anew once somebody else signed in instead of who said yes', async () => {
    const cid = await house.person('cid');
    const asked = await ask(house, app, PORT, browser);
    const yes = await browser.post(asked.at, { answer: 'yes' });
    const other = await signedIn(house, app, cid);
    const session = house.cookieName('session');
    const mine = browser.cookies.get(session) ?? '';
    browser.cookies.set(session, other.cookies.get(session) ?? '');
    const { left, page } = await wander(house, browser, yes);
    assert.equal(left, undefined);
    assert.match(page.text, /Let Desk in\?/);
    browser.cookies.set(session, mine);
  });

  it('keeps nobody from what answers elsewhere, or proves itself', async () => {
    assert.ok(await codeIn(house, app, browser, { prompt: 'none' }));
    const secret = await house.addApp('till', { redirectUris: [LOOPBACK], clientAuth: 'secret' });
    const query = new URLSearchParams(requestOf(secret, { ...PORT, prompt: 'none' }));
    const { left } = await wander(house, browser, `/oidc/auth?${query}`);
    assert.ok(left?.searchParams.get('code'), `${left}`);
  });
});
