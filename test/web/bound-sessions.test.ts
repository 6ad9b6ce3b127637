/** A session bound to a key of its browser, in a real Chromium; what attackers try is in test/attacks/stolen-cookie.test.ts. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, complaints, openBrowser, openPage } from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { openServedHouse } from '../support/served-house.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';

const MINUTE = 60_000;
const skip = chromiumPath() === undefined ? 'no Chromium on this machine' : false;

/** In the page: what the browser keeps, and whether anything can be got out of it. */
const KEPT_KEY = `new Promise((resolve, reject) => {
  const opening = indexedDB.open('sallyport');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const asked = opening.result.transaction('keys').objectStore('keys').get('browser');
    asked.onsuccess = async () => {
      const { privateKey } = asked.result;
      const out = (form) => crypto.subtle.exportKey(form, privateKey).then(() => form, (e) => e.name);
      resolve([privateKey.algorithm.namedCurve, privateKey.extractable, await out('pkcs8'), await out('jwk')]);
    };
  };
})`;

async function signInBy(page: Page, origin: string, person: TestPerson): Promise<void> {
  await page.goto(`${origin}/signin`);
  await signInOnPage(page, person);
}

describe('a session in a browser', { skip }, () => {
  let web: WebHouse;
  let browser: Browser;
  let ada: TestPerson;
  before(async () => {
    [web, browser] = await Promise.all([openWebHouse(), openBrowser()]);
    ada = await enrolledPerson(web.test, 'ada');
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  async function signIn(page: Page): Promise<void> {
    await signInBy(page, web.origin, ada);
    web.test.clock.advance(30_000);
  }

  /** Signed in, and the page has shown its key. */
  async function bound(): Promise<Page> {
    const page = await openPage(browser);
    const shown = page.waitForResponse('**/session/key');
    await signIn(page);
    await shown;
    return page;
  }

  const account = (page: Page) => page.getByRole('heading', { name: 'ada', level: 1 });

  test('has a key of its own, which no script can take out', async () => {
    const page = await bound();
    const heard = complaints(page);
    await page.getByText('good in this browser only').waitFor(); // And no alarm before that.
    assert.equal(await page.getByText('not tied to its browser').count(), 0);
    assert.deepEqual(await page.evaluate(KEPT_KEY), [
      'P-256',
      false,
      'InvalidAccessError',
      'InvalidAccessError',
    ]);
    await page.reload();
    await page.getByText('good in this browser only').waitFor();
    const cookies = await page.context().cookies();
    const proof = cookies.find(({ name }) => name === 'sallyport-key');
    assert.ok(proof?.httpOnly && proof.sameSite === 'Lax');
    assert.deepEqual(heard, []);
    await page.context().close();
  });

  test('goes on after an interval in its own browser, and in no other that has its cookies', async () => {
    const page = await bound();
    const thief = await openPage(browser);
    await thief.context().addCookies(await page.context().cookies());
    web.test.clock.advance(6 * MINUTE);
    const seen = await eventsOf(web.test, async () => {
      await thief.goto(`${web.origin}/me`);
      await thief.getByText(/^This session belongs to a key/).waitFor();
      assert.equal(await account(thief).count(), 0);
      await page.goto(`${web.origin}/me`);
      await account(page).waitFor();
      assert.equal(page.url(), `${web.origin}/me`);
    });
    assert.ok(count(seen, 'session.key-wanted', 'refused') >= 1);
    assert.equal(count(seen, 'session.key-refused'), 0);
    await thief.goto(`${web.origin}/me`);
    assert.equal(await account(thief).count(), 0);
    await page.context().close();
    await thief.context().close();
  });

  test('is ended where another browser shows a key of its own for it', async () => {
    const page = await bound();
    // Someone with a browser and a session of their own, who then takes over these cookies.
    const thief = await bound();
    await thief.context().addCookies(await page.context().cookies());
    web.test.clock.advance(6 * MINUTE);
    const alerts = web.test.alerts.length;
    const seen = await eventsOf(web.test, async () => {
      await thief.goto(`${web.origin}/me`);
      await thief.getByText(/^This session belongs to a key/).waitFor();
    });
    assert.equal(count(seen, 'session.key-refused', 'refused'), 1);
    assert.equal(web.test.alerts.length, alerts + 1);
    await page.goto(`${web.origin}/me`);
    await page.getByLabel('Name or email').waitFor();
    await page.context().close();
    await thief.context().close();
  });

  test('loses no form that is sent when the proof of its key was too old', async () => {
    const page = await bound();
    await page.goto(`${web.origin}/me/trouble`);
    web.test.clock.advance(6 * MINUTE);
    const sent = page.getByRole('button', { name: /wasn’t me|end/i }).last();
    await sent.click();
    await page.waitForURL('**/me/trouble/done');
    await page.context().close();
  });

  test('stays bound to the same key through a fresh proof', async () => {
    const page = await bound();
    const held = async () =>
      (await page.context().cookies()).find(({ name }) => name === 'sallyport-session')?.value;
    const before = await held();
    for (let minutes = 0; minutes < 12; minutes += 4) {
      web.test.clock.advance(4 * MINUTE);
      await page.goto(`${web.origin}/me/activity`);
      // The page on which a key is shown has a heading of its own, and goes on to this one.
      await page.getByRole('heading', { level: 1, name: 'Activity' }).waitFor();
    }
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/session/key')) asked.push(request.postData() ?? '');
    });
    await page.goto(`${web.origin}/me/proofs/add/password`);
    await page.getByLabel('Password').fill(ada.password);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByLabel(/New password/).waitFor();
    assert.notEqual(await held(), before);
    assert.ok(
      asked.every((body) => !body.includes('"key"')),
      'the key was shown before',
    );
    await page.goto(`${web.origin}/me`);
    await account(page).waitFor();
    await page.context().close();
  });

  test('of a browser without JavaScript goes on unbound, says so, and ends sooner', async () => {
    const page = await openPage(browser, { javaScriptEnabled: false });
    await signIn(page);
    await account(page).waitFor();
    await page.getByText('not tied to its browser, so it ends sooner').first().waitFor();
    web.test.clock.advance(6 * MINUTE);
    await page.reload();
    await account(page).waitFor();
    await page.context().close();
  });
});

