/**
 * What is stolen from a site behind a proxy, replayed or carried elsewhere: tickets and cookies (CWE-294, T1539), addresses
 * that lead away (CWE-601), sessions that outlive their end (CWE-613). Each is refused, the same done rightly passes, and the
 * record tells. How long a copied cookie lasts by itself is in short-lived-site-cookies.test.ts.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { mintToken } from '../../server/gate/sessions/token.ts';
import { createIds } from '../../server/kernel/id.ts';
import { type AttackedSite, openAttackedSite, SITE } from '../proxy/attacked-site.ts';
import { HOST, OTHER, type ProxyHouse, type SiteBrowser } from '../proxy/proxy-house.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { challenged, granted } from '../support/people.ts';
import { seededRandom } from '../support/random.ts';

const WAY = '__Host-sallyport-way';

describe('what was stolen from a site behind a proxy', () => {
  let site: AttackedSite;
  let proxied: ProxyHouse;
  let browser: SiteBrowser;
  let session: string;
  let cookie: string;

  beforeEach(async () => {
    site = await openAttackedSite();
    ({ proxied, browser, session } = site);
    cookie = site.cookie();
  });
  afterEach(() => proxied.close());

  const passes = () => site.passes();

  /** Cookies that are nobody's any more are counted alone: whose they were, nobody can say. */
  function refusedCount(seen: readonly TestEvent[]): number {
    return seen
      .filter(({ type, outcome }) => type === 'decision.counted' && outcome === 'refused')
      .reduce((sum, { data }) => sum + Number(data.count), 0);
  }

  /** With a code from the app; gives the session that takes the place of the one before. */
  async function stepUp(): Promise<string> {
    const { house, ada } = proxied;
    const way = proxied.arrival();
    const page = { host: HOST, path: '/keys/import', method: 'POST' };
    const wanted = await house.gate.enterAs(session, { resource: page, scopes: [] }, way);
    assert.ok(wanted.state === 'challenged', wanted.state);
    const asked = await house.gate.ask({ to: 'stepUp', session, wish: wanted.wish }, way);
    const data = { code: ada.totp.code() };
    const shown = await house.gate.prove(challenged(asked).token, { kind: 'totp', data }, way);
    return granted(shown).session.token;
  }

  it('by a ticket that was used, is late or belongs to another host is refused', async () => {
    const seen = await eventsOf(proxied, async () => {
      const first = proxied.at(HOST);
      const back = await first.ticket(session);
      const comeBack = { path: back.pathname, query: back.search.slice(1) };
      const elsewhere = proxied.at(OTHER);
      elsewhere.cookies.set(WAY, first.cookies.get(WAY) ?? '');
      assert.equal((await elsewhere.ask(comeBack)).status, 403);
      assert.equal((await first.ask(comeBack)).status, 401);
      assert.ok(first.cookies.has(SITE));
      assert.equal((await first.ask(comeBack)).status, 403); // Once is once.

      const late = proxied.at(HOST);
      const old = await late.ticket(session);
      proxied.clock.advance(61_000);
      assert.equal(
        (await late.ask({ path: old.pathname, query: old.search.slice(1) })).status,
        403,
      );
      for (const query of [
        'ticket=',
        'ticket=x&ticket=y',
        `ticket=${'x'.repeat(200)}`,
        '',
        'x=y',
      ]) {
        assert.equal((await first.ask({ path: '/.sallyport/back', query })).status, 403, query);
      }
    });
    assert.equal(count(seen, 'proxy.entry-opened', 'granted'), 1);
    assert.ok(count(seen, 'proxy.entry-opened', 'refused') >= 3);
    assert.ok(seen.some(({ type, reason }) => type === 'proxy.entry-opened' && reason === 'used'));
    assert.ok(
      seen.some(({ type, reason }) => type === 'proxy.entry-opened' && reason === 'expired'),
    );
  });

  it('by a ticket that was shown by another browser first is refused to the one it was made for, and to all', async () => {
    // Its owner sets out, and sends the link to our pages to somebody who is signed in: they end at the site with a ticket that is
    // not for their browser, and the site's log has it.
    for (const knownThere of [false, true]) {
      const thief = proxied.at(HOST);
      const back = await thief.ticket(session);
      const comeBack = { path: back.pathname, query: back.search.slice(1) };
      const lured = proxied.at(HOST);
      if (knownThere) await lured.ask();
      const seen = await eventsOf(proxied, async () => {
        assert.equal((await lured.ask(comeBack)).status, 403);
        assert.equal((await thief.ask(comeBack)).status, 403);
        assert.equal((await lured.ask(comeBack)).status, 403);
      });
      assert.ok(!thief.cookies.has(SITE) && !lured.cookies.has(SITE));
      assert.equal((await thief.ask()).status, 401);
      const told = seen.filter(({ type }) => type === 'proxy.entry-opened');
      assert.deepEqual(
        told.map(({ outcome, reason, subject }) => ({ outcome, reason, subject })),
        ['wrong', 'used', 'wrong'].map((reason) => ({
          outcome: 'refused',
          reason,
          subject: proxied.ada.id,
        })),
      );
      // Whoever was sent there comes in when they set out themselves.
      assert.equal((await lured.enter(session)).status, 401);
      assert.equal((await lured.ask()).status, 200);
    }
    await passes();
  });

  it('by a ticket that another browser shows is spent though many bad ones came before it', async () => {
    const old = await browser.ticket(session, { cookie: '' });
    const show = (from: SiteBrowser, { pathname: path, search }: URL) =>
      from.ask({ path, query: search.slice(1) });
    const lured = proxied.at(HOST);
    for (let nth = 0; nth < 25; nth++) assert.equal((await show(lured, old)).status, 403);
    const thief = proxied.at(HOST);
    const back = await thief.ticket(session);
    assert.equal((await show(lured, back)).status, 403);
    assert.equal((await show(thief, back)).status, 403);
  });

  it('by tickets that nobody was given fills no record, nor does the same bad one again and again', async () => {
    const back = await browser.ticket(session, { cookie: '' });
    const real = back.searchParams.get('ticket') ?? '';
    const flood = (host: string, ticket: string) =>
      proxied.ask({
        host,
        cookie: `${WAY}=${'A'.repeat(32)}`,
        path: '/.sallyport/back',
        query: `ticket=${ticket}`,
      });
    const random = seededRandom('tickets');
    const ids = createIds(proxied.clock, random);
    const nobodys = () => mintToken('ticket', ids, random).text;
    const made = await eventsOf(proxied, async () => {
      for (let nth = 0; nth < 30; nth++) {
        assert.equal((await flood(HOST, nobodys())).status, 403);
        assert.equal((await flood('nobody.example.com', nobodys())).status, 403);
      }
    });
    assert.equal(count(made, 'proxy.entry-opened'), 0);
    const seen = await eventsOf(proxied, async () => {
      for (let nth = 0; nth < 30; nth++) {
        assert.equal((await flood(HOST, real)).status, 403);
      }
      await proxied.house.counter.stop();
    });
    assert.equal(count(seen, 'proxy.entry-opened'), 21); // One that spends it, and twenty that are no good.
    // Those for a host that is no site are refused at the first look, and counted with the others.
    assert.equal(refusedCount([...made, ...seen]), 39);
    // It is spent by now; whoever has the browser that it was given to comes in with another.
    assert.equal((await browser.enter(session, { cookie: '' })).status, 401);
    cookie = site.cookie();
    await passes();
  });

  it('of two parallel uses of one ticket lets one in', async () => {
    const first = proxied.at(HOST);
    const back = await first.ticket(session);
    const comeBack = { path: back.pathname, query: back.search.slice(1) };
    const seen = await eventsOf(proxied, async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => first.ask(comeBack)));
      assert.equal(answers.filter(({ status }) => status === 401).length, 1);
      assert.equal(answers.filter(({ status }) => status === 403).length, 7);
    });
    assert.equal(count(seen, 'proxy.entry-opened', 'granted'), 1);
    const refused = seen.filter(({ type, outcome }) => {
      return type === 'proxy.entry-opened' && outcome === 'refused';
    });
    assert.deepEqual(
      refused.map(({ reason, subject }) => [reason, subject]),
      Array(7).fill(['used', proxied.ada.id]),
    );
  });

  it('by an address to go back to that lies elsewhere leads nowhere', async () => {
    const way = 'A'.repeat(43);
    const own = `${proxied.cookieName('session')}=${session}`;
    const begin = (to: string) =>
      proxied.send({
        path: `/gate/begin?${new URLSearchParams({ to, way, method: 'GET', path: '/' })}`,
        headers: { cookie: own },
      });
    const seen = await eventsOf(proxied, async () => {
      for (const to of [
        'https://evil.example/',
        `https://${HOST}.evil.example/`,
        `https://evil.example/https://${HOST}/`,
        `https://${HOST}@evil.example/`,
        `https://evil.example#@${HOST}/`,
        `https://evil.example\\@${HOST}/`,
        `https://${HOST}\\.evil.example/`,
        `//evil.example/`,
        `http://${HOST}/`,
        `https://${HOST}`,
        `https://${HOST.toUpperCase()}/`,
        `https://${HOST}./`,
        `https://${HOST}:444/`,
        `javascript:alert(1)`,
        `https://${HOST}/\r\nX: y`,
        `https:///${HOST}/`,
        `https:${HOST}/`,
        '',
      ]) {
        const answer = await begin(to);
        assert.ok([400, 403, 404].includes(answer.status), `${answer.status} ${to}`);
        assert.equal(answer.headers.get('location'), null, to);
      }
      const right = await begin(`https://${HOST}/pages`);
      assert.match(
        right.headers.get('location') ?? '',
        new RegExp(`^https://${HOST}/\\.sallyport/back\\?ticket=spk_`),
      );
    });
    const told = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(
      new Set(told.map(({ data, reason }) => data.fault ?? reason)),
      new Set(['request', 'not-permitted']),
    );
    assert.ok(told.length <= 4, 'seldom, and counted beyond');
    assert.equal(count(seen, 'entry.granted', 'granted'), 1);
  });

  it('by asking for ever more tickets fills no record, and is told when to try again', async () => {
    const wanted = { to: `https://${HOST}/pages`, way: 'A'.repeat(43), method: 'GET', path: '/' };
    const begin = () =>
      proxied.send({
        path: `/gate/begin?${new URLSearchParams(wanted)}`,
        headers: { cookie: `${proxied.cookieName('session')}=${session}` },
      });
    proxied.clock.advance(60_000);
    const seen = await eventsOf(proxied, async () => {
      for (let i = 0; i < 210; i++) {
        const answer = await begin();
        if (answer.status !== 429) continue;
        assert.equal(answer.headers.get('location'), null);
        assert.ok(Number(answer.headers.get('retry-after')) > 0);
      }
      proxied.clock.advance(60_000);
      const later = await begin();
      assert.match(later.headers.get('location') ?? '', /\/back\?ticket=/);
      await proxied.house.counter.stop();
    });
    assert.equal(count(seen, 'entry.granted', 'granted'), 201);
    assert.equal(refusedCount(seen), 10);
  });

  it('by a site’s cookie at another host gets nobody in', async () => {
    const seen = await eventsOf(proxied, async () => {
      assert.equal((await proxied.ask({ cookie, host: OTHER })).status, 401);
      await passes();
      await proxied.house.counter.stop();
    });
    assert.equal(refusedCount(seen), 1);
    assert.equal(count(seen, 'entry.granted', 'granted'), 1);
  });

  it('by a cookie whose session has ended, or whose person is gone, gets nobody in at once', async () => {
    const seen = await eventsOf(proxied, async () => {
      await passes();
      await proxied.house.portal.signOut(session, proxied.arrival());
      assert.equal((await proxied.ask({ cookie })).status, 401);
      const again = await proxied.signIn();
      await browser.enter(again);
      cookie = site.cookie();
      await passes();
      const { house, ada } = proxied;
      await house.store.write((tx) => house.acts.disable(tx, ada.id, { door: 'cli' }));
      assert.equal((await proxied.ask({ cookie })).status, 401);
      await house.counter.stop();
    });
    assert.equal(refusedCount(seen), 3, 'and once where its browser brought it along to sign in');
    assert.equal(count(seen, 'proxy.entry-opened', 'granted'), 1);
  });

  it('by what is sensitive with a proof of long ago is sent to step up', async () => {
    const sensitive = { cookie, method: 'POST', path: '/keys/import' };
    assert.equal((await proxied.ask(sensitive)).status, 200);
    const seen = await eventsOf(proxied, async () => {
      proxied.clock.advance(10 * 60_000);
      const answer = await proxied.ask(sensitive);
      assert.equal(answer.status, 401);
      assert.match(
        answer.headers.get('www-authenticate') ?? '',
        /insufficient_user_authentication.*max_age=300/,
      );
      await passes();
    });
    assert.equal(count(seen, 'entry.refused', 'challenged'), 1);
  });

  it('by a copied cookie gains nothing from what its owner proves later', async () => {
    const sensitive = { method: 'POST', path: '/keys/import' };
    assert.equal((await proxied.ask({ ...sensitive, cookie })).status, 200);
    const other = proxied.at(OTHER);
    await other.enter(session);
    proxied.clock.advance(10 * 60_000);
    const renewed = await stepUp();
    const seen = await eventsOf(proxied, async () => {
      const copy = await proxied.ask({ ...sensitive, cookie });
      assert.equal(copy.status, 401);
      assert.match(copy.headers.get('www-authenticate') ?? '', /insufficient_user_authentication/);
    });
    assert.equal(count(seen, 'entry.refused', 'challenged'), 1);
    // Its owner comes by with the session that was renewed, and has a cookie of their own for it.
    await browser.enter(renewed, { path: '/admin' });
    assert.equal((await browser.ask({ path: '/admin' })).status, 200);
    assert.equal((await proxied.ask({ ...sensitive, cookie })).status, 401);
    // What needs no fresh proof goes on, here and at other sites.
    await passes();
    assert.equal((await other.ask()).status, 200);
  });

  for (const [what, headers] of [
    ['an image', { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    ['a frame', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['what a script fetches', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['an image in an old browser', { accept: 'image/avif,image/webp,*/*' }],
  ] as const) {
    it(`cannot sign anyone out by ${what} that somebody put on a page of the site`, async () => {
      const leave = { cookie, path: '/.sallyport/leave' };
      const seen = await eventsOf(proxied, async () => {
        const site = 'accept' in headers ? {} : { 'sec-fetch-site': 'same-origin' };
        await proxied.ask({ ...leave, headers: { ...site, ...headers } });
        await passes();
      });
      assert.equal(count(seen, 'session.ended'), 0);
      assert.equal(count(seen, 'proxy.refused', 'refused'), 1);
    });
  }

  it('cannot sign anyone out from another site, and leaving ends the session everywhere', async () => {
    const leave = { cookie, path: '/.sallyport/leave' };
    const seen = await eventsOf(proxied, async () => {
      await site.refused({ ...leave, headers: { 'sec-fetch-site': 'cross-site' } }, 'other-site');
      await passes();
      const left = await browser.ask({ ...leave, headers: { 'sec-fetch-site': 'same-origin' } });
      assert.equal(left.headers.get('location'), `${proxied.origin}/signed-out`);
      assert.match(left.headers.get('set-cookie') ?? '', /Max-Age=0/);
    });
    assert.equal(count(seen, 'proxy.refused', 'refused'), 1);
    assert.equal(count(seen, 'session.ended'), 1);
    assert.equal((await proxied.ask({ cookie })).status, 401);
    const { house } = proxied;
    const over = await house.store.read((q) => house.gate.sessions.check(q, session));
    assert.equal(over, undefined);
  });
});
