/** The same in Chromium, clicking through: a form of ours leads to no other site, so a page goes on (CSP Level 3, form-action). */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import type { Browser } from 'playwright-core';
import { chromiumPath, complaints, openBrowser } from '../../support/browser.ts';
import { signInOnPage } from '../../support/browser-sign-in.ts';
import { begin, type OidcHouse, openOidcHouse } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof } from '../../support/processes.ts';

describe('in Chromium', { skip: chromiumPath() === undefined && 'needs Chromium' }, () => {
  let house: OidcHouse;
  let browser: Browser;
  let ada: TestPerson;
  let port = 0;
  /** What the application's own page has on it, beside its title. */
  let body = '';
  const ledger = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<link rel="icon" href="data:,"><title>Ledger</title>${body}`);
  });
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    browser = await openBrowser();
    await new Promise<void>((done) => ledger.listen(0, '127.0.0.1', done));
    port = (ledger.address() as AddressInfo).port; // It listens on a port.
  });
  after(async () => {
    ledger.close();
    await browser?.close();
    await house?.close();
  });

  /** One that proves itself: of what does not, and is on this computer, people are asked each time. */
  async function site(name: string, redirectUri: string): Promise<oidc.Configuration> {
    const app = await house.addApp(name, { redirectUris: [redirectUri], clientAuth: 'secret' });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    return app.config(oidc.ClientSecretPost(shownOnce?.[0] ?? ''));
  }

  it('a person signs in, says yes, and is back in the application', async () => {
    const redirect_uri = `http://127.0.0.1:${port}/callback`;
    const app = await house.addApp('ledger', {
      title: 'Ledger Sync',
      firstParty: false,
      redirectUris: [redirect_uri],
    });
    const config = await app.config();
    const { url, checks } = await begin(config, { redirect_uri });
    const page = await browser.newPage();
    const heard = complaints(page);
    await page.goto(url.href);
    await signInOnPage(page, ada);
    await page.getByRole('heading', { name: 'Let Ledger Sync in?' }).waitFor();
    await page.getByRole('button', { name: 'Let it in' }).click();
    await page.waitForURL((at) => at.port === String(port));
    assert.deepEqual(heard, [], 'no policy of ours stood in the way');
    const tokens = await oidc.authorizationCodeGrant(config, new URL(page.url()), checks);
    assert.equal(tokens.claims()?.sub, ada.id);
  });

  it('a form of the application is a request as well, and brings along who is signed in (OpenID Connect Core §3.1.2.1)', async () => {
    const redirect_uri = `http://127.0.0.1:${port}/callback`;
    const config = await site('books', redirect_uri);
    const page = await browser.newPage();
    const heard = complaints(page);
    const post = async (more: Record<string, string>) => {
      const { url, checks } = await begin(config, { redirect_uri, ...more });
      const fields = [...url.searchParams].map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
      );
      const action = `${house.issuer}/auth`;
      body = `<form method="post" action="${action}">${fields.join('')}<button>Go</button></form>`;
      await page.goto(`http://127.0.0.1:${port}/`);
      await page.getByRole('button', { name: 'Go' }).click();
      return checks;
    };
    const first = await post({});
    house.clock.advance(30_000);
    await signInOnPage(page, ada);
    await page.waitForURL((at) => at.pathname === '/callback');
    assert.ok(await oidc.authorizationCodeGrant(config, new URL(page.url()), first));
    const again = await post({ prompt: 'none' });
    await page.waitForURL((at) => at.pathname === '/callback');
    const tokens = await oidc.authorizationCodeGrant(config, new URL(page.url()), again);
    assert.equal(tokens.claims()?.sub, ada.id, 'without a page between');
    assert.deepEqual(heard, []);
  });

  it('whoever is led on keeps what their session was bound with, however long the binding takes', async () => {
    const redirect_uri = `http://127.0.0.1:${port}/callback`;
    const config = await site('slow', redirect_uri);
    const context = await browser.newContext();
    const page = await context.newPage();
    const { promise: answer, resolve: letAnswer } = Promise.withResolvers<void>();
    await page.route('**/session/key', async (route) => {
      await answer;
      await route.continue();
    });
    const binding = page.waitForRequest('**/session/key');
    const { url } = await begin(config, { redirect_uri });
    await page.goto(url.href);
    house.clock.advance(30_000);
    const left = page.waitForRequest(/\/oidc\/interaction\/.+\/done/).then(() => 'left');
    await signInOnPage(page, ada);
    await binding;
    const stayed = page.waitForRequest('**/never', { timeout: 400 }).catch(() => 'stayed');
    assert.equal(await Promise.race([left, stayed]), 'stayed');
    letAnswer();
    await page.waitForURL((at) => at.pathname === '/callback');
    const { url: silent, checks } = await begin(config, { redirect_uri, prompt: 'none' });
    await page.goto(silent.href);
    const tokens = await oidc.authorizationCodeGrant(config, new URL(page.url()), checks);
    assert.equal(tokens.claims()?.sub, ada.id);
    await context.close();
  });
});
