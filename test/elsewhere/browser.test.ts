/** `./sallyport login` with a real Chromium: the address that the command prints, our pages, a passkey, yes, and back. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { policyConfig } from '../../server/policy/policy-config.ts';
import {
  addAuthenticator,
  chromiumPath,
  complaints,
  openBrowser,
  PATIENCE,
  panel,
} from '../support/browser.ts';
import { catchUp, type Desk, openDesk } from '../support/elsewhere.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { passkeyPerson } from '../support/served-people.ts';
import { softwareAuthenticator } from '../support/software-authenticator.ts';

const skip = chromiumPath() === undefined ? 'no Chromium on this machine' : false;

const FRESH_FOR = 10_000;
const BEHIND = FRESH_FOR + 2000;

describe('the command line and a real browser', { skip }, () => {
  let house: OidcHouse;
  let browser: Browser;
  let page: Page;
  let desk: Desk;
  let heard: string[];
  before(async () => {
    [house, browser] = await Promise.all([
      openOidcHouse({ settings: { policy: { ...policyConfig.parse({}), freshFor: FRESH_FOR } } }),
      openBrowser(),
    ]);
    const passkey = softwareAuthenticator();
    await passkeyPerson(house, 'root', ['administrator'], passkey);
    // Behind the command's clock, so that it can go on past what is fresh and never has to go back.
    catchUp(house);
    house.clock.advance(-BEHIND);
    page = await (await browser.newContext({ viewport: panel })).newPage();
    page.setDefaultTimeout(PATIENCE);
    heard = complaints(page);
    const { cdp, id } = await addAuthenticator(page);
    const { key, credentialId, userHandle } = passkey.save();
    const credential = {
      credentialId: Buffer.from(credentialId, 'base64url').toString('base64'),
      privateKey: key.replaceAll(/-----[^-]+-----|\s/g, ''), // PEM is base64 between two lines.
      userHandle: Buffer.from(userHandle ?? '', 'base64url').toString('base64'),
      rpId: 'localhost',
      isResidentCredential: true,
      signCount: 0,
    };
    await cdp.send('WebAuthn.addCredential', { authenticatorId: id, credential });
    desk = openDesk({ SALLYPORT_AT: house.origin });
  });
  after(async () => {
    desk.close();
    await browser.close();
    await house.close();
  });

  const agree = async () => {
    await page.getByText('Do here all that you may do').waitFor();
    await page.getByRole('button', { name: 'Let it in' }).click();
    await page.getByRole('heading', { name: 'You can close this' }).waitFor();
  };

  it('sign in with a passkey, agree, and are told that they can close it', async () => {
    const { code, out, err } = await desk.run(['login', '--no-browser'], async (address) => {
      await page.goto(address);
      // The list under the name field offers the passkey, and this authenticator’s person takes it at once.
      await agree();
    });
    assert.equal(code, 0, err + house.notices.join());
    assert.match(out, /as root, with the role administrator/);
    assert.deepEqual(heard, []);
    const { code: listed, out: people } = await desk.run(['person', 'list']);
    assert.equal(listed, 0);
    assert.match(people, /root/);
  });

  it('show a fresh proof when the policy wants one, and the command goes on', async () => {
    house.clock.advance(BEHIND);
    const { code, out, err } = await desk.run(['person', 'add', 'ada'], async (address) => {
      await page.goto(address);
      await page.getByRole('button', { name: 'Use passkey or key' }).click();
      await agree();
    });
    assert.equal(code, 0, err + house.notices.join());
    assert.match(err, /wants a fresh proof/);
    assert.match(out, /^ada is added\./);
  });
});
