/** The cookies of a session in another browser than its own, and the ways to make them worth something there (T1539). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { KeyPurpose } from '../../server/gate/sessions/browser-key.ts';
import { type BrowserKey, browserKey } from '../support/browser-key.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import type { WebClient } from '../support/web-client.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const MINUTE = 60_000;

interface Told {
  readonly session: string;
  readonly nonce: string;
  readonly renewInMs?: number;
  readonly reason?: string;
}

describe('a session’s cookie in another browser', () => {
  let web: ServedHouse;
  let ada: TestPerson;
  before(async () => {
    web = await openServedHouse();
    ada = await enrolledPerson(web, 'ada');
  });
  after(() => web.close());

  const post = async (
    browser: WebClient,
    path: string,
    body: object = {},
    headers: Record<string, string> = {},
  ) => {
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const csrf = web.csrf(browser.cookies.get(web.cookieName('session')) ?? '');
    const answer = await web.send({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', origin: web.origin, cookie, ...headers },
      body: JSON.stringify({ csrf, ...body }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
      if (line.includes('Max-Age=0')) browser.cookies.delete(name);
      else browser.cookies.set(name, value);
    }
    return answer;
  };
  const nonceFor = async (browser: WebClient): Promise<Told> =>
    (await post(browser, '/session/nonce')).json;

  async function show(browser: WebClient, key: BrowserKey, purpose: KeyPurpose): Promise<Told> {
    const { session, nonce } = await nonceFor(browser);
    const signature = key.sign(purpose, web.origin, session, nonce);
    const shown = purpose === 'bind' ? { key: key.point } : {};
    return (await post(browser, '/session/key', { nonce, signature, ...shown })).json;
  }

  /** Ada's browser, with its session bound to its key. */
  async function bound(house = web, person = ada) {
    const browser = house.browser();
    await signInOnWeb({ test: house }, browser, person);
    const key = browserKey();
    assert.ok(((await show(browser, key, 'bind')).renewInMs ?? 0) > 0);
    return { browser, key };
  }

  /** Another browser with whatever cookies this one has now. */
  function stolen(browser: WebClient): WebClient {
    const thief = web.browser();
    for (const [name, value] of browser.cookies) thief.cookies.set(name, value);
    return thief;
  }

  const opens = async (browser: WebClient) => (await browser.get('/me')).status === 200;

  it('is worth nothing once the interval is over, and its owner goes on', async () => {
    const { browser, key } = await bound();
    const thief = stolen(browser);
    web.clock.advance(4 * MINUTE);
    assert.ok((await show(browser, key, 'prove')).renewInMs);
    web.clock.advance(2 * MINUTE);
    const seen = await eventsOf(web, async () => {
      assert.equal(await opens(thief), false);
      assert.equal(await opens(browser), true);
    });
    assert.equal(count(seen, 'session.key-wanted', 'refused'), 1);
  });

  it('is worth nothing at all without the proof, also as a program’s bearer token', async () => {
    const { browser } = await bound();
    const thief = stolen(browser);
    thief.cookies.delete(web.cookieName('key'));
    const seen = await eventsOf(web, async () => {
      assert.equal(await opens(thief), false);
      const token = browser.cookies.get(web.cookieName('session')) ?? '';
      const answer = await web.api('showMe', { token });
      assert.equal(answer.status, 401);
      assert.equal(answer.json.code, 'unproven-key');
      assert.equal(await opens(browser), true);
    });
    assert.ok(count(seen, 'session.key-wanted', 'refused') >= 1);
  });

  it('fills no record, whatever browser the thief says to be', async () => {
    const { browser } = await bound();
    const token = browser.cookies.get(web.cookieName('session')) ?? '';
    const seen = await eventsOf(web, async () => {
      for (let i = 0; i < 40; i++) {
        const headers = { 'user-agent': `${'x'.repeat(4000)} ${i}` };
        assert.equal((await web.api('showMe', { token, headers })).json.code, 'unproven-key');
        const other = { 'user-agent': `thief ${i}` };
        assert.equal((await web.api('showMe', { token, headers: other })).status, 401);
      }
      assert.equal(await opens(browser), true);
    });
    const told = count(seen, 'session.key-wanted', 'refused');
    assert.ok(told >= 1 && told <= 10, `${told} events`);
  });

  it('does nothing sensitive, even within the interval', async () => {
    const { browser, key } = await bound();
    const thief = stolen(browser);
    web.clock.advance(20_000);
    assert.equal(await opens(thief), true, 'reads, for the rest of the interval');
    // Its owner's browser meets the same page, and goes on from it: so neither is told of one by one.
    const refused = await thief.get('/me/proofs/add/webauthn');
    assert.equal(refused.status, 403);
    await show(browser, key, 'prove');
    const own = await browser.follow(await browser.get('/me/proofs/add/webauthn'));
    assert.equal(own.status, 200);
  });

  it('takes no proof twice', async () => {
    const { browser, key } = await bound();
    const { session, nonce } = await nonceFor(browser);
    const signature = key.sign('prove', web.origin, session, nonce);
    const seen = await eventsOf(web, async () => {
      const first = await post(browser, '/session/key', { nonce, signature });
      assert.ok(first.json.renewInMs);
      const thief = stolen(browser);
      thief.cookies.delete(web.cookieName('key'));
      const second = await post(thief, '/session/key', { nonce, signature });
      assert.equal(second.json.reason, 'stale');
      assert.equal(thief.cookies.has(web.cookieName('key')), false);
      assert.equal(await opens(thief), false);
    });
    assert.equal(count(seen, 'session.proof-refused', 'refused'), 1);
    assert.equal(await opens(browser), true);
  });

  it('takes no nonce that ended, or was made up', async () => {
    const { browser, key } = await bound();
    const { session, nonce } = await nonceFor(browser);
    const signed = (text: string) => ({
      nonce: text,
      signature: key.sign('prove', web.origin, session, text),
    });
    const [name, until, mac] = nonce.split('.');
    const longer = `${name}.${Number(until) + MINUTE}.${mac}`;
    for (const text of [longer, 'AAAA', '', '..', `${nonce}.`]) {
      const answer = await post(browser, '/session/key', signed(text));
      assert.equal(answer.json.reason, 'stale', text);
    }
    web.clock.advance(MINUTE);
    assert.equal((await post(browser, '/session/key', signed(nonce))).json.reason, 'stale');
    assert.ok((await show(browser, key, 'prove')).renewInMs);
  });

  it('takes no proof that was made for another session of the same key', async () => {
    const { browser, key } = await bound();
    const other = web.browser();
    await signInOnWeb({ test: web }, other, ada);
    assert.ok((await show(other, key, 'bind')).renewInMs);
    const { session, nonce } = await nonceFor(other);
    const signature = key.sign('prove', web.origin, session, nonce);
    const seen = await eventsOf(web, async () => {
      const crossed = await post(browser, '/session/key', { nonce, signature });
      assert.equal(crossed.json.reason, 'stale');
    });
    assert.equal(count(seen, 'session.proof-refused', 'refused'), 1);
    const fits = await post(other, '/session/key', { nonce, signature });
    assert.ok(fits.json.renewInMs);

    // Nor is its proof cookie good for this one.
    const mixed = stolen(browser);
    mixed.cookies.set(web.cookieName('key'), other.cookies.get(web.cookieName('key')) ?? '');
    assert.equal(await opens(mixed), false);
    assert.equal(await opens(other), true);
  });

  it('takes no proof that a page of another site had signed, and asks no such page', async () => {
    const { browser, key } = await bound();
    const foreign = { origin: 'https://sallyport.example.evil' };
    assert.equal((await post(browser, '/session/nonce', {}, foreign)).status, 403);
    const { session, nonce } = await nonceFor(browser);
    const signature = key.sign('prove', foreign.origin, session, nonce);
    const seen = await eventsOf(web, async () => {
      const answer = await post(browser, '/session/key', { nonce, signature });
      assert.equal(answer.json.reason, 'wrong-key');
    });
    assert.equal(count(seen, 'session.key-refused', 'refused'), 1);
    assert.equal(await opens((await bound()).browser), true);
  });

  it('with another key ends the session, and those who watch are told', async () => {
    const { browser } = await bound();
    const thief = stolen(browser);
    web.clock.advance(11 * MINUTE);
    web.alerts.length = 0;
    const seen = await eventsOf(web, async () => {
      assert.equal((await show(thief, browserKey(), 'prove')).reason, 'wrong-key');
    });
    assert.equal(count(seen, 'session.key-refused', 'refused'), 1);
    assert.equal(web.alerts.length, 1);
    assert.match(web.alerts[0]?.subject ?? '', /cookie may be stolen/);
    assert.equal(thief.cookies.has(web.cookieName('session')), false);
    assert.equal(await opens(browser), false);
    assert.equal((await browser.get('/me')).location, '/signin');
  });

  it('is not bound anew to another key, nor unbound', async () => {
    const { browser, key } = await bound();
    const thief = stolen(browser);
    assert.ok((await show(browser, key, 'bind')).renewInMs, 'its own key may come twice');
    assert.equal((await show(thief, browserKey(), 'bind')).reason, 'wrong-key');
    assert.equal(await opens(browser), false);
  });

  it('whose owner showed no key in time is bound by nobody', async () => {
    const browser = web.browser();
    await signInOnWeb({ test: web }, browser, ada);
    const thief = stolen(browser);
    web.clock.advance(5 * MINUTE);
    assert.equal((await show(thief, browserKey(), 'bind')).reason, 'too-late');
    assert.equal((await show(thief, browserKey(), 'prove')).reason, 'malformed');
    const seen = await eventsOf(web, async () => assert.equal(await opens(browser), true));
    assert.equal(count(seen, 'session.unbound', 'done'), 1);
    web.clock.advance(58 * MINUTE);
    assert.equal(await opens(browser), true);
    web.clock.advance(58 * MINUTE);
    assert.equal(await opens(browser), false, 'it ends sooner than one that was bound');
  });

  it('stays bound to the same key after a fresh proof, without being asked anew', async () => {
    const { browser, key } = await bound();
    web.clock.advance(4 * MINUTE);
    await show(browser, key, 'prove');
    web.clock.advance(2 * MINUTE);
    await show(browser, key, 'prove');
    for (let minutes = 0; minutes < 12; minutes += 4) {
      web.clock.advance(4 * MINUTE);
      await show(browser, key, 'prove');
    }
    const before = browser.cookies.get(web.cookieName('session'));
    const asked = await browser.follow(await browser.get('/me/proofs/add/totp'));
    assert.match(asked.text, /action="\/confirm"/);
    await browser.post('/confirm', { kind: 'totp', code: ada.totp.code() });
    web.clock.advance(30_000);
    assert.notEqual(browser.cookies.get(web.cookieName('session')), before);
    assert.equal(await opens(browser), true);
    const thief = stolen(browser);
    thief.cookies.delete(web.cookieName('key'));
    assert.equal(await opens(thief), false);
    web.clock.advance(6 * MINUTE);
    assert.equal(await opens(browser), false);
    assert.ok((await show(browser, key, 'prove')).renewInMs);
    assert.equal(await opens(browser), true);
  });

  it('loses no form: it comes again on the page that shows the key, its token included', async () => {
    const { browser, key } = await bound();
    await browser.get('/me');
    web.clock.advance(6 * MINUTE);
    const between = await browser.post('/me/trouble', {});
    assert.equal(between.status, 403);
    assert.match(between.text, /<form data-proving hidden method="post" action="\/me\/trouble">/);
    assert.match(between.text, /data-bound="0"/);
    await show(browser, key, 'prove');
    assert.equal((await browser.post('/me/trouble', {})).location, '/me/trouble/done');
  });
});

describe('where a key is required', () => {
  it('a browser without one signs in and can do nothing until it shows one', async () => {
    const web = await openServedHouse({ settings: { boundSessions: 'required' } });
    try {
      const ada = await enrolledPerson(web, 'ada');
      const browser = web.browser();
      await signInOnWeb({ test: web }, browser, ada);
      const between = await browser.get('/me');
      assert.equal(between.status, 403);
      assert.match(between.text, /data-bound="new"/);
      web.clock.advance(5 * MINUTE);
      const tooLate = await browser.get('/me');
      assert.equal(tooLate.status, 403);
      assert.match(tooLate.text, /Sign in again/);
      assert.doesNotMatch(tooLate.text, /data-bound/);
    } finally {
      await web.close();
    }
  });
});
