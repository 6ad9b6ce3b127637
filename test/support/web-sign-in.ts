import type { ManualClock } from './clock.ts';
import type { TestPerson } from './people.ts';
import type { WebAnswer, WebClient } from './web-client.ts';

/** The first page filled in, and the page that follows. */
export async function beginSignIn(browser: WebClient, identifier: string): Promise<WebAnswer> {
  await browser.onTo('/signin');
  return browser.follow(await browser.post('/signin', { identifier }));
}

/** Signs in with password and code; the clock goes on to the next code. */
export async function signInOnWeb(
  web: { readonly test: { readonly clock: ManualClock } },
  browser: WebClient,
  person: TestPerson,
): Promise<WebAnswer> {
  await beginSignIn(browser, person.identifier);
  const first = { kind: 'password', password: person.password };
  await browser.follow(await browser.post('/signin/step', first));
  const done = await browser.post('/signin/step', { kind: 'totp', code: person.totp.code() });
  web.test.clock.advance(30_000);
  return done;
}
