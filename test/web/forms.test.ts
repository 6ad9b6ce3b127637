/** What the web door refuses before it asks the gate: forms that are not ours, cookies that were planted, names that are not ours. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { returnPath } from '../../server/doors/web/return-path.ts';
import { count, eventsOf } from '../support/events.ts';
import { addPerson, enrolledPerson, issuePass, signIn } from '../support/people.ts';
import { createWebClient, heading } from '../support/web-client.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

describe('forms on the web', () => {
  let web: WebHouse;
  before(async () => {
    web = await openWebHouse();
  });
  after(() => web.close());
  const client = () => createWebClient(web.origin);

  test('a form without its token, or with another browser’s, changes nothing', async () => {
    const [mine, theirs] = [client(), client()];
    await mine.get('/signin');
    const token = /name="csrf" value="([^"]*)"/.exec((await theirs.get('/signin')).text)?.[1] ?? '';
    for (const csrf of ['', 'x', token]) {
      const answer = await mine.post('/signin', { identifier: 'mara', csrf, tab: '' });
      assert.equal(answer.status, 403);
      assert.equal(heading(answer), 'This page is out of date');
    }
    assert.equal((await mine.post('/signin', { identifier: 'mara' })).status, 303);
  });

  test('a form that another site sent is refused, even with a good token', async () => {
    const browser = client();
    await browser.get('/signin');
    const send = (headers: Record<string, string>) =>
      browser.post('/signin', { identifier: 'mara' }, headers);
    assert.equal((await send({ origin: 'https://evil.example' })).status, 403);
    await browser.get('/signin');
    assert.equal((await send({ origin: 'null' })).status, 403);
    await browser.get('/signin');
    assert.equal((await send({ 'sec-fetch-site': 'cross-site' })).status, 403);
    await browser.get('/signin');
    assert.equal((await send({ 'sec-fetch-site': 'same-origin' })).status, 303);
  });

  test('a session’s token is bound to the session: one of before it is worth nothing after', async () => {
    const person = await enrolledPerson(web.test, 'ana');
    const browser = client();
    await browser.get('/signin');
    const { session } = await signIn(web.test, person);
    browser.cookies.set('sallyport-session', session.token);
    assert.equal((await browser.post('/signout', {})).status, 403);
    await browser.get('/me');
    assert.equal((await browser.post('/signout', {})).status, 303);
  });

  test('a browser that keeps no cookie is told so', async () => {
    const browser = client();
    await browser.get('/signin');
    browser.cookies.clear();
    const answer = await browser.post('/signin', { identifier: 'mara' });
    assert.equal(answer.status, 400);
    assert.equal(heading(answer), 'Your browser did not keep our cookie');
  });

  test('a field that the page did not have, one that is missing or one that comes twice gets 400', async () => {
    const browser = client();
    await browser.get('/signin');
    assert.equal((await browser.post('/signin', { identifier: 'a', userId: '1' })).status, 400);
    assert.equal((await browser.post('/signin', {})).status, 400);
    const twice = await fetch(`${web.origin}/signin`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', origin: web.origin },
      body: 'csrf=x&identifier=a&identifier=b',
    });
    assert.equal(twice.status, 400);
    assert.match(await twice.text(), /That request could not be read/);
  });

  test('our cookies coming twice refuse the request', async () => {
    const cookie = 'sallyport-session=a; sallyport-session=b';
    assert.equal((await client().get('/me', { cookie })).status, 400);
  });

  test('a flow that was not sealed here is as none', async () => {
    const browser = client();
    browser.cookies.set('sallyport-flow', 'eyJpZCI6ImEiLCJ0byI6Ii9tZSJ9');
    assert.equal((await browser.get('/signin')).status, 200);
    assert.notEqual(browser.cookies.get('sallyport-flow'), 'eyJpZCI6ImEiLCJ0byI6Ii9tZSJ9');
  });

  test('an enrolment link leaves no trace in the address, and opening it uses nothing up', async () => {
    const browser = client();
    const answer = await browser.get(
      '/enrol/0199b6f2-0000-7000-8000-000000000001.ABCD-EFGH-JKMN-PQRS',
    );
    assert.equal(answer.location, '/enrol');
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    const page = await browser.follow(answer);
    assert.doesNotMatch(page.text, /ABCD-EFGH/);
    assert.match(page.text, /action="\/enrol\/begin"/);
    const broken = await browser.follow(await browser.get('/enrol/what'));
    assert.match(broken.text, /action="\/enrol"/);
  });

  test('who is setting up proofs is led back to that from elsewhere, and nothing is refused to them', async () => {
    const id = await addPerson(web.test, 'wilma');
    const browser = createWebClient(web.origin);
    await browser.follow(await browser.get(`/enrol/${id}.${await issuePass(web.test, id)}`));
    const seen = await eventsOf(web.test, async () => {
      const begun = await browser.follow(await browser.post('/enrol/begin', {}));
      assert.match(heading(begun) ?? '', /^Welcome/);
      for (const path of ['/', '/me', '/me/activity']) {
        const page = await browser.follow(await browser.get(path));
        assert.match(heading(page) ?? '', /^Welcome/, path);
      }
    });
    assert.equal(count(seen, 'access.refused'), 0);
    // And whoever signs in afterwards in the same browser is at home again.
    await signInOnWeb(web, browser, await enrolledPerson(web.test, 'xaver'));
    assert.equal((await browser.get('/me')).status, 200);
  });

  test('a page opened under another name of ours moves to the right one; a form does not', async () => {
    const other = web.origin.replace('localhost', '127.0.0.1');
    const moved = await fetch(`${other}/signin?to=/me`, { redirect: 'manual' });
    assert.equal(moved.status, 308);
    assert.equal(moved.headers.get('location'), `${web.origin}/signin?to=/me&moved=yes`);
    const body = new URLSearchParams({ csrf: '', identifier: '' });
    assert.equal((await fetch(`${other}/signin`, { method: 'POST', body })).status, 421);
  });

  test('what is not there, or typed wrong, gets a page that says so', async () => {
    for (const [path, status] of [
      ['/nowhere', 404],
      ['/me/../../etc/passwd', 404],
      ['/assets/sallyport.css', 404],
      ['/signin?to=a&to=b', 400],
      ['/signin?x=1', 400],
      ['/%zz', 400],
    ] as const) {
      const answer = await client().get(path);
      assert.equal(answer.status, status, path);
      assert.match(answer.text, /<h1>/);
      assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self'/);
    }
  });

  test('pages are never kept, files that name their content are', async () => {
    const page = await client().get('/signin');
    assert.equal(page.headers.get('cache-control'), 'no-store');
    const file = /href="(\/assets\/sallyport\.[^"]+)"/.exec(page.text)?.[1] ?? '';
    const style = await client().get(file);
    assert.equal(style.status, 200);
    assert.match(style.headers.get('cache-control') ?? '', /immutable/);
    assert.deepEqual(style.headers.getSetCookie(), []);
  });

  test('cookies are HttpOnly and SameSite=Lax, and end with the browser', async () => {
    const lines = (await client().get('/signin')).headers.getSetCookie();
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /^sallyport-flow=[\w-]+; Path=\/; HttpOnly; SameSite=Lax$/);
  });
});

test('nothing that is accepted to return to leads off the site', () => {
  for (const good of [
    '/me',
    '/me/activity?before=x',
    '/me?x=/../..',
    '/oidc/auth/a-b_c',
    '/gate/start?back=https%3A%2F%2Fwiki.example.com%2Fa',
  ]) {
    assert.equal(returnPath(good), good);
  }
  for (const bad of [
    '',
    'me',
    '//x',
    '/\\x',
    '\\\\x',
    '/\t/x',
    'javascript:alert(1)',
    '/ä',
    '/a b',
    '/signin',
    '/enrol/x',
    '/',
    '/mean',
    '/assets/x',
    '/oidcx/a',
    '/ME',
    '/me//x',
    '/me/../signout',
    '/me/./x',
    '/me/%2e%2e/x',
    '/me/%2Fx',
    '/me/%5cx',
    '/me/%252fx',
    '/me/%00',
    '/me/%0d%0aset-cookie:x',
    '/me/%7f',
    '/me#//x',
    '/me?x#y',
    '/me\u0000',
    '/me\u007f',
    '/me@evil.example/..//',
    '/\u2028/me',
    '//me',
    'https:/me',
    '/me\r\nb',
    `/${'a'.repeat(2000)}`,
  ]) {
    assert.equal(returnPath(bad), undefined, bad);
  }
  const hostile = fc.string({
    unit: fc.constantFrom('/', '\\', '.', '@', ':', '?', '#', '%', '\t', '\n', 'a', 'e'),
  });
  fc.assert(
    fc.property(fc.oneof(fc.webUrl(), fc.string(), hostile), (text) => {
      const to = returnPath(text);
      if (to === undefined) return;
      assert.equal(new URL(to, 'https://signin.example.com').origin, 'https://signin.example.com');
    }),
  );
});
