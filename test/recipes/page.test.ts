/** docs/recipes.md in Chromium: an application that is a page, made with oidc-client-ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { chromiumPath, openBrowser, PATIENCE } from '../support/browser.ts';
import { signInOnPage } from '../support/browser-sign-in.ts';
import { type OidcHouse, openOidcHouse } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { addAsMade, block, joinGroups, madeBy } from './guide.ts';

const TITLE = 'An application that is a page';
const MODULES = resolve(import.meta.dirname, '../../node_modules');
const LIBRARIES: Readonly<Record<string, string>> = {
  '/oidc-client-ts.js': `${MODULES}/oidc-client-ts/dist/esm/oidc-client-ts.js`,
  '/jwt-decode.js': `${MODULES}/jwt-decode/build/esm/index.js`,
};
const HTML = `<!doctype html><link rel="icon" href="data:,"><title>Board</title>
<script type="importmap">{"imports":{"oidc-client-ts":"/oidc-client-ts.js","jwt-decode":"/jwt-decode.js"}}</script>
<script type="module">import { users } from '/users.js'; window.users = users; document.title = 'Ready';</script>`;

describe('an application that is a page', {
  skip: chromiumPath() === undefined && 'needs Chromium',
}, () => {
  let house: OidcHouse;
  let ada: TestPerson;
  let browser: Browser;
  let own: Server;
  let foreign: Server;
  let settings = '';
  const site = () => `http://127.0.0.1:${portOf(own)}`;

  before(async () => {
    own = await serve(() => settings);
    foreign = await serve(() => settings);
    house = await openOidcHouse();
    ada = await house.person('ada');
    await joinGroups(house, ada.id, ['staff']);
    const placed = (text: string) =>
      text
        .replaceAll('https://board.example.com', site())
        .replaceAll('https://id.example.com', house.origin);
    const [made] = await madeBy(TITLE, placed);
    const { id } = await addAsMade(house, made);
    settings = placed(block(TITLE, 'js')).replace('CLIENT-ID', id);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    own?.close();
    foreign?.close();
    await house?.close();
  });

  async function opened(page: Page, at: string): Promise<void> {
    await page.goto(at);
    await page.waitForFunction(`document.title === 'Ready'`);
  }

  async function signIn(page: Page): Promise<void> {
    await opened(page, `${site()}/`);
    await page.evaluate('void users.signinRedirect()');
    await signInOnPage(page, ada);
    // Of a page on the person's own computer they are asked, of one at an address of its own they are not.
    await page.getByRole('button', { name: 'Let it in' }).click();
    house.clock.advance(30_000);
    await page.waitForURL((url) => url.pathname === '/callback');
    await page.waitForFunction(`document.title === 'Ready'`);
  }

  it('signs a person in with a bound token, shows it, gives it back, and signs out', async () => {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    await signIn(page);
    const user = await page.evaluate<{ type: string; name: string; groups: string[] }>(
      `users.signinRedirectCallback().then((user) => {
        window.user = user;
        return { type: user.token_type, name: user.profile.preferred_username, groups: user.profile.groups };
      })`,
    );
    assert.deepEqual(user, { type: 'DPoP', name: 'ada', groups: ['staff'] });

    const info = `(async () => {
      const url = '${house.issuer}/userinfo';
      const dpop = await users.dpopProof(url, user, 'GET');
      const answer = await fetch(url, { headers: { authorization: 'DPoP ' + user.access_token, dpop } });
      return { status: answer.status, sub: (await answer.json()).sub };
    })()`;
    assert.deepEqual(await page.evaluate(info), { status: 200, sub: ada.id });
    const bare = `fetch('${house.issuer}/userinfo', { headers: { authorization: 'Bearer ' + user.access_token } })
      .then(({ status }) => status)`;
    assert.equal(await page.evaluate(bare), 401);

    await page.evaluate(`users.revokeTokens(['access_token'])`);
    const gone = await page.evaluate<{ status: number }>(info);
    assert.equal(gone.status, 401);

    await page.evaluate('void users.signoutRedirect()');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL((url) => url.href.startsWith(`${site()}/`));
    await page.goto(`${house.origin}/me`);
    await page.getByLabel('Name or email').waitFor();
    await page.close();
  });

  it('gets no token for a page of another site, whatever code that has (CORS, RFC 6749 §10.12)', async () => {
    const page = await browser.newPage();
    await signIn(page);
    const callback = page.url();
    const thief = await (await browser.newContext()).newPage();
    const other = `http://127.0.0.1:${portOf(foreign)}`;
    await opened(thief, `${other}/callback`);
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: new URL(callback).searchParams.get('code') ?? '',
      redirect_uri: `${site()}/callback`,
      client_id: /client_id: '([^']+)'/.exec(settings)?.[1] ?? '',
      code_verifier: 'x'.repeat(43),
    });
    const stolen = await thief.evaluate(
      `fetch('${house.issuer}/token', { method: 'POST', body: new URLSearchParams('${form}') })
        .then((answer) => answer.text(), () => 'kept from it')`,
    );
    assert.equal(stolen, 'kept from it');
    // Its metadata and keys are for everyone.
    const open = `fetch('${house.issuer}/.well-known/openid-configuration').then(({ status }) => status)`;
    assert.equal(await thief.evaluate(open), 200);
    await page.close();
  });
});

const portOf = (server: Server) => (server.address() as AddressInfo).port; // It listens on a port.

async function serve(settings: () => string): Promise<Server> {
  const server = createServer(({ url = '' }, response) => {
    const { pathname } = new URL(url, 'http://page.invalid');
    const file = LIBRARIES[pathname];
    const script = pathname === '/users.js' ? settings() : file && readFileSync(file, 'utf8');
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.end(script ?? HTML);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}
