/** The recipe for Apache, with Chromium. Both speak TLS, by an authority of the test, as the module and browsers want it. */
import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { chromiumPath, openBrowser, openPage } from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { type Issuer, makeCertificate } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { addProof } from '../support/processes.ts';
import { noApache, type RunningApache, startApache, startApplication } from './apache.ts';
import { APACHE, addAsMade, block, joinGroups, madeBy, section } from './guide.ts';

const pinOf = ({ pem }: Issuer) =>
  createHash('sha256')
    .update(new X509Certificate(pem).publicKey.export({ format: 'der', type: 'spki' }))
    .digest('base64');

const skip = noApache || (chromiumPath() === undefined && 'no Chromium on this machine');

function postForm(url: string, fields: Record<string, string>, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const { hostname: servername, host, port, pathname, search } = new URL(url);
    const asked = request({
      method: 'POST',
      host: '127.0.0.1', // Node's own lookup knows no names below localhost.
      port,
      servername,
      path: pathname + search,
      ca,
      agent: false,
      headers: { host, 'content-type': 'application/x-www-form-urlencoded' },
    });
    asked.on('response', (answer) => resolve(answer.resume().statusCode === 200));
    asked.on('error', reject);
    asked.end(new URLSearchParams(fields).toString());
  });
}

describe('the recipe for Apache with mod_auth_openidc', { skip }, () => {
  const ca = makeCertificate({ subject: { CN: 'An authority' }, authority: true });
  const certificateFor = (dns: string) =>
    makeCertificate({ subject: { CN: dns }, authority: false, alternative: { dns } }, ca);
  const ours = certificateFor('id.localhost');
  const theirs = certificateFor('reports.localhost');
  let house: OidcHouse;
  let apache: RunningApache;
  let application: Awaited<ReturnType<typeof startApplication>>;
  let ada: TestPerson;
  let bob: TestPerson;
  let origin: string;
  let reports: string;
  const here = (text: string) =>
    text
      .replaceAll('https://id.example.com', origin)
      .replaceAll('https%3A%2F%2Freports.example.com', encodeURIComponent(reports))
      .replaceAll('https://reports.example.com', reports)
      .replaceAll('reports.example.com', 'reports.localhost');

  before(async () => {
    const [port, apachePort] = [await freePort(), await freePort()];
    origin = `https://id.localhost:${port}`;
    reports = `https://reports.localhost:${apachePort}`;
    house = await openOidcHouse({
      parts: { post: (url, fields) => postForm(url, fields, ca.pem) },
      listener: {
        host: '127.0.0.1',
        port,
        origin,
        tls: { certificate: ours.pem, key: ours.keyPem, clientCertificates: false },
      },
    });
    await house.house.signing.ready();
    // Names of this computer are not called from here: they stand for the real ones once those were taken.
    const [made] = JSON.parse(here(JSON.stringify(await madeBy(APACHE))));
    const { id } = await addAsMade(house, made);
    const { shownOnce = [] } = await addProof(
      house,
      { id: id as string } as Parameters<typeof addProof>[1], // They share an id.
      'secret',
      {},
    );
    ada = await house.person('ada');
    bob = await house.person('bob');
    await joinGroups(house, ada.id, ['staff', 'finance']);
    await joinGroups(house, bob.id, ['staff']);
    application = await startApplication();
    apache = await startApache({
      port: apachePort,
      block: here(block(APACHE, 'apache'))
        .replace('CLIENT-ID', id)
        .replace('CLIENT-SECRET', shownOnce[0] ?? '')
        .replaceAll('127.0.0.1:3000', `127.0.0.1:${application.port}`),
      certificate: theirs.pem,
      key: theirs.keyPem,
      authority: ca.pem,
    });
  });
  after(async () => {
    await apache?.close();
    await application?.close();
    await house?.close();
  });

  async function signInOn(page: Page, person: TestPerson): Promise<void> {
    await signInOnPage(page, person);
    house.clock.advance(30_000);
  }

  async function onPage(work: (page: Page) => Promise<void>): Promise<void> {
    const pins = [ours, theirs].map(pinOf).join(',');
    const browser = await openBrowser([`--ignore-certificate-errors-spki-list=${pins}`]);
    try {
      const page = await openPage(browser);
      await work(page);
    } catch (cause) {
      throw new Error(`${apache.log().slice(-4000)}\n${house.notices.join('\n')}`, { cause });
    } finally {
      await browser.close();
    }
  }

  it('leads a person through our sign-in, back to where they were, and out everywhere', () =>
    onPage(async (page) => {
      // What a client says of itself is taken away.
      await page.setExtraHTTPHeaders({ 'X-Remote-User': 'root', OIDC_CLAIM_sub: 'root' });
      await page.goto(`${reports}/year/2026?x=y`);
      assert.equal(new URL(page.url()).hostname, 'id.localhost');
      await signInOn(page, ada);
      await page.getByRole('heading', { name: 'ada at /year/2026?x=y' }).waitFor();
      const told = JSON.parse(String(await page.textContent('pre')));
      assert.equal(told.oidc_claim_sub, ada.id);
      assert.equal(told.oidc_claim_groups, 'staff,finance');
      assert.equal(told['x-remote-user'], 'ada');

      await page.goto(`${reports}/finance/plan`);
      await page.getByRole('heading', { name: 'ada at /finance/plan' }).waitFor();

      const [, out = ''] = /`(\/oidc-callback\?logout=[^`]*)`/.exec(section(APACHE)) ?? [];
      await page.goto(reports + here(out));
      await page.getByRole('button', { name: 'Sign out' }).click();
      // The application asks who is there again, and so do we.
      await page.getByLabel('Name or email').waitFor();
      assert.equal(new URL(page.url()).hostname, 'id.localhost');
    }));

  it('keeps people of another group out of what is a group’s', () =>
    onPage(async (page) => {
      await page.goto(`${reports}/`);
      await signInOn(page, bob);
      await page.getByRole('heading', { name: 'bob at /' }).waitFor();
      const answer = await page.goto(`${reports}/finance/plan`);
      assert.ok([401, 403].includes(answer?.status() ?? 0), String(answer?.status()));
    }));

  it('lets nobody go on whose session ended here', () =>
    onPage(async (page) => {
      await page.goto(`${reports}/`);
      await signInOn(page, ada);
      await page.getByRole('heading', { name: 'ada at /' }).waitFor();
      await page.reload();
      await page.getByRole('heading', { name: 'ada at /' }).waitFor();
      await house.house.store.write((tx) => house.house.acts.disable(tx, ada.id, { door: 'cli' }));
      await house.house.appEndings.settle();
      await page.goto(`${reports}/`);
      assert.equal(new URL(page.url()).hostname, 'id.localhost', apache.log());
    }));
});
