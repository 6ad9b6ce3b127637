/** People at a site behind a proxy: to our pages and back, let in by the site's rules, and out at once when it is over. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { addSite, HOST, OTHER, openProxyHouse, type ProxyHouse } from './proxy-house.ts';

describe('a person at a site behind a proxy', () => {
  let proxied: ProxyHouse;
  afterEach(() => proxied.close());

  it('is sent to sign in, comes back where they were, and the site is told who they are', async () => {
    proxied = await openProxyHouse();
    const session = await proxied.signIn();
    const browser = proxied.at(HOST);
    const back = await browser.enter(session, { path: '/pages/1', query: 'x=y' });
    assert.equal(back.status, 401);
    assert.equal(back.headers.get('location'), `https://${HOST}/pages/1?x=y`);
    const [cookie = ''] = back.headers.getSetCookie();
    assert.match(cookie, /^__Host-sallyport-site=spw_.*; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    const seen = await eventsOf(proxied, async () => {
      const passed = await browser.ask({ path: '/pages/1' });
      assert.equal(passed.status, 200, passed.headers.get('x-sallyport-refused') ?? '');
      assert.equal(passed.headers.get('x-sallyport-subject'), proxied.ada.id);
      assert.equal(passed.headers.get('x-sallyport-kind'), 'person');
      assert.equal(passed.headers.get('x-sallyport-name'), 'ada');
      assert.equal(passed.headers.get('x-sallyport-proofs'), 'password,totp');
      const read = proxied.house.signing.verify(passed.headers.get('x-sallyport-assertion') ?? '');
      assert.ok(read.ok);
      assert.equal(read.value.claims.aud, `https://${HOST}`);
      assert.equal(read.value.claims.sub, proxied.ada.id);
      assert.equal(read.value.typ, 'sallyport-assertion+jwt');
      for (let i = 0; i < 5; i++) assert.equal((await browser.ask()).status, 200);
      await proxied.house.counter.stop();
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    const counted = seen.find(({ data }) => data.action === 'enter');
    assert.equal(counted?.data.count, 5);
  });

  it('is asked for a fresh proof before a chosen call, and led back to the page that it was made from', async () => {
    proxied = await openProxyHouse();
    const session = await proxied.signIn();
    const browser = proxied.at(HOST);
    await browser.enter(session);
    const headers = { origin: `https://${HOST}`, referer: `https://${HOST}/keys?page=2#new` };
    const asked = { method: 'POST', path: '/keys/import', headers };
    assert.equal((await browser.ask(asked)).status, 200);
    proxied.clock.advance(10 * 60_000);
    const sent = await browser.ask(asked);
    assert.equal(sent.status, 401);
    const begin = new URL(sent.headers.get('location') ?? '');
    assert.equal(begin.searchParams.get('to'), `https://${HOST}/keys?page=2`);
    const cookie = `${proxied.cookieName('session')}=${session}`;
    const path = begin.pathname + begin.search;
    const step = await proxied.send({ path, headers: { cookie } });
    assert.match(step.headers.get('location') ?? '', /^\/confirm\?tab=[\w-]{8}$/);
    assert.equal((await browser.ask()).status, 200);

    const elsewhere = { ...asked, headers: { ...headers, referer: 'https://evil.example/x' } };
    const other = new URL((await browser.ask(elsewhere)).headers.get('location') ?? '');
    assert.equal(other.searchParams.get('to'), `https://${HOST}/`);
  });

  it('who is not listed is kept out, and so is everyone where no rule fits', async () => {
    proxied = await openProxyHouse();
    const rules = [{ path: '/open', function: 'look' }];
    await addSite(proxied, 'notes', [OTHER], rules, 'listed');
    const session = await proxied.signIn();
    const browser = proxied.at(OTHER);
    assert.equal((await browser.ask({ path: '/closed' })).status, 403);
    const sent = await browser.ask({ path: '/open' });
    const begin = new URL(sent.headers.get('location') ?? '');
    const cookie = `${proxied.cookieName('session')}=${session}`;
    const seen = await eventsOf(proxied, async () => {
      const path = begin.pathname + begin.search;
      const kept = await proxied.send({ path, headers: { cookie } });
      assert.equal(kept.status, 403);
      assert.equal(kept.headers.get('location'), null);
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 1);
  });
});
