/**
 * What a page's form says of its tab, used by others, twice, or changed (CWE-345, CWE-294, CWE-352, CWE-384): it goes on with an
 * attempt of the browser that began it, once, and form tokens of before a step-up are good for the session that it renewed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson } from '../support/served-people.ts';
import { heading, type WebAnswer, type WebClient } from '../support/web-client.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const MINUTE = 60_000;
const tabOn = ({ text }: WebAnswer) => /name="tab" value="([^"]+)"/.exec(text)?.[1] ?? '';
const keyOn = ({ text }: WebAnswer) => /secret=([A-Z2-7]+)/.exec(text)?.[1];
const csrfOn = ({ text }: WebAnswer) => /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? '';

describe('a form’s word of its tab', () => {
  let served: ServedHouse;
  let ada: PasskeyPerson;
  let eve: PasskeyPerson;
  before(async () => {
    served = await openServedHouse();
    ada = await passkeyPerson(served, 'ada');
    eve = await passkeyPerson(served, 'eve');
  });
  after(() => served.close());

  /** What a page's script does when the button for passkeys is pressed. */
  async function passkeyBegun(browser: WebClient) {
    const page = await browser.get('/signin');
    const { json } = await served.send({
      method: 'POST',
      path: '/signin/passkey/begin',
      headers: {
        cookie: [...browser.cookies].map((pair) => pair.join('=')).join('; '),
        origin: served.origin,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ csrf: csrfOn(page), tab: tabOn(page) }),
    });
    return json as { options: Record<string, unknown>; tab: string };
  }
  const signed = (person: PasskeyPerson, { options }: { options: Record<string, unknown> }) =>
    JSON.stringify(person.passkey.get(options, served.origin));

  it('of another browser signs nobody in', async () => {
    const theirs = served.browser();
    const begun = await passkeyBegun(theirs);
    const credential = signed(eve, begun);
    const victim = served.browser();
    await victim.get('/signin');
    const seen = await eventsOf(served, async () => {
      const answer = await victim.post('/signin/passkey', { credential, tab: begun.tab });
      assert.equal(answer.location, '/signin');
    });
    assert.equal(count(seen, 'signin.granted'), 0);
    assert.equal(victim.cookies.get(served.cookieName('session')), undefined);
    // And in the browser that began it, it is as good as before.
    const own = await theirs.post('/signin/passkey', { credential, tab: begun.tab });
    assert.equal(own.location, '/me');
  });

  it('is good once, changed not at all, and without an attempt for none', async () => {
    const browser = served.browser();
    const begun = await passkeyBegun(browser);
    const credential = signed(ada, begun);
    const changed = `${begun.tab.slice(0, -2)}AA`;
    const page = await browser.get('/signin');
    for (const tab of [changed, tabOn(page), 'A'.repeat(200), '']) {
      const answer = await browser.post('/signin/passkey', { credential, tab });
      assert.equal(answer.location, '/signin', tab);
    }
    await browser.get('/signin');
    const before = new Map(browser.cookies);
    const fields = { credential, tab: begun.tab };
    assert.equal((await browser.post('/signin/passkey', fields)).location, '/me');
    const again = served.browser();
    for (const [name, value] of before) again.cookies.set(name, value);
    await again.get('/signin');
    assert.equal((await again.post('/signin/passkey', fields)).location, '/signin');
    assert.equal(again.cookies.get(served.cookieName('session')), undefined);
  });

  it('is told nothing by: neither the attempt’s token nor the name stands in it', async () => {
    const browser = served.browser();
    await browser.get('/signin');
    const page = await browser.follow(await browser.post('/signin', { identifier: 'ada' }));
    const bytes = Buffer.from(tabOn(page), 'base64url').toString('latin1');
    assert.ok(bytes.length > 100);
    assert.doesNotMatch(bytes, /ada|spa_|attempt/);
  });

  it('in an address opens in no other browser what it names, and nothing of what is sealed stands there', async () => {
    const theirs = served.browser();
    await theirs.get('/signin?to=%2Fme%2Factivity');
    const asked = await theirs.post('/signin', { identifier: 'eve' });
    assert.match(asked.leads ?? '', /^\/signin\/step\?tab=[\w-]{8}$/);
    const victim = served.browser();
    await victim.get('/signin');
    await victim.follow(await victim.post('/signin', { identifier: 'ada' }));
    const seen = await eventsOf(served, async () => {
      assert.equal((await victim.get(asked.leads ?? '')).location, '/signin');
      const lured = await victim.get(`/signin${asked.leads?.slice('/signin/step'.length)}`);
      assert.doesNotMatch(lured.text, /eve|activity/);
    });
    assert.deepEqual(seen, []);
    // The browser whose it is goes on with it, and where it was going.
    assert.match((await theirs.follow(asked)).text, /<b>eve<\/b>/);
    await theirs.post('/signin/step', { kind: 'password', password: eve.password });
    const done = await theirs.post('/signin/step', { kind: 'totp', code: eve.totp.code() });
    assert.equal(done.location, '/me/activity');
    served.clock.advance(30_000);
  });

  it('of more tabs than one gives no more tries: five for each attempt, and the account’s throttle for all', async () => {
    const victim = 'somebody-guessed-at';
    const browser = served.browser();
    const tabs: string[] = [];
    for (let each = 0; each < 8; each++) {
      await browser.get('/signin');
      const page = await browser.follow(await browser.post('/signin', { identifier: victim }));
      tabs.push(tabOn(page));
    }
    let [tries, status] = [0, 303];
    for (; status === 303 && tries < 60; tries++) {
      const tab = tabs[tries % tabs.length] ?? '';
      ({ status } = await browser.post('/signin/step', { kind: 'password', password: 'no', tab }));
    }
    assert.equal(status, 429);
    const alone = served.browser();
    let [few, answered] = [0, 303];
    for (; answered === 303 && few < 60; few++) {
      await alone.get('/signin');
      await alone.follow(await alone.post('/signin', { identifier: 'another-guessed-at' }));
      ({ status: answered } = await alone.post('/signin/step', {
        kind: 'password',
        password: 'no',
      }));
    }
    assert.equal(tries, few);
    served.clock.advance(120 * MINUTE);
  });

  it('leads nowhere but to places of ours, whoever sealed what', async () => {
    const browser = served.browser();
    const page = await browser.get('/signin?to=https%3A%2F%2Fevil.example%2F');
    const begun = await browser.post('/signin', { identifier: 'ada', tab: tabOn(page) });
    await browser.follow(begun);
    await browser.post('/signin/step', { kind: 'password', password: ada.password });
    const done = await browser.post('/signin/step', { kind: 'totp', code: ada.totp.code() });
    served.clock.advance(30_000);
    assert.equal(done.location, '/me');
    // A page of before, sent by somebody who is in: led on, and nothing is done.
    const late = await browser.post('/signin', { identifier: 'eve', tab: tabOn(page), csrf: 'A' });
    assert.equal(late.location, '/me');
    const foreign = await browser.post(
      '/signin',
      { identifier: 'eve', tab: tabOn(page), csrf: 'A' },
      { origin: 'https://evil.example' },
    );
    assert.equal(foreign.status, 403);
  });

  it('of before a step-up is good in the session that was renewed by it, and in no other', async () => {
    const browser = served.browser();
    await signInOnWeb({ test: served }, browser, ada);
    const open = await browser.get('/me');
    served.clock.advance(6 * MINUTE);
    const confirm = await browser.follow(await browser.get('/me/proofs/add/totp'));
    assert.equal(heading(confirm), 'Is it still you?');
    const options = JSON.parse(
      (/data-options="([^"]*)"/.exec(confirm.text)?.[1] ?? '{}').replaceAll('&quot;', '"'),
    );
    const credential = JSON.stringify(ada.passkey.get(options, served.origin));
    const fields = { kind: 'webauthn', credential, tab: tabOn(confirm) };
    assert.equal((await browser.post('/confirm', fields)).location, '/me/proofs/add/totp');
    const ended = await browser.post('/me/sessions/end-others', { csrf: csrfOn(open) });
    assert.equal(ended.location, '/me');
    // The same cookie beside another session, and the token of a page that somebody else knows.
    const other = served.browser();
    await signInOnWeb({ test: served }, other, eve);
    const flow = served.cookieName('flow');
    other.cookies.set(flow, browser.cookies.get(flow) ?? '');
    const planted = await other.post('/me/sessions/end-others', { csrf: csrfOn(open) });
    assert.equal(planted.status, 403);
    // Gone with the session.
    await browser.get('/me');
    await browser.post('/signout', {});
    await signInOnWeb({ test: served }, browser, ada);
    const late = await browser.post('/me/sessions/end-others', { csrf: csrfOn(open) });
    assert.equal(late.status, 403);
  });

  it('of somebody who is out carries nothing of what they were setting up to who came in after them', async () => {
    const mona = await enrolledPerson(served, 'mona');
    const nils = await enrolledPerson(served, 'nils');
    const browser = served.browser();
    await signInOnWeb({ test: served }, browser, mona);
    const page = await browser.get('/me/proofs/add/totp');
    const key = keyOn(page);
    assert.ok(key !== undefined, page.text);
    served.clock.advance(6 * MINUTE);
    const late = { code: '000000', tab: tabOn(page) };
    const confirm = await browser.follow(await browser.post('/me/proofs/add/totp', late));
    assert.equal(heading(confirm), 'Is it still you?');
    await browser.get('/me');
    await browser.post('/signout', {});
    await signInOnWeb({ test: served }, browser, nils);
    const fields = { kind: 'password', password: mona.password, tab: tabOn(confirm), csrf: 'A' };
    const seen = await eventsOf(served, async () => {
      const led = await browser.post('/confirm', fields);
      assert.equal(led.location, '/me/proofs/add/totp');
    });
    assert.deepEqual(seen, []);
    const own = keyOn(await browser.get('/me/proofs/add/totp'));
    assert.ok(own !== undefined && own !== key);
  });
});
