/**
 * How long a copy of a site's cookie is worth anything (T1539): it shows no key, so it is for a while, and until its owner's browser
 * comes by for another. What else is tried with one is in site-tickets-and-cookies.test.ts.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { addSite, HOST, OTHER, openProxyHouse, type ProxyHouse } from '../proxy/proxy-house.ts';
import { browserKey } from '../support/browser-key.ts';
import { count, eventsOf } from '../support/events.ts';
import { signIn } from '../support/people.ts';

const MINUTE = 60_000;

describe('a site’s cookie in another browser', () => {
  let house: ProxyHouse;
  beforeEach(async () => {
    house = await openProxyHouse();
  });
  afterEach(() => house.close());

  /** A session that is bound to a key, and what shows it now. */
  async function bound() {
    const { gate } = house.house;
    const arrival = house.arrival({ origin: house.origin, bindable: true });
    const { token: session } = (await signIn(house, house.ada, arrival)).session;
    const key = browserKey();
    async function show(purpose: 'bind' | 'prove'): Promise<string> {
      const asked = await gate.bound.toSign(session, arrival);
      assert.ok(asked?.state === 'done');
      const { session: id, nonce } = asked;
      const signature = key.sign(purpose, house.origin, id, nonce);
      const given = purpose === 'bind' ? { key: key.point } : {};
      const shown = await gate.bound.show(session, { nonce, signature, ...given }, arrival);
      assert.ok(shown.state === 'done', JSON.stringify(shown));
      return shown.keyProof;
    }
    const first = await show('bind');
    return { session, first, prove: () => show('prove') };
  }

  /** Another browser with the cookies that this one has now. */
  function stolen(from: ReturnType<ProxyHouse['at']>, host = HOST) {
    const thief = house.at(host);
    for (const [name, value] of from.cookies) thief.cookies.set(name, value);
    return thief;
  }

  /** What a script asks for in the background: it is led nowhere. */
  const background = {
    headers: {
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
      'sec-fetch-site': 'same-origin',
    },
  };

  it('is worth nothing once its time is over, nor is the session’s without its key; its owner goes on', async () => {
    const { session, first, prove } = await bound();
    const owner = house.at(HOST);
    await owner.enter(session, {}, first);
    const thief = stolen(owner);
    assert.equal((await thief.ask(background)).status, 200, 'until then it reads');
    house.clock.advance(31 * MINUTE);
    const seen = await eventsOf(house, async () => {
      assert.equal((await thief.ask(background)).status, 401);
      // With the cookies of our own pages too, and a proof of before.
      await assert.rejects(thief.enter(session, {}, first), /403 !== 303/);
      assert.equal((await thief.ask(background)).status, 401);
      await owner.enter(session, {}, await prove());
      assert.equal((await owner.ask(background)).status, 200);
    });
    assert.equal(count(seen, 'proxy.copy-refused'), 0, 'it may be its own browser');
    const refused = seen.filter(({ reason }) => reason === 'unproven-key');
    assert.equal(count(refused, 'entry.refused', 'refused'), 1);
    assert.equal(count(seen, 'proxy.entry-opened', 'granted'), 1);
  });

  it('is worth nothing half a minute after its owner’s browser came by for another', async () => {
    const { session, first, prove } = await bound();
    const owner = house.at(HOST);
    await owner.enter(session, {}, first);
    const thief = stolen(owner);
    house.clock.advance(16 * MINUTE);
    await owner.enter(session, { path: '/pages/1' }, await prove());
    assert.equal((await thief.ask(background)).status, 200, 'what was under way arrives');
    house.clock.advance(MINUTE);
    const seen = await eventsOf(house, async () => {
      for (let i = 0; i < 3; i++) assert.equal((await thief.ask(background)).status, 401);
      assert.equal((await owner.ask(background)).status, 200);
    });
    const [told, ...more] = seen.filter(({ type }) => type === 'proxy.copy-refused');
    assert.deepEqual([told?.subject, more.length], [house.ada.id, 0], 'on record, once');
  });

  it('is ended by no one who does not have it', async () => {
    const { session, first, prove } = await bound();
    const owner = house.at(HOST);
    await owner.enter(session, {}, first);
    const other = house.at(HOST);
    const [[name = '', value = ''] = []] = [...owner.cookies].filter(([n]) => n.endsWith('site'));
    other.cookies.set(name, `${value.slice(0, -8)}AAAAAAAA`);
    await other.enter(session, {}, await prove());
    house.clock.advance(MINUTE);
    assert.equal((await owner.ask(background)).status, 200);
    assert.equal((await other.ask(background)).status, 200);
  });

  it('lives as long as its site says, where it does', async () => {
    await addSite(house, 'notes', [OTHER], undefined, 'everyone', { cookieSeconds: 60 });
    const { session, first } = await bound();
    const [notes, wiki] = [house.at(OTHER), house.at(HOST)];
    await notes.enter(session, {}, first);
    await wiki.enter(session, {}, first);
    house.clock.advance(61_000);
    assert.equal((await notes.ask(background)).status, 401);
    assert.equal((await wiki.ask(background)).status, 200);
  });
});

describe('a browser at a site, while it is used', () => {
  let house: ProxyHouse;
  beforeEach(async () => {
    house = await openProxyHouse();
  });
  afterEach(() => house.close());

  it('is sent for another cookie by the pages that it goes to, ahead of time; forms and scripts go on', async () => {
    const session = await house.signIn();
    const browser = house.at(HOST);
    await browser.enter(session);
    house.clock.advance(14 * MINUTE);
    assert.equal((await browser.ask()).status, 200);
    house.clock.advance(2 * MINUTE);
    const form = { method: 'POST', headers: { origin: `https://${HOST}` } };
    assert.equal((await browser.ask(form)).status, 200);
    const script = { headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } };
    assert.equal((await browser.ask(script)).status, 200);
    const back = await browser.enter(session, { path: '/pages/1' });
    assert.equal(back.headers.get('location'), `https://${HOST}/pages/1`);
    assert.equal((await browser.ask()).status, 200);
    house.clock.advance(16 * MINUTE);
    assert.equal(
      (await browser.ask(form)).status,
      200,
      'longer than the first would have been good',
    );
  });

  it('is not sent for one that would last no longer', async () => {
    const arrival = house.arrival({ bindable: true });
    const { token: session } = (await signIn(house, house.ada, arrival)).session;
    const browser = house.at(HOST);
    // The session ends after two hours, without a key: what is given now ends with it.
    for (let i = 0; i < 4; i++) {
      house.clock.advance(25 * MINUTE);
      assert.equal((await house.house.portal.me(session, house.arrival())).state, 'done');
    }
    await browser.enter(session);
    house.clock.advance(15 * MINUTE);
    assert.equal((await browser.ask()).status, 200);
  });

  it('tells a script where to go when its time is over, and no program', async () => {
    const session = await house.signIn();
    const browser = house.at(HOST);
    await browser.enter(session);
    house.clock.advance(31 * MINUTE);
    const headers = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
    const told = await browser.ask({ headers: { ...headers, 'sec-fetch-site': 'same-origin' } });
    assert.equal(told.status, 401);
    assert.match(
      told.headers.get('x-sallyport-step-up') ?? '',
      /^https:\/\/id\.example\.com\/gate\/begin\?/,
    );
    assert.equal(told.headers.get('location'), null);
    const program = await browser.ask({ headers });
    assert.equal(program.headers.get('x-sallyport-step-up'), null);
    assert.equal(program.status, 401);
  });
});