test('calls of the API by a page are repeated once the key was shown', { skip }, async () => {
  const [web, browser] = await Promise.all([openServedHouse(), openBrowser()]);
  try {
    const ada = await enrolledPerson(web, 'ada');
    const page = await openPage(browser);
    const shown = page.waitForResponse('**/session/key');
    await signInBy(page, web.origin, ada);
    await shown;
    web.clock.advance(6 * MINUTE);
    const call = (how: string) =>
      page.evaluate<number>(`(async () => {
        const bound = await import(document.querySelector('script[src*="/bound."]').src);
        return (await ${how}('/api/v1/me')).status;
      })()`);
    assert.equal(await call('fetch'), 401);
    assert.equal(await call('bound.fetchProven'), 200);
    assert.equal(await call('fetch'), 200);
  } finally {
    await browser.close();
    await web.close();
  }
});

test('where a key is required, a browser with one gets in and one without JavaScript is told why not', {
  skip,
}, async () => {
  const [web, browser] = await Promise.all([
    openWebHouse({ boundSessions: 'required' }),
    openBrowser(),
  ]);
  try {
    const ada = await enrolledPerson(web.test, 'ada');
    for (const javaScriptEnabled of [true, false]) {
      const page = await openPage(browser, { javaScriptEnabled });
      await signInBy(page, web.origin, ada);
      web.test.clock.advance(30_000);
      const found = javaScriptEnabled
        ? page.getByRole('heading', { name: 'ada', level: 1 })
        : page.getByText(/showing it takes JavaScript/);
      await found.waitFor();
      await page.context().close();
    }
  } finally {
    await browser.close();
    await web.close();
  }
});
