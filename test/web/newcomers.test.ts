/** What people meet who were never here before, or who lost something, or whose browser can do little. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { loadAssets } from '../../server/doors/web/assets.ts';
import { addAuthenticator, openBrowser, openPage } from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { addPerson, enrolledPerson, issuePass, PASSWORD } from '../support/people.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { complaint, createWebClient } from '../support/web-client.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';
import { sampleView } from '../support/web-preview.ts';
import { samplePages } from '../support/web-samples.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('someone new, or in need', () => {
  let web: WebHouse;
  let browser: Browser;
  before(async () => {
    [web, browser] = await Promise.all([openWebHouse(), openBrowser()]);
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  const press = (page: Page, name: string) =>
    page.getByRole('button', { name, exact: true }).click();
  const passkeyLink = (page: Page) => page.getByRole('link', { name: /^Passkey or security key/ });

  async function setPassword(page: Page): Promise<void> {
    await page.getByRole('link', { name: /^Password/ }).click();
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByLabel('The same once more').fill(PASSWORD);
    await press(page, 'Set password');
    await page.getByText('Your new proof is ready to use.').waitFor();
  }

  async function setApp(page: Page): Promise<void> {
    await page.getByRole('link', { name: /^Authenticator app/ }).click();
    const uri = await page.locator('a[href^="otpauth:"]').getAttribute('href');
    const app = createTotpApp(uri ?? '', web.test.clock);
    await page.getByLabel('Code that the app shows').fill(app.code());
    await press(page, 'Confirm');
    await page.getByText('Your new proof is ready to use.').waitFor();
  }

  async function signIn(page: Page, person: Awaited<ReturnType<typeof enrolledPerson>>) {
    await page.goto(`${web.origin}/signin`);
    await signInOnPage(page, person);
    await page.getByRole('heading', { level: 1, name: person.identifier }).waitFor();
    web.test.clock.advance(30_000);
  }

  test('an administrator who skips the passkey is told why, what is missing and what to do, and goes on from there', async () => {
    const id = await addPerson(web.test, 'gesine', ['administrator']);
    const code = await issuePass(web.test, id);
    const page = await openPage(browser);
    await addAuthenticator(page);
    await page.goto(`${web.origin}/enrol/${id}.${code}`);
    await press(page, 'Begin');
    await setPassword(page);
    await setApp(page);
    await page.getByText('2 of 4 done').waitFor();
    await page.getByRole('heading', { name: 'A passkey or security key is needed' }).waitFor();
    await page.getByText(/^People who administer sign in with one/).waitFor();
    await page.getByText(/^This device can’t make one/).waitFor();
    await page.getByText(/\.\/sallyport pass issue gesine$/).waitFor();
    assert.equal(await page.getByRole('link', { name: /^Recovery codes/ }).count(), 0);

    await passkeyLink(page).click();
    await press(page, 'Create a passkey');
    await page.getByText('3 of 4 done').waitFor();
    assert.equal(await page.locator('.way.done').count(), 3, 'as many as are shown as done');
    assert.equal(await page.getByRole('heading', { name: /is needed$/ }).count(), 0);
    await page.getByText(/^Ten codes on paper\. For you they can’t stand in/).waitFor();
    await page.getByRole('link', { name: /^Recovery codes/ }).click();
    await press(page, 'Make codes');
    await page.getByLabel('I have kept these codes safe').check();
    await press(page, 'Continue');
    await page.getByText('4 of 4 done').waitFor();
    await press(page, 'Finish');
    await page.getByRole('heading', { level: 1, name: 'You are all set' }).waitFor();
    const told = await page.locator('main').innerText();
    assert.ok(told.includes('gesine') && told.includes(`${web.origin}/signin`), told);
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'gesine' }).waitFor();
    await page.getByText(/^Look after people with/).waitFor();
    await page.context().close();
  });

  test('whoever comes back by a pass is led from what they lost to a new one', async () => {
    const tilda = await enrolledPerson(web.test, 'tilda');
    const page = await openPage(browser);
    await addAuthenticator(page);
    await page.goto(`${web.origin}/enrol/${tilda.id}.${await issuePass(web.test, tilda.id)}`);
    await press(page, 'Begin');
    await page.getByText(/^(\d) of \1 done$/).waitFor();
    const lead = page.getByText(/^This is what you hold\. If you lost one of them, set up another/);
    await lead.waitFor();
    const again = page.getByRole('link', { name: /^Authenticator app Add another Done$/ });
    await again.waitFor();
    await page.getByRole('link', { name: /^Recovery codes Make new ones Done$/ }).waitFor();
    await page.getByRole('link', { name: /^Password Choose another Done$/ }).click();
    await page.getByLabel('New password').fill('nine-herons-cross-the-fen');
    await page.getByLabel('The same once more').fill('nine-herons-cross-the-fen');
    await press(page, 'Set password');
    await page.getByText('Your password is changed.').waitFor();
    await again.waitFor();
    assert.equal(await lead.count(), 0, 'something took its place');
    await page.context().close();
  });

  test('someone without a role is told nothing of the kind', async () => {
    const id = await addPerson(web.test, 'tilo');
    const code = await issuePass(web.test, id);
    const page = await openPage(browser);
    await page.goto(`${web.origin}/enrol/${id}.${code}`);
    await press(page, 'Begin');
    await setPassword(page);
    await page.getByText('1 of 3 done').waitFor();
    await setApp(page);
    await page.getByText('2 of 3 done').waitFor();
    assert.equal(await page.getByRole('heading', { name: /is needed$|missing/ }).count(), 0);
    await page.getByRole('link', { name: /^Recovery codes/ }).waitFor();
    assert.equal(await page.getByText(/can’t stand in/).count(), 0);
    await page.context().close();
  });

  const little: Record<string, (options?: BrowserContextOptions) => Promise<Page>> = {
    'without JavaScript': () => openPage(browser, { javaScriptEnabled: false }),
    'that knows no passkeys': async () => {
      const page = await openPage(browser);
      await page.addInitScript('delete globalThis.PublicKeyCredential');
      return page;
    },
  };
  for (const [kind, open] of Object.entries(little)) {
    test(`in a browser ${kind} no passkey is offered, and the pages say so`, async () => {
      const name = `little-${Object.keys(little).indexOf(kind)}`;
      const page = await open();
      const offered = () =>
        page.getByText(/^(Use a passkey|Use passkey or key|Passkey or security key)$/);
      const nothingOffered = async (words: RegExp) => {
        await page.getByText(words).filter({ visible: true }).first().waitFor();
        assert.equal(await offered().filter({ visible: true }).count(), 0, page.url());
      };
      await page.goto(`${web.origin}/signin`);
      await nothingOffered(/A passkey or security key can be used as well, but/);
      await page.getByLabel('Name or email').fill('nobody');
      await press(page, 'Continue');
      await page.getByLabel('Password').waitFor();
      await nothingOffered(/A passkey or security key can be used as well, but/);
      assert.equal(await page.getByText('Use something else').filter({ visible: true }).count(), 0);
      await page.goto(`${web.origin}/signin/step?with=webauthn`);
      await nothingOffered(/You can use a passkey or security key here, but/);
      await page.getByRole('link', { name: /^Password/ }).click();
      await page.getByLabel('Password').waitFor();

      const id = await addPerson(web.test, name, ['administrator']);
      await page.goto(`${web.origin}/enrol/${id}.${await issuePass(web.test, id)}`);
      await press(page, 'Begin');
      await nothingOffered(/^It can’t be set up in this browser/);
      await page.getByRole('heading', { name: 'A passkey or security key is needed' }).waitFor();
      await page.getByRole('link', { name: /^Authenticator app/ }).waitFor();
      await page.context().close();
    });
  }

  test('where there are passkeys they are offered, and nothing is said of JavaScript', async () => {
    const page = await openPage(browser);
    await page.goto(`${web.origin}/signin`);
    await page.getByRole('button', { name: /^Use a passkey/ }).waitFor();
    await page.getByLabel('Name or email').fill('nobody');
    await press(page, 'Continue');
    await passkeyLink(page).waitFor();
    const said = page.getByText(/JavaScript/).filter({ visible: true });
    assert.equal(await said.count(), 0);
    await page.context().close();
  });

  test('a proof that will not be fresh for long is asked for before the form, which then is filled in once', async () => {
    const person = await enrolledPerson(web.test, 'ottilie');
    const page = await openPage(browser);
    await signIn(page, person);
    await page.getByRole('link', { name: /^Change/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Change your password' }).waitFor();

    // Fresh for five minutes: at three it would still do now, and might not when the form is sent.
    web.test.clock.advance(3 * MINUTE);
    await page.goto(`${web.origin}/me`);
    await page.getByRole('link', { name: /^Change/ }).click();
    await page.getByRole('heading', { level: 1, name: 'Is it still you?' }).waitFor();
    assert.equal(await page.getByLabel('New password').count(), 0);
    await page.getByLabel('Password').fill(person.password);
    await press(page, 'Continue');
    await page.getByRole('heading', { level: 1, name: 'Change your password' }).waitFor();
    web.test.clock.advance(4 * MINUTE);
    const password = 'eleven grey geese landing';
    await page.getByLabel('New password').fill(password);
    await page.getByLabel('The same once more').fill(password);
    await press(page, 'Set password');
    await page.getByText('Your password is changed. Use the new one from now on.').waitFor();
    await page.context().close();
  });

  test('the second step promises nothing of a recovery code where none is taken', () => {
    const { 'step-passkey': some, 'step-passkey-alone': alone } = samplePages(
      sampleView(loadAssets().paths),
    );
    assert.match(some?.text ?? '', /one of your recovery codes stands in/);
    assert.doesNotMatch(alone?.text ?? '', /codes stands in/);
    assert.match(
      alone?.text ?? '',
      /temporary pass \(whoever runs the server makes one with [^)]*\); a recovery code will not do here/,
    );
  });

  test('the second step tells whoever is asked for the same what to do without a second proof', async () => {
    const all = new Set<string>();
    for (const name of ['uwe', 'vera']) {
      const person = await enrolledPerson(web.test, name);
      const client = createWebClient(web.origin);
      await client.get('/signin');
      const first = await client.follow(await client.post('/signin', { identifier: name }));
      assert.doesNotMatch(first.text, /class="lost"/);
      const proof = { kind: 'password', password: person.password };
      const second = await client.follow(await client.post('/signin/step', proof));
      const words = /<section class="lost">.*<\/section>/s.exec(second.text)?.[0] ?? '';
      all.add(words.replace(/\?tab=[\w-]{8}/, ''));
    }
    const [words = ''] = all;
    assert.equal(all.size, 1);
    assert.match(words, /one of your recovery codes stands in.*temporary pass.*href="\/enrol"/s);
  });

  test('a link that was used, has ended, was cut off or never was gets one answer, and it says what to do', async () => {
    const used = await addPerson(web.test, 'wanda');
    const usedCode = await issuePass(web.test, used, { uses: 1 });
    const first = createWebClient(web.origin);
    await first.get(`/enrol/${used}.${usedCode}`);
    await first.get('/enrol');
    assert.equal((await first.post('/enrol/begin', {})).location, '/enrol/proofs');
    const ended = await addPerson(web.test, 'xaver');
    const endedCode = await issuePass(web.test, ended);
    web.test.clock.advance(30 * DAY);

    const links = {
      used: `${used}.${usedCode}`,
      ended: `${ended}.${endedCode}`,
      unknown: '01900000-0000-7000-8000-000000000001.AAAA-BBBB-CCCC-DDDD',
      'cut off': `${used}.`,
    };
    const answers: Record<string, string | undefined> = {};
    const asides: string[] = [];
    for (const [what, link] of Object.entries(links)) {
      const client = createWebClient(web.origin);
      let page = await client.follow(await client.get(`/enrol/${link}`));
      if (complaint(page) === undefined) {
        page = await client.follow(await client.post('/enrol/begin', {}));
      }
      answers[what] = complaint(page);
      asides.push(/<section class="lost">.*<\/section>/.exec(page.text)?.[0] ?? '');
    }
    const [said] = Object.values(answers);
    assert.match(said ?? '', /^That link does not open anything now\. Most likely it was used/);
    assert.match(said ?? '', /sign in\. If not, ask your administrator for a new link/);
    // Nobody knows who asks: whoever is the administrator finds their own way there, too.
    for (const aside of asides) {
      assert.match(aside, /Are you the administrator\?.*\.\/sallyport pass issue NAME/);
    }
    for (const [what, words] of Object.entries(answers)) assert.equal(words, said, what);
  });
});
