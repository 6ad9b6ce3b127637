/** Two tabs of one browser, each in the middle of something: what one began is not taken for what the other did. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import {
  addAuthenticator,
  chromiumPath,
  openBrowser,
  openPage,
  PATIENCE,
  type VirtualAuthenticator,
} from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';

const MINUTE = 60_000;
const skip = chromiumPath() === undefined ? 'no Chromium on this machine' : false;
const BEGIN = '**/signin/passkey/begin';

describe('two tabs of a browser', { skip }, () => {
  let web: WebHouse;
  let browser: Browser;
  let people = 0;
  before(async () => {
    [web, browser] = await Promise.all([openWebHouse(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  async function signedIn(): Promise<{ page: Page; person: TestPerson }> {
    const page = await openPage(browser);
    // The list under the name field would sign in by itself: this authenticator is always touched.
    await page.addInitScript('PublicKeyCredential.isConditionalMediationAvailable = undefined;');
    const person = await enrolledPerson(web.test, `tabs-${people++}`);
    const shown = page.waitForResponse('**/session/key');
    await page.goto(`${web.origin}/signin`);
    await signInOnPage(page, person);
    await shown;
    web.test.clock.advance(30_000);
    return { page, person };
  }

  async function withPasskey() {
    const { page, person } = await signedIn();
    const key = await addAuthenticator(page);
    await page.goto(`${web.origin}/me/proofs/add/webauthn`);
    await page.getByRole('button', { name: 'Create a passkey' }).click();
    await page.getByText('Your new proof is ready to use.').waitFor();
    return { page, person, key };
  }

  /** The same passkey in another tab: what there is in tests belongs to one. */
  async function share(from: VirtualAuthenticator, to: VirtualAuthenticator): Promise<void> {
    const { credentials } = await from.cdp.send('WebAuthn.getCredentials', {
      authenticatorId: from.id,
    });
    for (const credential of credentials) {
      await to.cdp.send('WebAuthn.addCredential', { authenticatorId: to.id, credential });
    }
  }

  async function tabOf(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    return page;
  }

  /** What happens in another tab between what the browser made and its being sent. */
  async function beforeSending(page: Page, path: string, work: () => Promise<void>): Promise<void> {
    let first = true;
    await page.route(`**${path}`, async (route) => {
      if (first && route.request().method() === 'POST') {
        first = false;
        await work();
      }
      await route.continue();
    });
  }

  test('both at the sign-in: a passkey that was asked for in one signs in, whatever the other began since', async () => {
    const { page, person } = await withPasskey();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await beforeSending(page, '/signin/passkey', async () => {
      const other = await tabOf(page.context());
      const begun = other.waitForResponse(BEGIN);
      await other.goto(`${web.origin}/signin`);
      await begun;
    });
    await page.getByRole('button', { name: /^Use a passkey/ }).click();
    await page.getByRole('heading', { level: 1, name: person.identifier }).waitFor();
    await page.context().close();
  });

  test('both at a step: each goes on with its own', async () => {
    const { page, person } = await withPasskey();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in again' }).waitFor();
    await page.goto(`${web.origin}/signin`);
    await page.getByLabel('Name or email').fill(person.identifier);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('link', { name: /^Passkey or security key/ }).click();
    await beforeSending(page, '/signin/step', async () => {
      const other = await tabOf(page.context());
      await other.goto(`${web.origin}/signin`);
      await other.getByLabel('Name or email').fill('somebody-else');
      await other.getByRole('button', { name: 'Continue' }).click();
      await other.getByLabel('Password', { exact: true }).waitFor();
    });
    await page.getByRole('button', { name: 'Use passkey or key' }).click();
    await page.getByRole('heading', { level: 1, name: person.identifier }).waitFor();
    await page.context().close();
  });

  test('both at a step: each uses something else, reloads, goes back and forth with its own, and comes to where it was going', async () => {
    const { page, person } = await withPasskey();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in again' }).waitFor();
    const begin = async (tab: Page, path: string, name: string) => {
      await tab.goto(web.origin + path);
      await tab.getByLabel('Name or email').fill(name);
      await tab.getByRole('button', { name: 'Continue' }).click();
      await tab.getByLabel('Password', { exact: true }).waitFor();
    };
    const other = await tabOf(page.context());
    await begin(page, '/me/activity', person.identifier);
    await begin(other, '/signin', 'somebody-else');
    const isOf = (tab: Page, name: string) => tab.locator('.whose b', { hasText: name }).waitFor();
    await page.getByRole('link', { name: /^Passkey or security key/ }).click();
    await page.getByRole('button', { name: 'Use passkey or key' }).waitFor();
    await isOf(page, person.identifier);
    await other.reload();
    await isOf(other, 'somebody-else');
    await page.reload();
    await page.getByRole('button', { name: 'Use passkey or key' }).waitFor();
    await isOf(page, person.identifier);
    await page.goBack();
    await page.getByLabel('Password', { exact: true }).waitFor();
    await isOf(page, person.identifier);
    await page.goForward();
    await page.getByRole('button', { name: 'Use passkey or key' }).waitFor();
    await other.getByRole('button', { name: 'Not you?' }).click();
    await other.getByLabel('Name or email').waitFor();
    await page.bringToFront();
    await page.getByRole('button', { name: 'Use passkey or key' }).click();
    await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    await page.context().close();
  });

  test('one signs in while the other shows the sign-in: there, the button leads to where it was going', async () => {
    const { page, person } = await signedIn();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in again' }).waitFor();
    await page.goto(`${web.origin}/me/activity`);
    const button = page.getByRole('button', { name: /^Use a passkey/ });
    await button.waitFor();
    const other = await tabOf(page.context());
    await other.goto(`${web.origin}/signin`);
    await signInOnPage(other, person);
    await other.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.bringToFront();
    await button.click();
    await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    await page.context().close();
  });

  test('both before something sensitive: each comes to where it was going, and the second by the proof of the first', async () => {
    const { page, key } = await withPasskey();
    web.test.clock.advance(6 * MINUTE);
    await page.goto(`${web.origin}/me/proofs/add/password`);
    const other = await tabOf(page.context());
    const same = await addAuthenticator(other);
    await beforeSending(page, '/confirm', async () => {
      await other.goto(`${web.origin}/me/proofs/add/totp`);
      await other.getByRole('heading', { name: 'Is it still you?' }).waitFor();
    });
    await page.getByRole('button', { name: 'Use passkey or key' }).click();
    await page.getByRole('heading', { name: 'Change your password' }).waitFor();
    await share(key, same);
    await other.getByRole('button', { name: 'Use passkey or key' }).click();
    await other.getByLabel('Code that the app shows').waitFor();
    assert.equal(new URL(other.url()).pathname, '/me/proofs/add/totp');
    await page.context().close();
  });

  test('both adding a passkey: each adds its own, also where a proof was shown in between', async () => {
    const { page } = await signedIn();
    await addAuthenticator(page);
    let other = page;
    await page.goto(`${web.origin}/me/proofs/add/webauthn`);
    await beforeSending(page, '/me/proofs/add/webauthn', async () => {
      other = await tabOf(page.context());
      await addAuthenticator(other, 'usb');
      await other.goto(`${web.origin}/me/proofs/add/webauthn`);
      await other.getByRole('button', { name: 'Create a passkey' }).waitFor();
    });
    await page.getByRole('button', { name: 'Create a passkey' }).click();
    await page.getByText('Your new proof is ready to use.').waitFor();
    web.test.clock.advance(6 * MINUTE);
    await page.bringToFront();
    await page.goto(`${web.origin}/me/proofs/add/totp`);
    await page.getByRole('button', { name: 'Use passkey or key' }).click();
    await page.getByLabel('Code that the app shows').waitFor();
    await other.bringToFront();
    await other.getByRole('button', { name: 'Create a passkey' }).click();
    await other.getByText('Your new proof is ready to use.').waitFor();
    await page.context().close();
  });
});
