/** A form that comes to a site when its sender has to sign in first: it waits in the browser, and nobody else can send it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { type AskedAs, HOST, openProxyHouse, type ProxyHouse } from './proxy-house.ts';

const SITE = `https://${HOST}`;
const NAVIGATES = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const OWN = { ...NAVIGATES, 'sec-fetch-site': 'same-origin', origin: SITE };
const FORM: AskedAs = { method: 'POST', path: '/notes', query: 'a=b', headers: OWN };

describe('a form that comes too late', () => {
  let proxied: ProxyHouse;
  before(async () => {
    proxied = await openProxyHouse();
  });
  after(() => proxied?.close());

  it('is answered at its own address with a page that says so, and nothing is passed on', async () => {
    const answer = await proxied.ask({ ...FORM, answer: 'redirect' });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get('location'), null);
    assert.match(answer.headers.get('content-type') ?? '', /^text\/html/);
    assert.equal(answer.headers.get('cache-control'), 'no-store');
    assert.match(answer.text, /<h1>Your form was not sent<\/h1>/);
    assert.match(answer.text, /href="\/\.sallyport\/again\?method=POST&amp;path=%2Fnotes"/);
    assert.equal(answer.headers.get('x-sallyport-subject'), null);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(
      policy,
      /^default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'; /,
    );
    assert.doesNotMatch(policy, /unsafe/);
    // What is sent again is a form to browsers: `'none'` would stop it, and `'self'` where the application leads elsewhere.
    assert.doesNotMatch(policy, /form-action/);
  });

  it('is told of to nginx in a header, which asks for the page then', async () => {
    const told = await proxied.ask(FORM);
    assert.deepEqual([told.status, told.headers.get('x-sallyport-unsent')], [401, '1']);
    // For those whose settings know nothing of it.
    assert.match(told.headers.get('location') ?? '', /\/gate\/begin\?/);
    const page = await proxied.ask({ ...FORM, answer: 'unsent' });
    assert.equal(page.status, 401);
    assert.match(page.text, /<h1>Your form was not sent<\/h1>/);
  });

  it('is answered so where its sender is signed in and a fresher proof is wanted', async () => {
    const browser = proxied.at(HOST);
    await browser.enter(await proxied.signIn());
    const form: AskedAs = { method: 'POST', path: '/keys/import', headers: OWN };
    assert.equal((await browser.ask(form)).status, 200);
    proxied.clock.advance(10 * 60_000);
    const late = await browser.ask({ ...form, answer: 'redirect' });
    assert.equal(late.status, 401);
    assert.match(late.text, /method=POST&amp;path=%2Fkeys%2Fimport"/);
    assert.doesNotMatch(late.text, /sign in/i, 'they are');
    assert.match(late.text, /send it now.*<button[^>]*>Send it now</s, 'one wording');
  });

  it('lets its sender sign in beside it, for what it wants, and ends at a page of ours', async () => {
    const browser = proxied.at(HOST);
    const path = '/.sallyport/again';
    const query = 'method=POST&path=%2Fkeys%2Fimport';
    const back = await browser.enter(await proxied.signIn(), { path, query });
    assert.equal(back.headers.get('location'), `${SITE}/.sallyport/signed-in`);
    const end = await browser.ask({ path: '/.sallyport/signed-in' });
    assert.equal(end.headers.get('location'), `${proxied.origin}/gate/signed-in`);
    const page = await proxied.send({ path: '/gate/signed-in' });
    assert.deepEqual([page.status, /You are signed in/.test(page.text)], [200, true]);
    assert.equal(
      (await browser.ask({ method: 'POST', path: '/keys/import', headers: OWN })).status,
      200,
    );
  });

  it('is no page for what is no form of the site’s own', async () => {
    for (const [what, headers] of [
      ['another site', { ...OWN, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
      ['a neighbour', { ...OWN, 'sec-fetch-site': 'same-site', origin: 'https://x.example.com' }],
      ['nobody’s origin', { ...OWN, origin: 'null' }],
      ['two words', { ...OWN, origin: 'https://evil.example' }],
    ] as const) {
      const sent = await proxied.ask({ ...FORM, headers, answer: 'redirect' });
      assert.equal(sent.status, 303, what);
      assert.doesNotMatch(sent.text, /form/, what);
      const page = await proxied.ask({ ...FORM, headers, answer: 'unsent' });
      assert.deepEqual([page.status, page.headers.get('x-sallyport-refused')], [403, 'malformed']);
    }
    const scripted = { ...OWN, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
    const inBackground = await proxied.ask({ ...FORM, headers: scripted, answer: 'redirect' });
    assert.equal(inBackground.status, 401);
    assert.doesNotMatch(inBackground.headers.get('content-type') ?? '', /html/);
    const page = await proxied.ask({ path: '/notes', headers: NAVIGATES, answer: 'redirect' });
    assert.equal(page.status, 303);
  });

  it('lets nobody in by asking for the page, whatever they hold, and puts nothing on record', async () => {
    const browser = proxied.at(HOST);
    await browser.enter(await proxied.signIn());
    assert.equal((await browser.ask(FORM)).status, 200);
    const seen = await eventsOf(proxied, async () => {
      for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
        const { status, headers } = await browser.ask({ ...FORM, method, answer: 'unsent' });
        assert.ok(status === 401 || status === 403, `${method} ${status}`);
        assert.equal(headers.get('x-sallyport-subject'), null);
      }
    });
    assert.equal(count(seen, 'entry.granted'), 0);
    const stranger = {
      ...FORM,
      answer: 'unsent',
      headers: { ...OWN, 'x-forwarded-for': undefined },
    };
    assert.equal((await proxied.ask(stranger as AskedAs)).status, 403);
  });

  it('leads nobody elsewhere, from no other site, and by one reading alone (CWE-601, CWE-352)', async () => {
    const path = '/.sallyport/again';
    const good = 'method=POST&path=%2Fnotes';
    for (const query of [
      '',
      'method=POST',
      'path=%2Fnotes',
      `${good}&to=https://evil.example/`,
      `${good}&path=%2Fother`,
      `${good}&method=GET`,
      'method=post&path=%2Fnotes',
      'method=POST&path=https://evil.example/',
      'method=POST&path=notes',
    ]) {
      const { status, headers } = await proxied.ask({ path, query });
      assert.deepEqual([status, headers.get('location')], [403, null], query);
    }
    for (const site of ['cross-site', 'same-site']) {
      const headers = { ...NAVIGATES, 'sec-fetch-site': site };
      const answer = await proxied.ask({ path, query: good, headers });
      assert.equal(answer.headers.get('x-sallyport-refused'), 'other-site');
    }
    for (const target of ['//evil.example/', '/\\evil.example', '/a"><script>', '/%0d%0aX: y']) {
      const query = new URLSearchParams({ method: 'POST', path: target }).toString();
      const answer = await proxied.ask({ path, query, headers: { 'sec-fetch-site': 'none' } });
      const to = new URL(answer.headers.get('location') ?? '');
      assert.equal(to.origin + to.pathname, `${proxied.origin}/gate/begin`);
      assert.equal(to.searchParams.get('to'), `${SITE}/.sallyport/signed-in`);
    }
    const posted = await proxied.ask({ method: 'POST', path, query: good, headers: OWN });
    assert.equal(posted.status, 403);
  });

  it('has nothing in its page that the form’s address could have put there (CWE-79)', async () => {
    for (const path of [
      '/a"><script>alert(1)</script>',
      "/'onx='y",
      '/&lt;b>',
      `/${'x'.repeat(4000)}`,
    ]) {
      const { text, status } = await proxied.ask({ ...FORM, path, answer: 'unsent' });
      assert.equal(status, 401);
      assert.equal(text.split('<script>').length, 2, path);
      assert.doesNotMatch(text, /alert\(|onx=|<b>/);
      assert.ok(text.length < 4000);
    }
  });
});
