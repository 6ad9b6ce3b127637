/**
 * Cookies that someone else put there, or kept (CWE-384 session fixation, CWE-1275, CWE-614, CWE-1004; RFC 6265bis §4.1.3, §8.6;
 * T1539, T1550.004): planted before a sign-in, doubled by another host of the domain, under names that only seem ours, used
 * after their session has ended.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { openServedHouse, type ServedHouse, type ServedOptions } from '../support/served-house.ts';
import { passkeyPerson, passkeySignIn } from '../support/served-people.ts';
import type { WebAnswer, WebClient } from '../support/web-client.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const NAMES = ['session', 'flow', 'device'] as const;
/** A proxy ends TLS in front. */
const BEHIND_TLS: ServedOptions = { listener: { origin: 'https://signin.example.com' } };
const HOST_FORM =
  /^__Host-sallyport-\w+=[\w-]*; Path=\/; HttpOnly; SameSite=Lax; Secure(; Max-Age=\d+)?$/;

function certified(): { certificate: string; key: string } {
  const made = makeCertificate({ subject: { CN: 'localhost' }, authority: true });
  return { certificate: made.pem, key: made.keyPem };
}

describe('a cookie', () => {
  let served: ServedHouse;
  let victim: TestPerson;
  let attacker: TestPerson;
  afterEach(() => served.close());

  async function open(options: ServedOptions = {}): Promise<void> {
    served = await openServedHouse(options);
    victim = await enrolledPerson(served, 'victim');
    attacker = await enrolledPerson(served, 'attacker');
  }

  const signedIn = async (person: TestPerson): Promise<WebClient> => {
    const browser = served.browser();
    await signInOnWeb({ test: served }, browser, person);
    return browser;
  };
  const held = (browser: WebClient, name: (typeof NAMES)[number]) =>
    browser.cookies.get(served.cookieName(name)) ?? '';
  const whose = async (token: string) => {
    const { json } = await served.api('showMe', { token });
    return json.identifier ?? json.code;
  };

  it('planted before a sign-in is worth nothing to whoever planted it', async () => {
    await open();
    const theirs = await signedIn(attacker);
    const planted = new Map(theirs.cookies);
    const browser = served.browser();
    for (const [name, value] of planted) browser.cookies.set(name, value);
    const seen = await eventsOf(served, () => signInOnWeb({ test: served }, browser, victim));
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    for (const name of ['session', 'flow', 'device'] as const) {
      const own = held(browser, name);
      assert.notEqual(own, '', name);
      assert.notEqual(own, planted.get(served.cookieName(name)), name);
    }
    assert.equal(await whose(held(browser, 'session')), 'victim');
    assert.equal(await whose(planted.get(served.cookieName('session')) ?? ''), 'attacker');
    // And what the attacker kept of the way in leads nowhere.
    const again = served.browser();
    for (const [name, value] of planted) again.cookies.set(name, value);
    again.cookies.delete(served.cookieName('session'));
    assert.equal((await again.get('/me')).location, '/signin');
  });

  it('of a sign-in under way, planted, gives its planter neither the session nor the attempt', async () => {
    await open();
    const theirs = served.browser();
    await theirs.get('/signin');
    await theirs.post('/signin', { identifier: 'victim' });
    const flow = held(theirs, 'flow');
    const browser = served.browser();
    browser.cookies.set(served.cookieName('flow'), flow);
    await browser.get('/signin/step');
    await browser.post('/signin/step', { kind: 'password', password: victim.password });
    const done = await browser.post('/signin/step', { kind: 'totp', code: victim.totp.code() });
    assert.equal(done.location, '/me');
    assert.notEqual(held(browser, 'flow'), flow);
    const step = await theirs.get('/signin/step');
    assert.equal(step.location, '/signin');
    const code = { kind: 'totp', code: victim.totp.code(1) };
    assert.equal((await theirs.post('/signin/step', code)).location, '/signin');
    assert.equal(held(theirs, 'session'), '');
  });

  it('that nobody was given is as none: made up, of another kind, or sealed for something else', async () => {
    await open();
    const browser = await signedIn(victim);
    for (const name of NAMES) {
      for (const value of [
        'A'.repeat(69),
        `sps_${'A'.repeat(65)}`,
        held(browser, 'device'),
        held(browser, 'flow'),
        '',
        'null',
        '0',
      ]) {
        const stranger = served.browser();
        stranger.cookies.set(served.cookieName(name), value);
        assert.equal((await stranger.get('/me')).location, '/signin', `${name}=${value}`);
        const token = { headers: { cookie: `${served.cookieName(name)}=${value}` } };
        assert.equal((await served.api('showMe', token)).status, 401, `${name}=${value}`);
      }
    }
  });

  for (const [where, options] of [
    ['plain loopback', {}],
    ['behind TLS', BEHIND_TLS],
  ] as const) {
    it(`that comes twice refuses the whole request, on ${where}`, async () => {
      await open(options);
      const good = (await signIn(served, victim)).session.token;
      const bad = (await signIn(served, attacker)).session.token;
      for (const name of NAMES) {
        const wire = served.cookieName(name);
        for (const cookie of [
          `${wire}=${good}; ${wire}=${bad}`,
          `${wire}=${bad}; ${wire}=${good}`,
          `${wire}=${good}; a=b; ${wire}=${good}`,
          `${wire}=${good};${wire}=`,
          `${wire}=${good}; \t${wire} =${bad}`,
        ]) {
          for (const path of ['/me', '/signin', '/api/v1/me']) {
            const { status } = await served.send({ path, headers: { cookie } });
            assert.equal(status, 400, `${path} ${cookie}`);
          }
        }
      }
    });
  }

  it('under a name that only seems ours is not ours', async () => {
    await open(BEHIND_TLS);
    const { token } = (await signIn(served, attacker)).session;
    const own = (await signIn(served, victim)).session.token;
    for (const name of [
      'sallyport-session',
      '__Secure-sallyport-session',
      '__host-sallyport-session',
      '__HOST-SALLYPORT-SESSION',
      '\u00a0__Host-sallyport-session',
      '\u0085__Host-sallyport-session',
      '\u00e2\u0080\u0080__Host-sallyport-session',
      '__Host-sallyport-session\u00a0',
      '__Host-sallyport%2dsession',
      '__Host-sallyport-session[]',
      '$Version=1; $__Host-sallyport-session',
      '=__Host-sallyport-session',
    ]) {
      const cookie = `${name}=${token}`;
      for (const path of ['/me', '/api/v1/me']) {
        const alone = await served.send({ path, headers: { cookie } });
        assert.ok([303, 400, 401].includes(alone.status), `${path} ${cookie}`);
      }
      const both = `${cookie}; __Host-sallyport-session=${own}`;
      const beside = await served.send({ path: '/api/v1/me', headers: { cookie: both } });
      if (beside.status === 200) assert.equal(beside.json.identifier, 'victim', name);
    }
  });

  for (const [where, options, form] of [
    [
      'plain loopback',
      () => ({}),
      /^sallyport-\w+=[\w-]*; Path=\/; HttpOnly; SameSite=Lax(; Max-Age=\d+)?$/,
    ],
    ['behind TLS', () => BEHIND_TLS, HOST_FORM],
    ['TLS', () => ({ listener: { tls: certified() } }), HOST_FORM],
  ] as const) {
    it(`is set with everything that keeps it ours, and cleared with the same, on ${where}`, async () => {
      await open(options());
      const lines: string[] = [];
      const browser = served.browser();
      const note = async (answer: Promise<WebAnswer>) => {
        lines.push(...(await answer).headers.getSetCookie());
      };
      await note(browser.get('/signin'));
      await browser.get('/signin');
      await note(browser.post('/signin', { identifier: 'victim' }));
      await note(browser.post('/signin/step', { kind: 'password', password: victim.password }));
      await note(browser.post('/signin/step', { kind: 'totp', code: victim.totp.code() }));
      const session = held(browser, 'session');
      await browser.get('/me');
      await note(browser.post('/signout', {}));
      const again = (await signIn(served, attacker)).session.token;
      lines.push(...(await served.api('signOut', { cookie: again })).headers.getSetCookie());
      for (const line of lines) assert.match(line, form);
      const set = lines.map((line) => line.split('=')[0]);
      for (const name of NAMES) assert.ok(set.includes(served.cookieName(name)), name);
      // The session ends with the browser, and the browser is told when it is over.
      const [began, ended] = lines.filter((line) => line.startsWith(served.cookieName('session')));
      assert.doesNotMatch(began ?? '', /Max-Age/);
      assert.match(ended ?? '', /=; .*Max-Age=0$/);
      assert.equal(await whose(session), 'no-session');
      const { headers } = await served.send({ path: '/signin' });
      assert.equal(headers.has('strict-transport-security'), served.origin.startsWith('https:'));
    });
  }

  it('of a session that has ended opens nothing, by whatever way it ended', async () => {
    await open();
    const root = await passkeyPerson(served, 'root', ['administrator']);
    const admin = async () => (await passkeySignIn(served, root)).session.token;
    const ways: Record<string, (browser: WebClient, token: string) => Promise<unknown>> = {
      'signing out on the page': async (browser) => {
        await browser.get('/me');
        await browser.post('/signout', {});
      },
      'signing out by the API': (_browser, token) => served.api('signOut', { token }),
      'ending all others': async () => {
        const { token } = (await signIn(served, victim)).session;
        await served.api('endMyOtherSessions', { token });
      },
      'saying “this wasn’t me”': async () => {
        const { token } = (await signIn(served, victim)).session;
        await served.api('reportTrouble', { token, body: {} });
      },
      'an administrator': async () =>
        served.api('revokeSessionsOf', { token: await admin(), params: { id: victim.id } }),
      idling: async () => served.clock.advance(3_600_000),
    };
    for (const [way, end] of Object.entries(ways)) {
      const browser = await signedIn(victim);
      const token = held(browser, 'session');
      const csrf = served.csrf(token);
      assert.equal(await whose(token), 'victim', way);
      await end(browser, token);
      assert.equal(await whose(token), 'no-session', way);
      const thief = served.browser();
      thief.cookies.set(served.cookieName('session'), token);
      const page = await thief.get('/me');
      assert.equal(page.location, '/signin', way);
      const after = await thief.onTo('/signin');
      assert.match(after.headers.getSetCookie().join(), /sallyport-session=; .*Max-Age=0/);
      assert.match((await thief.follow(after)).text, /You were away for a while/, way);
      const seen = await eventsOf(served, async () => {
        thief.cookies.set(served.cookieName('session'), token);
        const form = await thief.post('/me/sessions/end-others', { csrf });
        assert.equal(form.location, '/signin', way);
        assert.equal((await served.api('showMe', { cookie: token })).json.code, 'no-session');
      });
      assert.equal(count(seen, 'session.revoked'), 0);
    }
  });
});
