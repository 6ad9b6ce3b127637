import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { addAuthenticator, complaints, openBrowser, openPage } from '../support/browser.ts';
import { enrolledPerson } from '../support/people.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';

/** What has the focus, in words. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.innerText ?? at.getAttribute('aria-label') ?? at.innerText ?? '';
  return label.split('\\n')[0].trim();
})()`;
/** Whether the focus can be seen: an outline that is drawn. */
const SEEN = `(() => {
  if (document.activeElement === document.body) return true;
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
})()`;

async function tabTo(page: Page, words: string): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab');
    assert.ok(await page.evaluate<boolean>(SEEN), 'the focus can be seen');
    if ((await page.evaluate<string>(FOCUSED)).startsWith(words)) return;
  }
  assert.fail(`no Tab leads to ${words}`);
}

/** The field that comes first on a page has the focus by itself. */
async function typeInto(page: Page, field: string, text: string): Promise<void> {
  await page.waitForLoadState('load');
  await page.waitForFunction(`${FOCUSED} === ${JSON.stringify(field)}`);
  await page.keyboard.type(text);
  await page.keyboard.press('Enter');
}

describe('with a keyboard alone', () => {
  let web: WebHouse;
  let browser: Browser;
  before(async () => {
    [web, browser] = await Promise.all([openWebHouse(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  test('someone signs in with password and code, mistakes included, adds a security key, and signs out', async () => {
    const person = await enrolledPerson(web.test, 'ines');
    const page = await openPage(browser);
    const heard = complaints(page);
    const title = async (words: string) => {
      await page.getByRole('heading', { level: 1, name: words }).waitFor();
      await page.waitForLoadState('load');
    };
    await page.goto(`${web.origin}/signin`);
    await typeInto(page, 'Name or email', person.identifier);
    await title('Show that it is you');
    await typeInto(page, 'Password', 'not my password');
    await page.getByRole('alert').waitFor();
    await typeInto(page, 'Password', person.password);
    await title('One more proof');
    await typeInto(page, 'Code from your app', person.totp.code());
    await title(person.identifier);
    web.test.clock.advance(30_000);

    await addAuthenticator(page, 'usb');
    await tabTo(page, 'Skip to the content');
    await tabTo(page, 'Add a proof');
    await page.keyboard.press('Enter');
    await title('Add a proof');
    await tabTo(page, 'Passkey or security key');
    await page.keyboard.press('Enter');
    await title('Add a passkey or security key');
    await tabTo(page, 'I have a security key instead');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/webauthn?form=security-key');
    await tabTo(page, 'Use a security key');
    await page.keyboard.press('Enter');
    await title(person.identifier);
    await page.getByText('Security key', { exact: true }).waitFor();

    await tabTo(page, 'Sign out');
    await page.keyboard.press('Enter');
    await title('You are signed out');

    // The key as the second proof.
    await tabTo(page, 'Sign in again');
    await page.keyboard.press('Enter');
    await title('Sign in');
    await typeInto(page, 'Name or email', person.identifier);
    await title('Show that it is you');
    await typeInto(page, 'Password', person.password);
    await title('One more proof');
    await tabTo(page, 'Use passkey');
    await page.keyboard.press('Enter');
    await title(person.identifier);
    assert.deepEqual(heard, []);
    await page.context().close();
  });

  test('a passkey that its owner does not confirm is told as that, and nothing is lost', async () => {
    const person = await enrolledPerson(web.test, 'jonas');
    const page = await openPage(browser);
    const authenticator = await addAuthenticator(page);
    await page.goto(`${web.origin}/signin`);
    await page.getByLabel('Name or email').fill(person.identifier);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('link', { name: /^Passkey or security key/ }).click();
    await authenticator.verify(false);
    await page.getByRole('button', { name: 'Use passkey' }).click();
    await page.getByText(/Nothing was shown to your browser/).waitFor();
    await page.getByRole('link', { name: /^Password/ }).click();
    await page.getByLabel('Password').waitFor();
    await page.context().close();
  });
});
