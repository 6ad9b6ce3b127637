import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import {
  addAuthenticator,
  complaints,
  openBrowser,
  openPage,
  type VirtualAuthenticator,
} from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { enrolledPerson } from '../support/people.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';

const HEADING = { level: 1 } as const;
const BEGIN = '**/signin/passkey/begin';

describe('the button for passkeys on the sign-in page', () => {
  let web: WebHouse;
  let browser: Browser;
  before(async () => {
    [web, browser] = await Promise.all([openWebHouse(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  const passkeyButton = (page: Page) => page.getByRole('button', { name: /^Use a passkey/ });

  /** Someone with a passkey in this page's authenticator, signed out again and back at the sign-in page's door. */
  async function withPasskey(page: Page, identifier: string): Promise<VirtualAuthenticator> {
    const person = await enrolledPerson(web.test, identifier);
    const authenticator = await addAuthenticator(page);
    await page.goto(`${web.origin}/signin`);
    await signInOnPage(page, person);
    await page.getByRole('link', { name: 'Add a proof' }).click();
    web.test.clock.advance(30_000);
    await page.getByRole('link', { name: /^Passkey or security key/ }).click();
    await page.getByRole('button', { name: 'Create a passkey' }).click();
    await page.getByText('Your new proof is ready to use.').waitFor();
    assert.equal(await authenticator.credentials(), 1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in again' }).waitFor();
    return authenticator;
  }

  test('signs in without a name, though the list under the name field waited for a passkey too', async () => {
    const page = await openPage(browser);
    const authenticator = await withPasskey(page, 'pia');
    const heard = complaints(page);
    // Nobody touches anything before the button is pressed, so that what the list offers can't sign in by itself.
    await authenticator.touch(false);
    let begun = 0;
    await page.route(BEGIN, async (route) => {
      begun += 1;
      if (begun === 2) await authenticator.touch(true);
      await route.continue();
    });
    const listed = page.waitForResponse(BEGIN);
    await page.goto(`${web.origin}/signin`);
    await listed;
    assert.equal(page.url(), `${web.origin}/signin`);
    await passkeyButton(page).click();
    await page.getByRole('heading', { ...HEADING, name: 'pia' }).waitFor();
    assert.equal(page.url(), `${web.origin}/me`);
    assert.equal(begun, 2);
    assert.deepEqual(heard, []);
    await page.context().close();
  });

  test('is not interrupted by the list when it was pressed before the list was ready', async () => {
    const page = await openPage(browser);
    await withPasskey(page, 'quirin');
    await page.addInitScript(`
      PublicKeyCredential.isConditionalMediationAvailable = () =>
        new Promise((resolve) => { globalThis.listIsReady = () => resolve(true); });
    `);
    let begun = 0;
    await page.route(BEGIN, async (route) => {
      begun += 1;
      await page.evaluate<void>('listIsReady()');
      await route.continue();
    });
    await page.goto(`${web.origin}/signin`);
    await passkeyButton(page).click();
    await page.getByRole('heading', { ...HEADING, name: 'quirin' }).waitFor();
    assert.equal(begun, 1);
    await page.context().close();
  });

  test('says what to do when this browser holds no passkey, and the name can be typed instead', async () => {
    const page = await openPage(browser);
    const authenticator = await addAuthenticator(page);
    await page.goto(`${web.origin}/signin`);
    await passkeyButton(page).click();
    await page.getByText(/^Nothing was shown to your browser/).waitFor();
    assert.equal(await authenticator.credentials(), 0);
    assert.equal(page.url(), `${web.origin}/signin`);
    await page.getByLabel('Name or email').fill('nobody');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel('Password').waitFor();
    await page.context().close();
  });
});
