/**
 * A sign-in at an application that is left for a night (OpenID Connect Core §3.1.2 says nothing of it, so it is for us to be kind): the
 * request is made again, or its person led back to where it can be.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { chromiumPath, openBrowser } from '../../support/browser.ts';
import { signInOnPage } from '../../support/browser-sign-in.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

const NIGHT = 8 * 60 * 60_000;
const AGAIN = 'sallyport-oidc-again';

describe('somebody who comes back to a sign-in after a night', () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
  });
  beforeEach(() => {
    browser = house.browser();
  });
  after(() => house?.close());

  it('signs in and is where they were going, with a code that is good', async () => {
    const config = await (await house.addApp('wiki')).config();
    const { url, checks } = await begin(config, { login_hint: 'ada' });
    const now = await wander(house, browser, url.href);
    assert.match(now.at, /^\/signin/);
    house.clock.advance(NIGHT);
    const { left, page } = await signInFrom(house, browser, ada);
    assert.ok(left, page.text);
    const tokens = await oidc.authorizationCodeGrant(config, left, checks);
    assert.equal(tokens.claims()?.sub, ada.id);
    assert.equal(browser.cookies.get(AGAIN) ?? '', '', 'nothing of it is kept');
  });

  it('is asked again where they had been asked for their consent', async () => {
    const app = await house.addApp('ledger', { firstParty: false, title: 'Ledger Sync' });
    const { url } = await begin(await app.config());
    await wander(house, browser, url.href);
    const asked = await signInFrom(house, browser, ada);
    assert.match(asked.page.text, /Let Ledger Sync in\?/);
    house.clock.advance(NIGHT);
    const [, action = ''] = /<form[^>]* action="([^"]*)"/.exec(asked.page.text) ?? [];
    const answer = await browser.post(action, { answer: 'yes' });
    const again = await wander(house, browser, answer);
    const { page } = again.left === undefined ? await signInFrom(house, browser, ada) : again;
    assert.match(page.text, /Let Ledger Sync in\?/);
  });

  it('is led back to the application where it had pushed what it asks', async () => {
    const app = await house.addApp('notes', { title: 'Our Notes' });
    const config = await app.config();
    const { url } = await begin(config);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(config, url.searchParams);
    await wander(house, browser, pushed.href);
    const kept = Buffer.from(browser.cookies.get(AGAIN) ?? '', 'base64url').toString();
    assert.equal(kept, `client_id=${app.id}`, 'what was pushed is not for the browser to know');
    house.clock.advance(NIGHT);
    const { page, left } = await signInFrom(house, browser, ada);
    assert.equal(left, undefined);
    isKind(page.text, 'Our Notes');
    assert.match(page.text, /href="https:\/\/app\.example\.com\/"/);

    // Who goes back to the address that was good once is told the same.
    const second = await wander(house, browser, pushed.href);
    isKind(second.page.text, 'Our Notes');
  });

  it('is told without a name where another browser began it, or what is kept is not ours', async () => {
    const config = await (await house.addApp('shelf')).config();
    const { url } = await begin(config);
    const first = await browser.get(url.pathname + url.search);
    const there = `${first.location}/done`.replace(house.origin, '');
    house.clock.advance(NIGHT);
    const good = browser.cookies.get(AGAIN) ?? '';
    for (const cookie of [
      '',
      `${AGAIN}=`,
      `${AGAIN}=%%%`,
      `${AGAIN}=${Buffer.from('x').toString('base64url')}`,
      `${AGAIN}=${good}; ${AGAIN}=${good}`,
    ]) {
      const answer = await browser.get(there, { cookie });
      assert.equal(answer.status, 400, cookie);
      isKind(answer.text, 'the application');
    }
    for (const query of [
      'client_id=x&response_type=code&redirect_uri=https://evil.example/',
      `client_id=x&response_type=code\r\nlocation: https://evil.example/`,
      'client_id=//evil.example&response_type=@evil.example',
    ]) {
      const cookie = `${AGAIN}=${Buffer.from(query).toString('base64url')}`;
      const answer = await browser.get(there, { cookie });
      assert.match(answer.location ?? '', /^\/oidc\/auth\?[\x21-\x7e]*$/, query);
      const { left, page } = await wander(house, browser, answer);
      assert.equal(left, undefined);
      assert.equal(page.status, 400);
    }
  });

  it('has no more of it once the application was answered', async () => {
    const config = await (await house.addApp('desk')).config();
    const { url } = await begin(config);
    const begun = await browser.get(url.pathname + url.search);
    await wander(house, browser, begun);
    const { left } = await signInFrom(house, browser, ada);
    assert.ok(left?.searchParams.get('code'));
    const back = await browser.get(`${begun.location}/done`.replace(house.origin, ''));
    assert.equal(back.location, undefined);
    isKind(back.text, 'the application');
  });

  it('keeps no request that is larger than a cookie, and is led back', async () => {
    const app = await house.addApp('large', { title: 'Large Sheets' });
    const claims = JSON.stringify({ userinfo: { [`x${'y'.repeat(3600)}`]: null } });
    const { url } = await begin(await app.config(), { claims });
    await wander(house, browser, url.href);
    const kept = Buffer.from(browser.cookies.get(AGAIN) ?? '', 'base64url').toString();
    assert.equal(kept, `client_id=${app.id}`);
    house.clock.advance(NIGHT);
    const { page } = await signInFrom(house, browser, ada);
    isKind(page.text, 'Large Sheets');
  });

  it('comes through in Chromium, whose cookies are for the one address', {
    skip: chromiumPath() === undefined && 'needs Chromium',
  }, async () => {
    const site = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<link rel="icon" href="data:,"><title>Board</title>');
    });
    await new Promise<void>((done) => site.listen(0, '127.0.0.1', done));
    const { port } = site.address() as AddressInfo; // It listens on a port.
    const chromium = await openBrowser();
    try {
      const redirect_uri = `http://127.0.0.1:${port}/callback`;
      const app = await house.addApp('board', {
        redirectUris: [redirect_uri],
        clientAuth: 'secret',
      });
      const { url } = await begin(await app.config(), { redirect_uri });
      const page = await chromium.newPage();
      await page.goto(url.href);
      await page.getByLabel('Name or email').waitFor();
      house.clock.advance(NIGHT);
      await signInOnPage(page, ada);
      await page.waitForURL((at) => at.port === String(port));
      const { searchParams } = new URL(page.url());
      assert.equal(searchParams.get('state'), url.searchParams.get('state'));
      assert.ok(searchParams.get('code'));
    } finally {
      site.close();
      await chromium.close();
    }
  });
});

function isKind(text: string, whereTo: string): void {
  assert.match(text, /<h1>Begin again<\/h1>/);
  assert.ok(text.includes(`Go back to ${whereTo} and sign in from there`), text);
  assert.doesNotMatch(text, /invalid_|Error:/);
}
