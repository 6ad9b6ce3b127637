/**
 * Our pages inside another’s, and another’s code inside ours (CWE-1021 clickjacking, CWE-79, CWE-525, CWE-524; CSP Level 3; ASVS 3.4):
 * the headers that forbid it stand on every answer of every route, errors and redirects included, and no page has anything that
 * its own policy would not run.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { rawExchange } from '../support/http-listener.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { formSamples, placeOf } from '../support/route-samples.ts';
import { type Answer, openServedHouse, type ServedHouse } from '../support/served-house.ts';
import type { WebAnswer } from '../support/web-client.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

type Seen = Pick<Answer | WebAnswer, 'status' | 'headers' | 'text'>;

/** What would load, run or style anything but our own files, in the words of CSP. */
const LOOSE = /unsafe-|\*|https?:|blob:|strict-dynamic|'nonce-|'sha/;
/** Facts that everybody may read and keep for a while, programs of other sites too: keys, what is offered, what ended. */
const PUBLISHED = /^(?:GET|HEAD) \/(?:oidc\/(?:jwks|status)$|(?:oidc\/)?\.well-known\/)/;

describe('an answer of ours', () => {
  let served: ServedHouse;
  let ada: TestPerson;
  let token: string;
  before(async () => {
    served = await openServedHouse();
    ada = await enrolledPerson(served, 'ada');
    token = (await signIn(served, ada)).session.token;
  });
  after(() => served.close());

  function policyOf(headers: Headers): ReadonlyMap<string, string> {
    const directives = (headers.get('content-security-policy') ?? '').split(';');
    return new Map(
      directives.map((each) => {
        const [name = '', ...sources] = each.trim().split(' ');
        return [name, sources.join(' ')];
      }),
    );
  }

  function guarded({ status, headers, text }: Seen, what: string): void {
    const policy = policyOf(headers);
    assert.equal(policy.get('default-src'), "'none'", what);
    assert.equal(policy.get('frame-ancestors'), "'none'", what);
    assert.equal(policy.get('base-uri'), "'none'", what);
    assert.doesNotMatch(headers.get('content-security-policy') ?? '', LOOSE, what);
    assert.equal(headers.get('x-frame-options'), 'DENY', what);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
    const open = PUBLISHED.test(what) && status === 200;
    const readers = open ? 'cross-origin' : 'same-origin';
    assert.equal(headers.get('cross-origin-resource-policy'), readers, what);
    assert.equal(headers.get('server') ?? headers.get('x-powered-by'), null, what);
    if (open) assert.match(headers.get('cache-control') ?? '', /^public, max-age=\d+$/, what);
    else if (!what.includes('/assets/') || status !== 200) {
      assert.equal(headers.get('cache-control'), 'no-store', what);
    }
    if (text === '') return;
    const type = headers.get('content-type') ?? '';
    assert.match(type, /^[a-z]+\/[a-z.+-]+(?:; version=0\.0\.4)?(?:; charset=utf-8)?$/, what);
    if (type.startsWith('text/html')) pure({ status, headers, text }, what);
    else assert.doesNotMatch(text, /<script|<!doctype/i, what);
  }

  /** A page: only files of ours, nothing in line, no way out for a form or an address. */
  function pure({ headers, text }: Seen, what: string): void {
    const policy = policyOf(headers);
    assert.equal(policy.get('script-src'), "'self'", what);
    assert.equal(policy.get('style-src'), "'self'", what);
    assert.equal(policy.get('form-action'), "'self'", what);
    assert.equal(headers.get('referrer-policy'), 'same-origin', what);
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin', what);
    assert.match(headers.get('permissions-policy') ?? '', /camera=\(\)/, what);
    for (const [script = ''] of text.matchAll(/<script\b[^>]*>[^<]*/g)) {
      assert.match(script, /^<script type="module" src="\/assets\/[\w.-]+"(?: defer)?>$/, what);
    }
    assert.doesNotMatch(
      text,
      /<style\b|\sstyle=|\son[a-z]+=|javascript:|<iframe|<object|<embed|<base\b/i,
      what,
    );
    for (const [, address = ''] of text.matchAll(/\s(?:href|src|action)="([^"]*)"/g)) {
      assert.match(address, /^(?:\/(?!\/)|#|otpauth:|data:image\/)/, `${what}: ${address}`);
    }
    for (const [form = ''] of text.matchAll(/<form\b[^>]*>/g)) {
      assert.match(form, /method="post"/, what);
    }
  }

  it('has them on every route of every door, whoever asks', async () => {
    const cookie = `sallyport-session=${token}`;
    for (const route of served.routes) {
      const place = placeOf(route, ada.id);
      for (const headers of [{}, { cookie }, { authorization: `Bearer ${token}` }]) {
        const what = `${route.method} ${place}`;
        guarded(await served.send({ method: route.method, path: place, headers }), what);
      }
    }
    for (const [path, fields] of Object.entries(formSamples)) {
      if (path === '/signout') continue;
      const browser = served.browser();
      browser.cookies.set('sallyport-session', token);
      const csrf = served.csrf(token);
      guarded(await browser.post(placeOf({ path }, ada.id), { ...fields, csrf }), `POST ${path}`);
    }
  });

  it('has them when it refuses, in every way that there is', async () => {
    const form = 'application/x-www-form-urlencoded';
    for (const door of ['', '/api/v1', '/metrics']) {
      for (const [what, knock] of Object.entries({
        nowhere: { path: `${door}/nowhere` },
        unreadable: { path: `${door}/%zz` },
        misdirected: { path: `${door}/me`, headers: { host: 'evil.example' } },
        'another method': { method: 'PUT', path: `${door}/me` },
        'another type': {
          method: 'POST',
          path: `${door}/me/trouble`,
          headers: { 'content-type': 'a/b' },
          body: 'x',
        },
        'too large': {
          method: 'POST',
          path: `${door}/me/trouble`,
          headers: { 'content-type': form },
          body: 'x'.repeat(100_000),
        },
        malformed: {
          method: 'POST',
          path: `${door}/me/trouble`,
          headers: { 'content-type': form },
          body: '%',
        },
        'two cookies': {
          path: `${door}/me`,
          headers: { cookie: 'sallyport-session=a; sallyport-session=b' },
        },
        'too long': { path: `${door}/people/${'x'.repeat(300)}` },
      })) {
        const answer = await served.send(knock);
        assert.ok(answer.status >= 400 && answer.status < 500, `${door} ${what}: ${answer.status}`);
        guarded(answer, `${door} ${what}`);
      }
    }
  });

  it('has them when there was no request to speak of', async () => {
    for (const bytes of [
      'nonsense\r\n\r\n',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    ]) {
      const [head = '', text = ''] = (await rawExchange(served.port, bytes)).split('\r\n\r\n');
      const [, ...lines] = head.split('\r\n');
      const headers = new Headers(
        lines.map((line): [string, string] => {
          const at = line.indexOf(':');
          return [line.slice(0, at), line.slice(at + 1).trim()];
        }),
      );
      guarded({ status: 400, headers, text }, bytes.slice(0, 20));
    }
  });

  it('on every page that a person comes past has nothing in line', async () => {
    const browser = served.browser();
    const walked: [string, WebAnswer][] = [];
    const get = async (path: string) => {
      walked.push([path, await browser.get(path)]);
    };
    await get('/signin');
    await browser.post('/signin', { identifier: '<script>alert(1)</script>' });
    await get('/signin/step');
    await get('/signin/step?with=webauthn');
    await browser.post('/signin/step', { kind: 'password', password: '"><img src=x onerror=y>' });
    await get('/signin/step');
    await signInOnWeb({ test: served }, browser, ada);
    for (const path of [
      '/me',
      '/me/activity',
      '/me/proofs/add',
      '/me/proofs/add/totp',
      '/me/proofs/add/webauthn',
      '/me/proofs/add/password',
      '/me/proofs/add/recovery',
      '/me/trouble',
    ]) {
      await get(path);
    }
    served.clock.advance(10 * 60_000);
    await browser.get('/me/proofs/add/totp');
    await get('/confirm');
    for (const [path, page] of walked) {
      assert.equal(page.status, 200, path);
      guarded(page, path);
      assert.doesNotMatch(page.text, /<script>alert|<img src=x/, path);
    }
  });

  it('is a file with the type of its ending, kept for good because its name tells its content', async () => {
    const { text } = await served.send({ path: '/signin' });
    const files = [...text.matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    assert.ok(files.length >= 3);
    const types: Record<string, string> = {
      css: 'text/css; charset=utf-8',
      js: 'text/javascript; charset=utf-8',
      svg: 'image/svg+xml',
    };
    for (const path of files) {
      const { status, headers } = await served.send({ path });
      assert.equal(status, 200);
      assert.equal(headers.get('content-type'), types[path.split('.').at(-1) ?? '']);
      assert.match(headers.get('cache-control') ?? '', /immutable/);
      assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/);
      assert.deepEqual(headers.getSetCookie(), []);
    }
    for (const path of [
      '/assets/../web-door.ts',
      '/assets/%2e%2e%2fweb-door.ts',
      '/assets/',
      '/assets/x.js',
    ]) {
      assert.equal((await served.send({ path })).status, 404, path);
    }
  });

  it('lets our own page do what it is for, and the record has it', async () => {
    const browser = served.browser();
    const seen = await eventsOf(served, () => signInOnWeb({ test: served }, browser, ada));
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    assert.match((await browser.get('/me')).text, /Sign out/);
  });
});
