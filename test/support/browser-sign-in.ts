import type { Page } from 'playwright-core';
import type { TestPerson } from './people.ts';

/** Signs in with password and code, from the page that asks who it is; what comes then is for the test to wait for. */
export async function signInOnPage(
  page: Page,
  { identifier, password, totp }: Pick<TestPerson, 'identifier' | 'password' | 'totp'>,
): Promise<void> {
  await page.getByLabel('Name or email').fill(identifier);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.getByLabel('Code from your app').fill(totp.code());
  await page.getByRole('button', { name: 'Sign in' }).click();
}
