/** Over HTTPS, as in earnest: with a certificate made here, which the browser is told to trust by its key. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser, openPage, panel } from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { makeCertificate } from '../support/certificates.ts';
import { enrolledPerson } from '../support/people.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';

describe('cookies over HTTPS', () => {
  let web: WebHouse;
  let browser: Browser;
  before(async () => {
    const made = makeCertificate({ subject: { CN: 'localhost' }, authority: false });
    const { keyPem: key } = made;
    const spki = new X509Certificate(made.pem).publicKey.export({ format: 'der', type: 'spki' });
    const trusted = createHash('sha256').update(spki).digest('base64');
    [web, browser] = await Promise.all([
      openWebHouse({}, { certificate: made.pem, key }),
      openBrowser([`--ignore-certificate-errors-spki-list=${trusted}`]),
    ]);
  });
  after(async () => {
    await browser.close();
    await web.close();
  });

  test('carry the prefix __Host-, which the browser keeps, sends back, and lets no script read', async () => {
    const person = await enrolledPerson(web.test, 'hanna');
    const page = await openPage(browser);
    await page.goto(`${web.origin}/signin`);
    await signInOnPage(page, person);
    await page.getByRole('heading', { level: 1, name: person.identifier }).waitFor();

    const cookies = await page.context().cookies();
    const names = cookies.map(({ name }) => name).sort();
    for (const kind of ['session', 'flow', 'device']) {
      assert.ok(names.includes(`__Host-sallyport-${kind}`), `${kind} among ${names}`);
    }
    for (const cookie of cookies) {
      assert.match(cookie.name, /^__Host-sallyport-/);
      assert.deepEqual(
        [cookie.secure, cookie.httpOnly, cookie.sameSite, cookie.path, cookie.domain],
        [true, true, 'Lax', '/', 'localhost'],
        cookie.name,
      );
    }
    assert.equal(await page.evaluate<string>('document.cookie'), '');
    await page.context().close();
  });

  test('can’t be planted for one path, without Secure, for a domain, or under the name without the prefix', async () => {
    const context = await browser.newContext({ viewport: panel });
    const page = await context.newPage();
    await page.goto(`${web.origin}/signin`);
    await page.evaluate<void>(`
      document.cookie = '__Host-sallyport-session=planted; Path=/me; Secure';
      document.cookie = '__Host-sallyport-session=planted; Path=/';
      document.cookie = '__Host-sallyport-session=planted; Path=/; Secure; Domain=localhost';
    `);
    const kept = await page.context().cookies();
    assert.ok(kept.some(({ name }) => name === '__Host-sallyport-flow'));
    assert.deepEqual(
      kept.filter(({ value }) => value === 'planted'),
      [],
    );
    await page.evaluate<void>("document.cookie = 'sallyport-session=planted; Path=/; Secure'");
    await page.goto(`${web.origin}/me`);
    assert.equal(page.url().replace(/\?tab=.*/, ''), `${web.origin}/signin`);
    // Read as a session it would have been told that it is over.
    assert.equal(await page.getByRole('alert').count(), 0);
    await page.context().close();
  });
});
