import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ApplicationDetail } from '@sallyport/contract/resources.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { createTotpApp } from '../support/totp-app.ts';
import { complaint, createWebClient, heading, type WebClient } from '../support/web-client.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const SECOND = 1000;
const MINUTE = 60_000;
let people = 0;

describe('where proofs are fresh for a few seconds only', () => {
  test('the form for a proof is shown after one proof, not asked for again and again', async () => {
    const web = await openWebHouse({
      policy: { ...policyConfig.parse({}), freshFor: 10 * SECOND },
    });
    const person = await enrolledPerson(web.test, 'greta');
    const browser = createWebClient(web.origin);
    await signInOnWeb(web, browser, person); // The clock goes on by half a minute.
    const asked = await browser.get('/me/proofs/add/password');
    assert.equal(asked.location, '/confirm');
    await browser.follow(asked);
    const back = await browser.post('/confirm', { kind: 'password', password: person.password });
    assert.equal(heading(await browser.follow(back)), 'Change your password');
    // With half of the time gone what is shown next might come too late.
    web.test.clock.advance(4 * SECOND);
    assert.equal((await browser.get('/me/proofs/add/password')).status, 200);
    web.test.clock.advance(2 * SECOND);
    assert.equal((await browser.get('/me/proofs/add/password')).location, '/confirm');
    await web.close();
  });
});

