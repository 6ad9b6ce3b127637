/**
 * A level that an application asks for and a person can't reach (OpenID Connect Core Error Code
 * `unmet_authentication_requirements` 1.0; OpenID Connect Core §3.1.2.1, §5.5.1.1): they are told so on our page, where they can do
 * something about it, and the application is told once they go back to it.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { chromiumPath, complaints, openBrowser } from '../../support/browser.ts';
import { signInOnPage } from '../../support/browser-sign-in.ts';
import { eventsOf } from '../../support/events.ts';
import {
  begin,
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  type TestApp,
  tokensFor,
  wander,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { passkeyPerson } from '../../support/served-people.ts';
import { showPasskey } from '../../support/web-passkey.ts';

const essential = (values: readonly string[]) =>
  JSON.stringify({ id_token: { acr: { essential: true, values } } });
const TO = /<a class="button primary" href="([^"]*)">Back to Ledger Sync<\/a>/;

describe('a level that a person can’t reach', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('ledger', { title: 'Ledger Sync' });
    config = await app.config();
    ada = await house.person('ada');
  });
  after(() => house?.close());

  const isTold = (left: URL | undefined, error: string, state: unknown) => {
    const said = (name: string) => left?.searchParams.get(name);
    assert.deepEqual(
      [said('error'), said('state'), said('iss'), said('code')],
      [error, state, house.issuer, null],
    );
  };

  for (const [how, parameters] of [
    ['acr_values', { acr_values: 'phr' }],
    ['several acr_values', { acr_values: 'phrh phr' }],
    ['an essential claim', { claims: essential(['phrh']) }],
    ['prompt=login with it', { acr_values: 'phr', prompt: 'login' }],
  ] as const) {
    it(`asked for by ${how}, is told of on our page, and at the application after it`, async () => {
      const browser = house.browser();
      house.clock.advance(60_000);
      const seen = await eventsOf(house, async () => {
        const { url, checks } = await begin(config, parameters);
        await wander(house, browser, url.href);
        const { left, page } = await signInFrom(house, browser, ada);
        assert.equal(left, undefined, 'nobody is led away from what they can mend here');
        assert.equal(page.status, 403);
        assert.match(page.text, /wants a stronger proof/);
        const [, to = ''] = TO.exec(page.text) ?? [];
        assert.match(to, /^\/oidc\/interaction\/[\w-]+\/done\?as-is$/);
        const back = await wander(house, browser, to);
        isTold(back.left, 'unmet_authentication_requirements', checks.expectedState);
        await assert.rejects(
          oidc.authorizationCodeGrant(config, back.left ?? new URL(house.issuer), checks),
          { error: 'unmet_authentication_requirements' },
        );
      });
      const refused = seen.filter(({ type }) => type === 'access.refused');
      assert.deepEqual(
        refused.map(({ outcome, reason, data, subject }) => [outcome, reason, data, subject]),
        [
          [
            'refused',
            'no-rung',
            { action: 'enter', resource: { kind: 'application', id: app.id }, policies: [] },
            ada.id,
          ],
        ],
        'of the application, and not of a policy that permits what they did',
      );
      const { text } = await browser.get('/me/activity');
      assert.match(text, /Not permitted: opening Ledger Sync/);
      assert.match(text, /it takes a proof that you don’t have/);
      assert.doesNotMatch(text, /Not permitted: seeing your account/);
      const told = seen.filter(({ type }) => type === 'app.refused');
      assert.deepEqual(
        told.map(({ data }) => [data.app, data.error]),
        [[app.id, 'unmet_authentication_requirements']],
      );
      const given = seen.filter(({ type, data }) => type === 'entry.granted' && data.grant);
      assert.deepEqual(given, []);
    });
  }

  it('is answered at once where no page may be shown (prompt=none)', async () => {
    const browser = house.browser();
    await tokensFor(house, config, ada, { browser });
    for (const parameters of [{ acr_values: 'phr' }, { claims: essential(['phrh', 'phr']) }]) {
      const { url, checks } = await begin(config, { ...parameters, prompt: 'none' });
      const { left } = await wander(house, browser, url.href);
      isTold(left, 'unmet_authentication_requirements', checks.expectedState);
    }
    // What they could show if they were asked is another thing, and so is nobody there.
    house.clock.advance(60_000);
    const old = await begin(config, { max_age: '10', prompt: 'none' });
    isTold(
      (await wander(house, browser, old.url.href)).left,
      'login_required',
      old.checks.expectedState,
    );
    const nobody = await begin(config, { acr_values: 'phr', prompt: 'none' });
    isTold(
      (await wander(house, house.browser(), nobody.url.href)).left,
      'login_required',
      nobody.checks.expectedState,
    );
  });

  it('is no end for who can reach it, with or without a page', async () => {
    const bea = await passkeyPerson(house, 'bea');
    const browser = house.browser();
    await tokensFor(house, config, bea, { browser });
    const { url, checks } = await begin(config, { acr_values: 'phr', prompt: 'none' });
    const silent = await wander(house, browser, url.href);
    isTold(silent.left, 'login_required', checks.expectedState);
    const asked = await begin(config, { acr_values: 'phr' });
    assert.match((await wander(house, browser, asked.url.href)).at, /^\/confirm/);
    const { left } = await wander(
      house,
      browser,
      (await begin(config, { acr_values: 'urn:sallyport:acr:two-kinds', prompt: 'none' })).url.href,
    );
    assert.ok(left?.searchParams.get('code'));
  });

  it('is asked for once they have signed in with less on the way, and reached', async () => {
    const dea = await passkeyPerson(house, 'dea');
    const browser = house.browser();
    const { url, checks } = await begin(config, { acr_values: 'phr' });
    await wander(house, browser, url.href);
    const signedIn = await signInFrom(house, browser, dea);
    assert.equal(signedIn.at.split('?')[0], '/confirm', 'no error for what they could have shown');
    const page = await browser.get('/confirm?with=webauthn');
    const { left } = await wander(house, browser, await showPasskey(house, browser, page, dea));
    assert.ok(left, 'and then the application');
    const tokens = await oidc.authorizationCodeGrant(config, left, checks);
    assert.equal(tokens.claims()?.acr, 'phr');
  });

  it('ends at the application though nobody reads the page: it leads round in no circle', async () => {
    const browser = house.browser();
    await tokensFor(house, config, ada, { browser });
    const { url, checks } = await begin(config, { acr_values: 'phr' });
    let to = (await browser.get(url.href.replace(house.origin, ''))).location ?? '';
    for (let times = 1; times < 3; times++) {
      const resumed = await browser.get(`${new URL(to, house.origin).pathname}/done`);
      to = (await browser.get(resumed.location?.replace(house.origin, '') ?? '')).location ?? '';
      assert.match(to, /\/oidc\/interaction\//);
    }
    const { left } = await wander(house, browser, `${new URL(to, house.origin).pathname}/done`);
    isTold(left, 'unmet_authentication_requirements', checks.expectedState);
  });

  it('leads back to no application but the one that was on the way', async () => {
    const browser = house.browser();
    await tokensFor(house, config, ada, { browser });
    for (const to of ['/me', '//evil.example/oidc/', 'https://evil.example/', '/oidc/..//evil']) {
      const query = new URLSearchParams({ resource: app.id, acr: 'phr', to });
      const { text } = await browser.get(`/signin/enter?${query}`);
      assert.doesNotMatch(text, TO, to);
      assert.doesNotMatch(text, /evil\.example/);
    }
  });

  it('is told of in Chromium, where the button leads back', {
    skip: chromiumPath() === undefined && 'needs Chromium',
  }, async () => {
    const client = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end('<link rel="icon" href="data:,"><title>Ledger</title>');
    });
    await new Promise<void>((done) => client.listen(0, '127.0.0.1', done));
    const { port } = client.address() as AddressInfo; // It listens on a port.
    const redirect_uri = `http://127.0.0.1:${port}/callback`;
    const browser = await openBrowser();
    const fresh = await openOidcHouse();
    try {
      const own = await fresh.addApp('books', { title: 'Books', redirectUris: [redirect_uri] });
      const at = await own.config();
      const cid = await fresh.person('cid');
      const page = await browser.newPage();
      const heard = complaints(page);
      const { url, checks } = await begin(at, { redirect_uri, acr_values: 'phrh' });
      await page.goto(url.href);
      await signInOnPage(page, cid);
      await page.getByRole('heading', { name: 'This wants a stronger proof' }).waitFor();
      await page.getByRole('link', { name: 'Back to Books' }).click();
      await page.waitForURL((to) => to.port === String(port));
      await assert.rejects(oidc.authorizationCodeGrant(at, new URL(page.url()), checks), {
        error: 'unmet_authentication_requirements',
      });
      // The next request is another one, and may ask for less.
      const less = await begin(at, { redirect_uri });
      await page.goto(less.url.href);
      await page.getByRole('button', { name: 'Let it in' }).click();
      await page.waitForURL((to) => to.searchParams.has('code'));
      const tokens = await oidc.authorizationCodeGrant(at, new URL(page.url()), less.checks);
      assert.equal(tokens.claims()?.sub, cid.id);
      assert.deepEqual(
        heard.filter((each) => !each.includes('403')),
        [],
      );
    } finally {
      await browser.close();
      await fresh.close();
      client.close();
    }
  });
});
