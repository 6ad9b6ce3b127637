/**
 * Being led elsewhere by an address of ours (CWE-601; ASVS 3.7.2): after a sign-in that a lure began, and after every form. The
 * payloads are those that other sign-ins fell for: a second slash, a backslash, user info, encodings, schemes, blanks.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { formSamples, placeOf } from '../support/route-samples.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import type { WebClient } from '../support/web-client.ts';

const LURES = [
  'https://evil.example',
  'http:evil.example',
  'https:/evil.example',
  'https:///evil.example',
  '//evil.example',
  '///evil.example',
  '////evil.example/',
  '/\\evil.example',
  '\\\\evil.example',
  '\\/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/%09/evil.example',
  '/%5cevil.example',
  '/%2f%2fevil.example',
  '%2f%2fevil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/me/..//evil.example',
  '/me/%2e%2e//evil.example',
  '//localhost@evil.example',
  'https://localhost:8080@evil.example/',
  '@evil.example',
  '/@evil.example',
  '.evil.example',
  'evil.example',
  '?//evil.example',
  '#//evil.example',
  '/#//evil.example',
  'javascript:alert(1)',
  'java\tscript:alert(1)',
  'JaVaScRiPt:alert(1)',
  '/javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  'blob:https://evil.example/1',
  'mailto:a@evil.example',
  '/\u2044/evil.example',
  '/\u3002evil.example',
  '〱//evil.example',
  '//evil%E3%80%82example',
  '//⑯⑨。②⑤④。⑯⑨。②⑤④/',
  '//0x7f000001/',
  '//[::ffff:6440:1]/',
  '/signin',
  '/signin?to=//evil.example',
  '/signout',
  '/enrol/x.y',
  '/confirm/leave',
  '/SIGNIN/..//evil.example',
];

/** As browsers read an address: blanks and line ends out, backslashes as slashes (WHATWG URL §4.4). */
function leadsTo(location: string, origin: string): URL {
  return new URL(location, origin);
}

describe('an address that leads elsewhere', () => {
  let served: ServedHouse;
  let ada: TestPerson;
  before(async () => {
    served = await openServedHouse();
    ada = await enrolledPerson(served, 'ada');
  });
  after(() => served.close());

  async function finish(browser: WebClient): Promise<string> {
    await browser.onTo('/signin');
    await browser.post('/signin', { identifier: 'ada' });
    await browser.post('/signin/step', { kind: 'password', password: ada.password });
    const done = await browser.post('/signin/step', { kind: 'totp', code: ada.totp.code() });
    served.clock.advance(30_000);
    assert.equal(done.status, 303);
    return done.location ?? '';
  }

  it('is not gone to after signing in, however it is written', async () => {
    const seen = await eventsOf(served, async () => {
      for (const lure of LURES) {
        for (const written of [encodeURIComponent(lure), encodeURI(lure).replaceAll('#', '%23')]) {
          const browser = served.browser();
          await browser.get(`/signin?to=${written}`);
          const location = await finish(browser);
          const url = leadsTo(location, served.origin);
          assert.equal(url.origin, served.origin, `${lure} led to ${location}`);
          assert.ok(location.startsWith('/') && !location.startsWith('//'), location);
        }
      }
    });
    assert.equal(count(seen, 'signin.granted', 'granted'), LURES.length * 2);
  });

  it('is no way round the sign-in either: the pages of the way in are never gone back to', async () => {
    for (const to of ['/signin', '/signout', '/confirm', '/enrol', '/enrol/x.y', '/signed-out']) {
      const browser = served.browser();
      await browser.get(`/signin?to=${encodeURIComponent(to)}`);
      assert.equal(await finish(browser), '/me');
    }
  });

  it('in the target of a page that wants a sign-in is not gone back to', async () => {
    for (const target of [
      '//evil.example/me',
      '/me?x=//evil.example',
      '/me/activity?before=https://evil.example',
      '/me/%2e%2e//evil.example',
      '/%5cevil.example/me',
    ]) {
      const browser = served.browser();
      const turned = await browser.get(target);
      if (turned.status === 404 || turned.status === 400) continue;
      assert.equal(turned.location, '/signin', target);
      const location = await finish(browser);
      assert.equal(leadsTo(location, served.origin).origin, served.origin, target);
    }
  });

  it('is not made by any form, whatever it is given', async () => {
    const { token } = (await signIn(served, ada)).session;
    for (const [path, fields] of Object.entries(formSamples)) {
      const lured = Object.fromEntries(Object.keys(fields).map((name) => [name, '//evil.example']));
      for (const form of [fields, lured]) {
        const browser = served.browser();
        browser.cookies.set('sallyport-session', token);
        const place = placeOf({ path }, '%2f%2fevil.example');
        const answer = await browser.post(place, { ...form, csrf: served.csrf(token) });
        if (answer.location === undefined) continue;
        assert.match(answer.location, /^\/[a-z]/, path);
        assert.doesNotMatch(answer.location, /evil/, path);
      }
    }
  });

  it('of ours is gone on from through a page, so that a form never leads off the site', async () => {
    for (const to of ['/oidc/interaction/x', '/gate/start?back=https%3A%2F%2Fwiki.example']) {
      const browser = served.browser();
      await browser.get(`/signin?to=${encodeURIComponent(to)}`);
      assert.equal(await finish(browser), '/signin/onward');
      const page = await browser.get('/signin/onward');
      assert.equal(page.status, 200);
      assert.ok(page.text.includes(`content="0; url=${to}"`), page.text);
      // Once: what was left open must not lead anybody anywhere later.
      assert.equal((await browser.get('/signin/onward')).location, '/me');
    }
  });

  it('elsewhere is kept by no step between, whatever was wanted before', async () => {
    for (const lure of ['//evil.example', '/oidc/..//evil.example', '/oidc/%2e%2e//evil.example']) {
      const browser = served.browser();
      await browser.get('/signin?to=%2Foidc%2Finteraction%2Fx');
      await browser.get(`/signin?to=${encodeURIComponent(lure)}`);
      assert.equal(await finish(browser), '/me');
      const page = await browser.get('/signin/onward');
      assert.doesNotMatch(page.text, /evil/);
    }
  });

  it('of ours is gone back to', async () => {
    for (const to of ['/me', '/me/activity', '/me/proofs/add?x=1', '/me/trouble?event=a@b:c']) {
      const browser = served.browser();
      await browser.get(`/signin?to=${encodeURIComponent(to)}`);
      assert.equal(await finish(browser), to);
    }
  });
});
