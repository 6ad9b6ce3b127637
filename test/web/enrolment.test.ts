import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { addAuthenticator, desk, openBrowser, openPage, phone } from '../support/browser.ts';
import { addPerson, issuePass, PASSWORD } from '../support/people.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';

async function press(page: Page, name: string | RegExp) {
  await page.getByRole('button', { name, exact: true }).click();
}

async function heading(page: Page, words: string | RegExp) {
  await page.getByRole('heading', { level: 1, name: words }).waitFor();
}

describe('enrolment and sign-in in a browser', () => {
  let web: WebHouse;
  let browser: Browser;
  before(async () => {
    [web, browser] = await Promise.all([openWebHouse(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  for (const [name, viewport] of Object.entries({ phone, desk })) {
    test(`on a ${name}, a newcomer sets up a passkey and a password by link, then signs in with the passkey`, async () => {
      const identifier = `mara-${name}`;
      const id = await addPerson(web.test, identifier);
      const code = await issuePass(web.test, id);
      const page = await openPage(browser, { viewport });
      await addAuthenticator(page);

      await page.goto(`${web.origin}/enrol/${id}.${code}`);
      assert.equal(page.url(), `${web.origin}/enrol`);
      await press(page, 'Begin');
      await heading(page, /^Welcome/);
      await page.getByRole('link', { name: /^Passkey or security key/ }).click();
      await press(page, 'Create a passkey');
      await page.getByText('Your new proof is ready to use.').waitFor();
      await page.getByRole('link', { name: /^Password/ }).click();
      await page.getByLabel('New password').fill(PASSWORD);
      await page.getByLabel('The same once more').fill(PASSWORD);
      await press(page, 'Set password');
      await page.getByRole('link', { name: /^Recovery codes/ }).click();
      await press(page, 'Make codes');
      await heading(page, 'Your recovery codes');
      assert.equal(await page.locator('.codes li').count(), 10);
      await page.getByLabel('I have kept these codes safe').check();
      await press(page, 'Continue');
      await press(page, 'Finish');
      await heading(page, 'You are all set');
      await page.getByRole('link', { name: 'Sign in' }).click();
      // The browser offers the passkey by itself, in the list under the name field, and its owner takes it.
      await heading(page, identifier);
      await page.getByText('Passkey, Chrome on Linux').waitFor();
      await page.context().close();
    });
  }

  test('without JavaScript, a newcomer types a pass, sets up password and app, and signs in with both', async () => {
    const identifier = 'olu';
    const code = await issuePass(web.test, await addPerson(web.test, identifier));
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: phone });
    const page = await context.newPage();
    await page.goto(`${web.origin}/enrol`);
    await page.getByLabel('Name or email').fill(identifier);
    await page.getByLabel('Temporary pass').fill(code.toLowerCase());
    await press(page, 'Continue');
    await page.getByRole('link', { name: /^Password/ }).click();
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByLabel('The same once more').fill(PASSWORD);
    await press(page, 'Set password');
    await page.getByRole('link', { name: /^Authenticator app/ }).click();
    const uri = await page.locator('a[href^="otpauth:"]').getAttribute('href');
    const app = createTotpApp(uri ?? '', web.test.clock);
    await page.getByLabel('Code that the app shows').fill('000000');
    await press(page, 'Confirm');
    await page.getByRole('alert').waitFor();
    assert.equal(await page.locator('a[href^="otpauth:"]').getAttribute('href'), uri);
    await page.getByLabel('Code that the app shows').fill(app.code());
    await press(page, 'Confirm');
    await page.getByRole('link', { name: /^Recovery codes/ }).click();
    await press(page, 'Make codes');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      press(page, 'Download as a text file'),
    ]);
    assert.equal(download.suggestedFilename(), 'sallyport-recovery-codes.txt');
    await page.getByLabel('I have kept these codes safe').check();
    await press(page, 'Continue');
    await press(page, 'Finish');
    web.test.clock.advance(30_000);

    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByLabel('Name or email').fill(identifier);
    await press(page, 'Continue');
    await page.getByLabel('Password').fill(PASSWORD);
    await press(page, 'Continue');
    await page.getByLabel('Code from your app').fill(app.code());
    await press(page, 'Sign in');
    await heading(page, identifier);
    await page.context().close();
  });
});
