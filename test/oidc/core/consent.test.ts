/** Consent (OpenID Connect Core §3.1.2.4): asked for what is not the organisation's own, kept, and taken back. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { count, eventsOf } from '../../support/events.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  type TestApp,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

const API = 'https://invoices.example.com/';

describe('an application of others', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    await house.addApi('invoices', {
      audience: API,
      scopes: [{ name: 'send', says: 'Send invoices in your name.' }],
    });
    app = await house.addApp('ledger', {
      title: 'Ledger Sync',
      firstParty: false,
      apis: [{ audience: API, scopes: ['send'] }],
    });
    config = await app.config();
  });
  after(() => house.close());

  const parameters = { scope: 'openid profile send', resource: API };

  async function asked(browser: WebClient, more = {}) {
    const { url, checks } = await begin(config, { ...parameters, ...more });
    let now = await wander(house, browser, url.href);
    if (now.at.startsWith('/signin')) now = await signInFrom(house, browser, ada);
    return { ...now, checks };
  }

  it('is named on the way to it, and nothing else that an address says', async () => {
    const { url } = await begin(config, parameters);
    const browser = house.browser();
    const { page, at } = await wander(house, browser, url.href);
    assert.match(at, /^\/signin/);
    assert.match(page.text, /and go on to <b>Ledger Sync<\/b>/);
    for (const query of ['to=/me', 'to=/me&toward=Evil+Corp', `to=/me&resource=${house.issuer}`]) {
      const other = await wander(house, house.browser(), `/signin/enter?${query}`);
      assert.doesNotMatch(other.page.text, /and go on to|Evil/, query);
    }
    assert.doesNotMatch((await browser.get('/signin?to=/me')).text, /and go on to/);
  });

  it('is shut to who is not listed for it, and no proof is held out to them', async () => {
    const closed = await house.addApp('books', {}, { open: 'listed' });
    const browser = house.browser();
    await asked(browser);
    const page = await browser.get(`/signin/enter?resource=${closed.id}&to=/me`);
    assert.equal(page.status, 403);
    assert.match(page.text, /not open to you.*whatever proof you show/s);
    assert.doesNotMatch(page.text, /the proofs that you have/);
  });

  it('is let in only when the person says yes, and told so when they say no', async () => {
    const browser = house.browser();
    const first = await asked(browser);
    assert.equal(first.left, undefined);
    assert.match(first.page.text, /Let Ledger Sync in\?/);
    assert.match(first.page.text, /Send invoices in your name\./);
    assert.match(first.page.text, /app\.example\.com/);
    const no = await browser.post(first.at, { answer: 'no' });
    const { left } = await wander(house, browser, no);
    assert.equal(left?.searchParams.get('error'), 'access_denied');
  });

  it('is asked about once, until the person takes it back or it asks again', async () => {
    const browser = house.browser();
    let first = await asked(browser);
    const entries = (list: Awaited<ReturnType<typeof eventsOf>>) =>
      list.filter(({ type, data }) => type === 'entry.granted' && data.grant !== undefined).length;
    const waiting = await eventsOf(house, async () => {
      first = await asked(browser);
    });
    assert.equal(entries(waiting), 0, 'who has not said yes has let nobody in');
    const seen = await eventsOf(house, async () => {
      const yes = await browser.post(first.at, { answer: 'yes' });
      assert.equal(yes.status, 200, 'a form leads to no other site: a page goes on');
      const { left } = await wander(house, browser, yes);
      assert.ok(left);
      assert.ok((await oidc.authorizationCodeGrant(config, left, first.checks)).access_token);
    });
    assert.equal(count(seen, 'app.consented', 'done'), 1);
    assert.equal(entries(seen), 1);
    assert.ok((await asked(browser)).left?.searchParams.get('code'), 'not asked a second time');
    const more = await asked(browser, { scope: 'openid profile email send' });
    assert.match(more.page.text, /your email address/, 'more is asked about again');
    assert.match((await asked(browser, { prompt: 'consent' })).page.text, /Let Ledger Sync in/);
    await browser.get('/me');
    await browser.post(`/me/apps/${app.id}/revoke`, {});
    assert.match((await asked(browser)).page.text, /Let Ledger Sync in/);
  });

  it('is told as made by others, and one of the organisation that asks all the same is not', async () => {
    assert.match((await asked(house.browser())).page.text, /It is made by others/);
    const own = await house.addApp('intranet', { title: 'Intranet' });
    const browser = house.browser();
    const { url } = await begin(await own.config(), { scope: 'openid profile', prompt: 'consent' });
    await wander(house, browser, url.href);
    const { page } = await signInFrom(house, browser, ada);
    assert.match(page.text, /Let Intranet in\?/);
    assert.match(page.text, /one of your organisation’s own/);
    assert.doesNotMatch(page.text, /made by others/);
  });

  it('is not let in by a form that another site sent, or by another person’s yes', async () => {
    const browser = house.browser();
    const { at } = await asked(browser, { prompt: 'consent' });
    const forged = await browser.post(
      at,
      { answer: 'yes' },
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    );
    assert.equal(forged.status, 400);
    const stranger = house.browser();
    assert.equal((await stranger.post(at, { answer: 'yes' })).status, 400);
    const withoutToken = await browser.post(at, { answer: 'yes', csrf: 'x' });
    assert.equal(withoutToken.status, 400);
  });
});
