import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { enrolledPerson, type TestPerson } from '../support/people.ts';
import { complaint, createWebClient, heading, type WebClient } from '../support/web-client.ts';
import { openWebHouse, type WebHouse } from '../support/web-house.ts';
import { beginSignIn, signInOnWeb } from '../support/web-sign-in.ts';

let people = 0;

describe('sign-in on the web', () => {
  let web: WebHouse;
  before(async () => {
    web = await openWebHouse();
  });
  after(() => web.close());

  const newPerson = () => enrolledPerson(web.test, `person-${people++}`);
  const client = () => createWebClient(web.origin);

  const begin = beginSignIn;

  async function password(browser: WebClient, given: string) {
    const answer = await browser.post('/signin/step', { kind: 'password', password: given });
    return browser.follow(answer);
  }

  const signIn = (browser: WebClient, person: TestPerson) => signInOnWeb(web, browser, person);

  test('two proofs lead in, the second chosen among those that the person has', async () => {
    const person = await newPerson();
    const browser = client();
    const first = await begin(browser, person.identifier);
    assert.equal(heading(first), 'Show that it is you');
    const second = await password(browser, person.password);
    assert.equal(heading(second), 'One more proof');
    assert.match(second.text, /href="\/signin\/step\?with=recovery&amp;tab=[\w-]{8}"/);
    const recovery = await browser.get('/signin/step?with=recovery');
    assert.match(recovery.text, /Recovery code<\/label>/);
    const done = await browser.post('/signin/step', {
      kind: 'recovery',
      code: person.recovery[0] ?? '',
    });
    assert.equal(done.location, '/me');
    assert.equal(heading(await browser.follow(done)), person.identifier);
  });

  test('a wrong password is told in the same words, by the same way, for anyone and for nobody', async () => {
    const person = await newPerson();
    const seen = [];
    for (const identifier of [person.identifier, 'nobody-of-that-name', 'not a name <at> all']) {
      const browser = client();
      await browser.get('/signin');
      const asked = await browser.post('/signin', { identifier });
      const page = await browser.follow(asked);
      const wrong = await browser.post('/signin/step', { kind: 'password', password: 'wrong' });
      const again = await browser.follow(wrong);
      const plain = (text: string) =>
        text.replaceAll(/value="[^"]*"|tab=[\w-]{8}|<b>[^<]*<\/b>|data-[a-z]+="[^"]*"/g, '');
      const told = complaint(again);
      assert.equal(
        told,
        'That name and password do not belong together. Check both, then try again.',
      );
      const names = [...asked.headers.keys()].sort().join();
      seen.push([
        asked.status,
        asked.location,
        names,
        plain(page.text),
        wrong.status,
        wrong.location,
        plain(again.text),
      ]);
    }
    assert.deepEqual(seen[0], seen[1]);
    assert.deepEqual(seen[0], seen[2]);
  });

  test('a code that was used says so, and when the next one comes', async () => {
    const person = await newPerson();
    await signIn(client(), person);
    web.test.clock.advance(-(web.test.clock.now() % 30_000) + 30_000);
    const code = person.totp.code();
    const [one, two] = [client(), client()];
    for (const browser of [one, two]) {
      await begin(browser, person.identifier);
      await password(browser, person.password);
    }
    assert.equal((await one.post('/signin/step', { kind: 'totp', code })).location, '/me');
    web.test.clock.advance(12_000);
    const refused = await two.follow(await two.post('/signin/step', { kind: 'totp', code }));
    assert.equal(
      complaint(refused),
      'That code was used already. Wait for the next one, it comes in 18 seconds.',
    );
    assert.match(refused.text, /Code from your app/);
    web.test.clock.advance(18_000);
    const next = await two.post('/signin/step', { kind: 'totp', code: person.totp.code() });
    assert.equal(next.location, '/me');
  });

  test('too many wrong tries answer 429 with the time to wait, and a known browser still comes in', async () => {
    const person = await newPerson();
    const own = client();
    await signIn(own, person);
    await own.post('/signout', {});
    const stranger = client();
    let status = 303;
    for (let tries = 0; tries < 20 && status !== 429; tries++) {
      await begin(stranger, person.identifier);
      const answer = await stranger.post('/signin/step', { kind: 'password', password: 'guess' });
      status = answer.status;
      if (status !== 429) continue;
      assert.equal(heading(answer), 'Too many tries');
      assert.ok(Number(answer.headers.get('retry-after')) >= 1);
      assert.match(answer.text, /You can try again in/);
    }
    assert.equal(status, 429);
    assert.equal((await signIn(own, person)).location, '/me');
  });

  test('after five wrong tries the attempt is over, and a new one can begin', async () => {
    const person = await newPerson();
    const browser = client();
    await begin(browser, person.identifier);
    let location: string | undefined;
    for (let tries = 0; tries < 5; tries++) {
      ({ location } = await browser.post('/signin/step', { kind: 'password', password: 'no' }));
    }
    assert.equal(location, '/signin');
    assert.match(complaint(await browser.onTo('/signin')) ?? '', /^That took too long, or/);
    assert.equal((await browser.get('/signin/step')).location, '/signin');
  });

  test('two pages opened in the same moment: the one whose cookie was lost begins anew, where it was going', async () => {
    const person = await newPerson();
    const [one, two] = [client(), client()];
    const first = await one.get('/signin?to=%2Fme%2Factivity');
    await two.get('/signin');
    // The cookie of the second answer is the one that the browser keeps.
    for (const [name, value] of two.cookies) one.cookies.set(name, value);
    const tab = /name="tab" value="([^"]+)"/.exec(first.text)?.[1] ?? '';
    const lost = await one.post('/signin', { identifier: person.identifier, tab });
    assert.equal(lost.location, '/signin');
    await one.follow(lost);
    await one.follow(await one.post('/signin', { identifier: person.identifier }));
    await password(one, person.password);
    const code = person.totp.code();
    const done = await one.post('/signin/step', { kind: 'totp', code });
    assert.equal(done.location, '/me/activity');
  });

  test('reload, back and forth repeat nothing', async () => {
    const person = await newPerson();
    const browser = client();
    await begin(browser, person.identifier);
    const wrong = await browser.follow(
      await browser.post('/signin/step', { kind: 'password', password: 'no' }),
    );
    assert.ok(complaint(wrong));
    const reloaded = await browser.get('/signin/step');
    assert.equal(complaint(reloaded), undefined);
    assert.equal((await password(browser, person.password)).status, 200);
  });

  test('signing in gives a new session and a new name to the browser, whatever it came with', async () => {
    const person = await newPerson();
    const browser = client();
    await browser.get('/signin');
    browser.cookies.set('sallyport-session', `sps_${'A'.repeat(65)}`);
    const before = new Map(browser.cookies);
    await signIn(browser, person);
    for (const name of ['sallyport-session', 'sallyport-flow']) {
      assert.notEqual(browser.cookies.get(name), before.get(name), name);
    }
    const planted = client();
    planted.cookies.set('sallyport-session', before.get('sallyport-session') ?? '');
    assert.equal((await planted.get('/me')).location, '/signin');
  });

  test('a page that needs a session is gone back to after signing in, and only a page of ours', async () => {
    const person = await newPerson();
    const browser = client();
    const turned = await browser.get('/me/activity');
    assert.equal(turned.location, '/signin');
    assert.equal((await signIn(browser, person)).location, '/me/activity');
    for (const to of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      '/signin',
      '/%0d%0aset-cookie:a=b',
    ]) {
      const lured = client();
      await lured.get(`/signin?to=${encodeURIComponent(to)}`);
      const page = await lured.follow(
        await lured.post('/signin', { identifier: person.identifier }),
      );
      assert.equal(page.status, 200);
      await password(lured, person.password);
      const done = await lured.post('/signin/step', { kind: 'totp', code: person.totp.code() });
      web.test.clock.advance(30_000);
      assert.match(done.location ?? '', to.startsWith('/%') ? /^\/(me|%0d%0a.*)$/ : /^\/me$/, to);
    }
  });

  test('signing out ends the session for good', async () => {
    const person = await newPerson();
    const browser = client();
    await signIn(browser, person);
    const token = browser.cookies.get('sallyport-session') ?? '';
    await browser.get('/me');
    assert.equal((await browser.post('/signout', {})).location, '/signed-out');
    assert.equal(browser.cookies.has('sallyport-session'), false);
    browser.cookies.set('sallyport-session', token);
    assert.equal((await browser.get('/me')).location, '/signin');
  });

  test('the log has no name, password, code, token or link in it', async () => {
    const person = await newPerson();
    const browser = client();
    await signIn(browser, person);
    await browser.get('/enrol/0199b6f2-0000-7000-8000-000000000001.SECRETPASS');
    const lines = web.server.logged.join('');
    const session = browser.cookies.get('sallyport-session') ?? '-';
    for (const secret of [person.identifier, person.password, session, 'SECRETPASS']) {
      assert.ok(!lines.includes(secret), secret);
    }
  });
});