describe('the portal', () => {
  let web: WebHouse;
  before(async () => {
    web = await openWebHouse();
  });
  after(() => web.close());

  async function signedIn(): Promise<{ person: TestPerson; browser: WebClient }> {
    const person = await enrolledPerson(web.test, `person-${people++}`);
    const browser = createWebClient(web.origin);
    await signInOnWeb(web, browser, person);
    return { person, browser };
  }

  /** The address of what can be done to the proof of that name. */
  async function deed(browser: WebClient, does: string, name: string): Promise<string> {
    const { text } = await browser.get('/me');
    const found = new RegExp(`href="([^"]+)" aria-label="${does}: ${name}"`).exec(text)?.[1];
    assert.ok(found, `${does} ${name}`);
    return found;
  }

  test('shows proofs, sessions and what happened, each with place and device in words', async () => {
    const { browser } = await signedIn();
    const { text } = await browser.get('/me', {
      'user-agent': 'Mozilla/5.0 (Windows NT 10.0) Chrome/141.0',
    });
    for (const words of [
      'Authenticator app',
      'Recovery codes',
      '10 codes left',
      'This one',
      'Signed in',
      'this computer',
      'You are signed in nowhere else.',
    ]) {
      assert.ok(text.includes(words), words);
    }
  });

  test('says by name where its person was let in, while there is such a place', async () => {
    const { browser } = await signedIn();
    const { house } = web.test;
    const detail = ApplicationDetail.parse({ title: 'Northwind Wiki' });
    const open = { name: 'wiki', open: 'everyone', groups: [], members: [] } as const;
    const wiki = { ...open, kind: 'application', detail } as const;
    const added = await house.store.write((tx) => house.resources.add(tx, wiki, { door: 'cli' }));
    assert.ok(added.ok);
    const session = browser.cookies.get('sallyport-session') ?? '';
    const entry = { resource: { id: added.value.id }, scopes: [] };
    const entered = await house.gate.enterAs(session, entry, web.test.arrival());
    assert.equal(entered.state, 'granted');
    assert.match((await browser.get('/me/activity')).text, /<b>Let into Northwind Wiki<\/b>/);
  });

  test('a proof is asked for again before another is added, and leads back to where it was wanted', async () => {
    const { person, browser } = await signedIn();
    web.test.clock.advance(6 * MINUTE);
    const turned = await browser.get('/me/proofs/add/totp');
    assert.equal(turned.location, '/confirm');
    const confirm = await browser.follow(turned);
    assert.equal(heading(confirm), 'Is it still you?');
    const before = browser.cookies.get('sallyport-session');
    const back = await browser.post('/confirm', { kind: 'password', password: person.password });
    assert.equal(back.location, '/me/proofs/add/totp');
    assert.notEqual(
      browser.cookies.get('sallyport-session'),
      before,
      'a step-up renews the session',
    );
    const page = await browser.follow(back);
    const uri = /href="(otpauth:[^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const code = createTotpApp(uri, web.test.clock).code();
    const added = await browser.follow(await browser.post('/me/proofs/add/totp', { code }));
    assert.match(added.text, /Your new proof is ready to use/);
    assert.equal(added.text.match(/<b>Authenticator app<\/b>/g)?.length, 2);
  });

  test('a page that was on its way while another tab showed a proof signs nobody out, and is shown', async () => {
    const { person, browser } = await signedIn();
    web.test.clock.advance(6 * MINUTE);
    await browser.follow(await browser.get('/me/proofs/add/totp'));
    const tab = createWebClient(web.origin);
    for (const [name, value] of browser.cookies) tab.cookies.set(name, value);
    const old = tab.cookies.get('sallyport-session') ?? '';
    await browser.post('/confirm', { kind: 'password', password: person.password });
    const late = await tab.get('/me/activity');
    assert.equal(late.location, '/signin');
    assert.equal(tab.cookies.get('sallyport-session'), old, 'what the browser has stays');
    tab.cookies.set('sallyport-session', browser.cookies.get('sallyport-session') ?? '');
    assert.equal((await tab.onTo('/signin')).location, '/me/activity');
    assert.equal((await tab.get('/me/activity')).status, 200);
  });

  test('an authenticator that took long to set up need not be scanned again after a fresh proof', async () => {
    const { person, browser } = await signedIn();
    const uriOn = ({ text }: { text: string }) =>
      /href="(otpauth:[^"]+)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    const uri = uriOn(await browser.get('/me/proofs/add/totp'));
    web.test.clock.advance(6 * MINUTE);
    const app = createTotpApp(uri, web.test.clock);
    const late = await browser.post('/me/proofs/add/totp', { code: app.code() });
    assert.equal(late.location, '/confirm');
    await browser.follow(late);
    const back = await browser.post('/confirm', { kind: 'password', password: person.password });
    assert.equal(back.location, '/me/proofs/add/totp');
    assert.equal(uriOn(await browser.follow(back)), uri);
    const added = await browser.post('/me/proofs/add/totp', { code: app.code() });
    assert.match((await browser.follow(added)).text, /Your new proof is ready to use/);
  });

  test('leaving a step-up changes nothing', async () => {
    const { browser } = await signedIn();
    web.test.clock.advance(6 * MINUTE);
    await browser.follow(await browser.get('/me/proofs/add/password'));
    assert.equal((await browser.post('/confirm/leave', {})).location, '/me');
    assert.equal((await browser.get('/confirm')).location, '/me');
  });

  test('a password is changed: other sessions end, the old one is worth nothing', async () => {
    const { person, browser } = await signedIn();
    const elsewhere = createWebClient(web.origin);
    await signInOnWeb(web, elsewhere, person);
    await browser.get('/me/proofs/add/password');
    const differ = await browser.follow(
      await browser.post('/me/proofs/add/password', {
        password: 'one thing entirely',
        again: 'another',
      }),
    );
    assert.match(complaint(differ) ?? '', /These two are not the same/);
    const short = await browser.follow(
      await browser.post('/me/proofs/add/password', { password: 'short', again: 'short' }),
    );
    assert.match(complaint(short) ?? '', /too short/);
    const password = 'seven quiet herons wading';
    const done = await browser.follow(
      await browser.post('/me/proofs/add/password', { password, again: password }),
    );
    assert.match(done.text, /Your password is changed/);
    assert.equal((await elsewhere.get('/me')).location, '/signin');
    const fresh = createWebClient(web.origin);
    assert.equal((await signInOnWeb(web, fresh, { ...person, password })).location, '/me');
  });

  test('a proof is renamed, and a name that could not be seen is refused', async () => {
    const { browser } = await signedIn();
    const path = await deed(browser, 'Rename', 'Authenticator app');
    await browser.get(path);
    for (const name of ['', '   ', 'x'.repeat(65), 'a\u202eb']) {
      const answer = await browser.follow(await browser.post(path, { name }));
      assert.match(complaint(answer) ?? '', /Use 1 to 64 characters/, JSON.stringify(name));
    }
    const done = await browser.follow(await browser.post(path, { name: ' <b>Phone</b> ' }));
    assert.match(done.text, /The new name is kept/);
    assert.match(done.text, /&lt;b&gt;Phone&lt;\/b&gt;/);
    assert.doesNotMatch(done.text, /<b>Phone/);
  });

  test('a proof is removed after a fresh one, unless it is the last way in', async () => {
    const { browser } = await signedIn();
    const kept = await browser.get('/me');
    assert.match(
      kept.text,
      /id="why-([^"]+)">Your last way in.*aria-disabled="true"[^>]* aria-describedby="why-\1">Remove</s,
    );
    const path = await deed(browser, 'Remove', 'Recovery codes');
    assert.match((await browser.get(path)).text, /All of your recovery codes stop working at once/);
    const done = await browser.follow(await browser.post(path, {}));
    assert.match(done.text, /The proof was removed/);
    assert.match(done.text, /You have no recovery codes/);
    assert.equal((await browser.get(path)).status, 404);
  });

  test('another person’s proof and session can be neither seen, renamed, removed nor ended', async () => {
    const [mine, theirs] = [await signedIn(), await signedIn()];
    const path = await deed(theirs.browser, 'Remove', 'Recovery codes');
    await mine.browser.get('/me');
    assert.equal((await mine.browser.get(path)).status, 404);
    assert.equal((await mine.browser.post(path, {})).status, 404);
    assert.equal(
      (await mine.browser.post(path.replace('remove', 'rename'), { name: 'x' })).status,
      404,
    );
    const other = createWebClient(web.origin);
    await signInOnWeb(web, other, theirs.person);
    const { text } = await theirs.browser.get('/me');
    const end = /action="(\/me\/sessions\/[0-9a-f-]+\/end)"/.exec(text)?.[1] ?? '';
    assert.ok(end);
    await mine.browser.get('/me');
    assert.equal((await mine.browser.post(end, {})).status, 404);
    assert.equal((await other.get('/me')).status, 200);
  });

  test('recovery codes are made anew, shown once, kept as a file, and void the old', async () => {
    const { person, browser } = await signedIn();
    await browser.get('/me/proofs/add/recovery');
    const shown = await browser.follow(await browser.post('/me/proofs/add/recovery', {}));
    const codes = [...shown.text.matchAll(/<li>([0-9A-Z-]{11})<\/li>/g)].map(
      (found) => found[1] ?? '',
    );
    assert.equal(codes.length, 10);
    const file = await browser.post('/me/codes/file', {});
    assert.match(file.headers.get('content-disposition') ?? '', /attachment/);
    for (const code of codes) assert.ok(file.text.includes(code));
    const unkept = await browser.follow(await browser.post('/me/codes', {}));
    assert.match(complaint(unkept) ?? '', /Confirm that you have kept the codes/);
    await browser.follow(await browser.post('/me/codes', { kept: 'yes' }));
    assert.equal((await browser.get('/me/codes')).location, '/me');

    const lost = createWebClient(web.origin);
    await lost.get('/signin');
    await lost.follow(await lost.post('/signin', { identifier: person.identifier }));
    await lost.follow(
      await lost.post('/signin/step', { kind: 'password', password: person.password }),
    );
    const old = await lost.follow(
      await lost.post('/signin/step', { kind: 'recovery', code: person.recovery[0] ?? '' }),
    );
    assert.match(complaint(old) ?? '', /recovery code is not right/);
    const code = (codes[0] ?? '').toLowerCase().replace('-', ' ');
    assert.equal((await lost.post('/signin/step', { kind: 'recovery', code })).location, '/me');
    const used = await lost.get('/me');
    assert.match(used.text, /9 codes left/);
  });

  test('one session ends another, and all others', async () => {
    const { person, browser } = await signedIn();
    const others = [createWebClient(web.origin), createWebClient(web.origin)];
    for (const other of others) await signInOnWeb(web, other, person);
    const { text } = await browser.get('/me');
    const end = /action="(\/me\/sessions\/[0-9a-f-]+\/end)"/.exec(text)?.[1] ?? '';
    assert.match(
      (await browser.follow(await browser.post(end, {}))).text,
      /That session was ended/,
    );
    const left = [];
    for (const other of others) left.push((await other.get('/me')).status);
    assert.deepEqual(left.sort(), [200, 303]);
    await browser.post('/me/sessions/end-others', {});
    for (const other of others) assert.equal((await other.get('/me')).status, 303);
    assert.equal((await browser.get('/me')).status, 200);
  });

  test('"this wasn’t me" ends every other session and leads on', async () => {
    const { person, browser } = await signedIn();
    const stranger = createWebClient(web.origin);
    await signInOnWeb(web, stranger, person);
    const { text } = await browser.get('/me');
    const path = /href="(\/me\/trouble\?event=[^"]+)"/.exec(text)?.[1] ?? '';
    const asked = await browser.get(path);
    assert.match(asked.text, /You are reporting/);
    const event = /name="event" value="([^"]+)"/.exec(asked.text)?.[1] ?? '';
    const done = await browser.follow(await browser.post('/me/trouble', { event }));
    assert.match(done.text, /One other session was ended/);
    assert.equal((await stranger.get('/me')).location, '/signin');
    assert.match((await browser.get('/me')).text, /You said “this wasn’t me”/);
  });

  test('activity goes back page by page', async () => {
    const { browser } = await signedIn();
    const first = await browser.get('/me/activity');
    assert.match(first.text, /Signed in/);
    const event = /event=([0-9a-f-]{36})/.exec(first.text)?.[1] ?? '';
    const older = await browser.get(`/me/activity?before=${event}`);
    assert.ok(!older.text.includes(event));
    assert.match(older.text, /Newest/);
    assert.equal((await browser.get('/me/activity?before=x')).status, 400);
  });

  test('an idle session is over, and the page says why', async () => {
    const { browser } = await signedIn();
    web.test.clock.advance(2 * 60 * MINUTE);
    const page = await browser.follow(await browser.get('/me'));
    assert.match(complaint(page) ?? '', /You were away for a while/);
  });
});
