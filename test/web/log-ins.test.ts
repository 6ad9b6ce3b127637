/** A log-in at a network device, approved in Chromium: found on the person's own page, answered with a passkey and the number. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { CODE, type Packet } from '../../server/wire/radius/packet.ts';
import { textOf } from '../../server/wire/radius/values.ts';
import {
  type ApprovalHouse,
  openApprovalHouse,
  openRadiusAt,
  type RadiusAt,
} from '../support/approvals.ts';
import {
  addAuthenticator,
  chromiumPath,
  complaints,
  openBrowser,
  openPage,
  phone,
} from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { stateOf } from '../support/radius-client.ts';

const desk = { width: 1280, height: 800 };
/** Where pictures of the pages go, for whoever wants to look at them. */
const pictures = process.env.PICTURES;
const numberIn = (packet: Packet) => /type (\d\d) there/.exec(textOf(packet, 18) ?? '')?.[1] ?? '';

describe('a log-in in Chromium', {
  skip: chromiumPath() === undefined && 'needs Chromium',
}, () => {
  let house: ApprovalHouse;
  let browser: Browser;
  before(async () => {
    house = await openApprovalHouse();
    browser = await openBrowser();
    if (pictures !== undefined) mkdirSync(pictures, { recursive: true });
  });
  after(async () => {
    await browser?.close();
    await house?.close();
  });

  const ask = (at: RadiusAt, name: string, typed: string, more: Packet['attributes'] = []) =>
    at.device.ask(at.device.pap(name, typed, more), at.door.ports().authentication);

  /** Somebody who signs in with password and code, and adds a passkey in this page. */
  async function withPasskey(page: Page, name: string): Promise<TestPerson> {
    const person = await enrolledPerson(house, name);
    const changed = await house.house.store.write((tx) =>
      house.house.people.change(tx, person.id, { groups: ['network-operators'] }, { door: 'cli' }),
    );
    assert.ok(changed.ok);
    await addAuthenticator(page);
    await page.goto(`${house.origin}/signin`);
    // Until it has shown its key, what it asks for may cross with that.
    const bound = page.waitForResponse((answer) => answer.url().endsWith('/session/key'));
    await signInOnPage(page, person);
    await bound;
    await page.getByRole('link', { name: 'Add a proof' }).click();
    house.clock.advance(30_000);
    await page.getByRole('link', { name: /^Passkey or security key/ }).click();
    await page.getByRole('button', { name: 'Create a passkey' }).click();
    await page.getByText('Your new proof is ready to use.').waitFor();
    house.clock.advance(30_000);
    return person;
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
    ['desk-dark', desk, 'dark'],
  ] as const) {
    it(`is let in by a passkey and the number that stands at the network device (${name})`, async (t) => {
      const both = await openRadiusAt(house, { approve: { offered: ['hall'] } });
      t.after(both.close);
      const page = await openPage(browser, { viewport, colorScheme });
      const person = await withPasskey(page, `ada-${name}`);
      const heard = complaints(page);
      const first = await ask(both, person.identifier, person.password);
      assert.equal(first.code, CODE.accessChallenge);
      await page.goto(`${house.origin}/me`);
      await look(page, `${name}-me`);
      await page.getByRole('link', { name: 'Look at it: your login at hall' }).click();
      await page.getByRole('heading', { name: 'Log in at hall?' }).waitFor();
      await look(page, `${name}-first`);
      await page.getByRole('link', { name: 'Show your passkey first' }).click();
      await page
        .getByRole('button', { name: /passkey/i })
        .first()
        .click();
      const number = page.getByLabel('Number that hall shows you');
      await number.waitFor();
      await look(page, `${name}-number`);
      await number.fill(numberIn(first));
      await page.getByRole('button', { name: 'Let me in' }).click();
      await page.getByText('It is approved. Go back to where you log in').waitFor();
      await look(page, `${name}-done`);
      assert.deepEqual(heard, []);
      const last = await ask(both, person.identifier, 'ok', [stateOf(first)]);
      assert.equal(last.code, CODE.accessAccept);
      await page.context().close();
    });
  }

  it('without a number says what that means, and can be refused with one press, which tells what to do', async (t) => {
    const once = await openRadiusAt(house, { approve: { withoutNumber: ['hall'] } });
    t.after(once.close);
    const page = await openPage(browser, { viewport: phone, colorScheme: 'dark' });
    const person = await withPasskey(page, 'bea');
    const answer = ask(once, person.identifier, person.password);
    const link = page.getByRole('link', { name: 'Look at it: your login at hall' });
    do await page.goto(`${house.origin}/me`);
    while ((await link.count()) === 0);
    await link.click();
    await page.getByText('This device can show no number').waitFor();
    await look(page, 'numberless');
    await page.getByRole('button', { name: 'This wasn’t me' }).click();
    await page.getByRole('heading', { name: 'It is refused' }).waitFor();
    await look(page, 'refused');
    assert.equal((await answer).code, CODE.accessReject);
    await page.getByRole('link', { name: 'Change your password' }).click();
    await page.waitForURL(/\/me\/proofs\/add\/password|\/confirm/);
    await page.context().close();
  });
});
