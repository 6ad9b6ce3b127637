/** A request in Chromium: found on the person's own page, answered with a proof and a number, on a phone and on a desk. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, complaints, openBrowser, phone } from '../../support/browser.ts';
import { signInOnPage } from '../../support/browser-sign-in.ts';
import { type AskingApp, askingApp } from '../../support/ciba.ts';
import { type OidcHouse, openOidcHouse } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';

const desk = { width: 1280, height: 800 };
/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env.PICTURES;

describe('a request in Chromium', {
  skip: chromiumPath() === undefined && 'needs Chromium',
}, () => {
  let house: OidcHouse;
  let browser: Browser;
  let ada: TestPerson;
  let app: AskingApp;
  before(async () => {
    house = await openOidcHouse({ oidc: { ciba: true } });
    ada = await house.person('ada');
    app = await askingApp(house, 'Ledger Sync', { firstParty: false });
    browser = await openBrowser();
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  });
  after(async () => {
    await browser?.close();
    await house?.close();
  });

  async function signedIn(page: Page): Promise<void> {
    // A code is good once; and no later, since the page shows the key of its browser by this clock.
    house.clock.advance(30_000);
    await page.goto(`${house.origin}/me`);
    // Until it has shown its key, what it asks for may cross with that.
    const bound = page.waitForResponse((answer) => answer.url().endsWith('/session/key'));
    await signInOnPage(page, ada);
    await bound;
    await page.getByRole('heading', { name: 'ada', exact: true }).waitFor();
    house.clock.advance(1000);
  }

  async function look(page: Page, name: string): Promise<void> {
    const wide = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'));
    assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
    if (pictures !== undefined) {
      await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
    }
  }

  for (const [name, viewport, colorScheme] of [
    ['phone-light', phone, 'light'],
    ['phone-dark', phone, 'dark'],
    ['desk-light', desk, 'light'],
    ['desk-dark', desk, 'dark'],
  ] as const) {
    it(`is answered by who sees the number (${name})`, async () => {
      const context = await browser.newContext({ viewport, colorScheme });
      const page = await context.newPage();
      const heard = complaints(page);
      await signedIn(page);
      const { body } = await app.ask('ada', {
        scope: 'openid profile email',
        binding_message: 'Invoice 4711, counter 3',
        sallyport_user_address: '203.0.113.7',
      });
      await page.reload();
      await look(page, `${name}-me`);
      await page.getByRole('link', { name: 'Look at it: what Ledger Sync asks' }).click();
      await page.getByRole('heading', { name: 'Sign in to Ledger Sync?' }).waitFor();
      await look(page, `${name}-first`);
      await page.getByRole('link', { name: 'Show a proof first' }).click();
      await page.getByLabel('Password', { exact: true }).fill(ada.password);
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('heading', { name: 'Which number does Ledger Sync show?' }).waitFor();
      await look(page, `${name}-numbers`);
      for (const button of await page.getByRole('button').all()) {
        const box = await button.boundingBox();
        assert.ok(box !== null && box.height >= 44 && box.width >= 44, 'a thumb finds it');
      }
      await page.getByRole('button', { name: `It shows ${body.sallyport_number}` }).click();
      await page.getByText('You signed in there.').waitFor();
      await look(page, `${name}-done`);
      assert.deepEqual(heard, []);
      assert.equal((await app.poll(body.auth_req_id)).status, 200);
      await context.close();
    });
  }

  it('that nobody asked for is refused with one press', async () => {
    const page = await browser.newPage({ viewport: phone });
    await signedIn(page);
    const { body } = await app.ask('ada');
    await page.reload();
    await page.getByRole('link', { name: 'Look at it: what Ledger Sync asks' }).click();
    await page.getByRole('button', { name: 'I did not ask for this' }).click();
    await page.getByText('The request is refused').waitFor();
    assert.equal((await app.poll(body.auth_req_id)).body.error, 'access_denied');
  });
});
