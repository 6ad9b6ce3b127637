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
  panel,
} from '../support/browser.ts';
import { catchUp, type Desk, openDesk } from '../support/elsewhere.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';
import { softwareAuthenticator } from '../support/software-authenticator.ts';

const skip = chromiumPath() === undefined ? 'no Chromium on this machine' : false;

describe('the command line and a real browser', { skip }, () => {
  let house: OidcHouse;
  let browser: Browser;
  let page: Page;
  let desk: Desk;
  let heard: string[];
  let root: PasskeyPerson;
  before(async () => {
    [house, browser] = await Promise.all([
      openOidcHouse({ settings: { policy: { ...policyConfig.parse({}), freshFor: 10_000 } } }),
      openBrowser(),
    ]);
    const passkey = softwareAuthenticator();
    root = await passkeyPerson(house, 'root', ['administrator'], passkey);
    catchUp(house);
    page = await (await browser.newContext({ viewport: panel })).newPage();
    page.setDefaultTimeout(20_000);
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
    catchUp(house);
  };

  it('sign in with a passkey, agree, and are told that they can close it', async () => {
    const { code, out, err } = await desk.run(['login', '--no-browser'], async (address) => {
      await page.goto(address);
      // The list under the name field offers the passkey, and this authenticator’s person takes it at once.
      await agree();
    });
    assert.equal(code, 0, err + house.notices.join());
    assert.match(out, /as root, with administrator/);
    assert.deepEqual(heard, []);
    const { code: listed, out: people } = await desk.run(['person', 'list']);
    assert.equal(listed, 0);
    assert.match(people, /root/);
  });

  it('show a fresh proof when the policy wants one, and the command goes on', {
    skip: 'now and then the policy asks once more, depending on how far the clocks of house and browser are apart',
  }, async () => {
    catchUp(house);
    house.clock.advance(30_000);
    const { code, out, err } = await desk.run(['person', 'add', 'ada'], async (address) => {
      await page.goto(address);
      await page.getByLabel('Password').fill(root.password);
      await page.getByRole('button', { name: 'Continue' }).click();
      await agree();
    });
    assert.equal(code, 0, err + house.notices.join());
    assert.match(err, /wants a fresh proof/);
    assert.match(out, /^ada is added\./);
  });
});
