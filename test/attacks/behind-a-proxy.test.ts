/**
 * Attacks on sites behind a proxy by what a request says: headers and paths that two readers take for two things (CWE-444,
 * CWE-22, CWE-178), identity that a client makes up (CWE-290), requests that another site began. Each is refused, the same done
 * rightly passes, and the record tells both. What is stolen or carried elsewhere is in
 * site-tickets-and-cookies.test.ts.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type AttackedSite, openAttackedSite, SITE } from '../proxy/attacked-site.ts';
import { HOST, OTHER, openProxyHouse, type ProxyHouse } from '../proxy/proxy-house.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { rawExchange } from '../support/http-listener.ts';

describe('an attack on a site behind a proxy', () => {
  let site: AttackedSite;
  let proxied: ProxyHouse;
  let session: string;
  let cookie: string;

  beforeEach(async () => {
    site = await openAttackedSite();
    ({ proxied, session } = site);
    cookie = site.cookie();
  });
  afterEach(() => proxied.close());

  /** Refused before anyone is asked who they are, on record by what was wrong; and whoever came rightly is on record too. */
  function attack(name: string, faults: readonly string[], work: () => Promise<void>): void {
    it(name, async () => {
      const seen = await eventsOf(proxied, async () => {
        await work();
        await proxied.house.counter.stop();
      });
      const told = seen.filter(({ type }) => type === 'proxy.refused');
      assert.deepEqual(new Set(told.map(({ data }) => data.fault)), new Set(faults));
      // Where the client’s address is what was spoilt, the proxy stands for it, and is told of as well.
      assert.ok(told.length <= 2 * faults.length);
      assert.ok(seen.some(({ outcome }) => outcome === 'granted'));
    });
  }

  const passes = () => site.passes();
  const refused: AttackedSite['refused'] = (asked, because) => site.refused(asked, because);

  attack('by a malformed or doubled cookie is refused', ['malformed-cookie'], async () => {
    for (const bad of [
      `${SITE}="x"`,
      `${SITE}=a b`,
      `${SITE}=é`,
      `${cookie}; ${cookie}`,
      `${cookie}; ${SITE}=x`,
    ]) {
      await refused(
        { headers: { cookie: Buffer.from(bad).toString('latin1') } },
        'malformed-cookie',
      );
    }
    for (const wrong of [
      `${SITE}=x`,
      `${SITE}=spw_${'A'.repeat(65)}`,
      cookie.slice(0, -1),
      `\u00a0${cookie}`,
    ]) {
      const answer = await proxied.ask({ headers: { cookie: wrong } });
      assert.equal(answer.status, 401, wrong);
    }
    await passes();
  });

  attack(
    'by a cookie of our own pages, or of a site that speaks plain HTTP, gets nobody in',
    ['not-secure'],
    async () => {
      const own = `${proxied.cookieName('session')}=${session}`;
      assert.equal((await proxied.ask({ cookie: own })).status, 401);
      assert.equal((await proxied.ask({ cookie: `${SITE}=${session}` })).status, 401);
      await refused({ cookie, headers: { 'x-forwarded-proto': 'http' } }, 'not-secure');
      await passes();
    },
  );

  attack(
    'by what is missing, doubled, malformed or contradictory is refused',
    ['missing', 'doubled', 'contradictory', 'method-hidden'],
    async () => {
      for (const name of ['method', 'proto', 'host', 'uri', 'for']) {
        await refused({ cookie, headers: { [`x-forwarded-${name}`]: undefined } }, 'missing');
      }
      const { port } = proxied;
      const lines = (more: string) =>
        `GET /gate/check HTTP/1.1\r\nHost: sallyport\r\nX-Forwarded-Method: GET\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: ${HOST}\r\nX-Forwarded-Uri: /\r\nX-Forwarded-For: 192.0.2.7\r\nCookie: ${cookie}\r\n${more}Connection: close\r\n\r\n`;
      assert.match(await rawExchange(port, lines('')), /^HTTP\/1\.1 200 /);
      for (const more of [
        'X-Forwarded-Host: other.example.com\r\n',
        'x-forwarded-uri: /public/x\r\n',
        'X-Forwarded-Method: GET\r\n',
        `Cookie: ${cookie}\r\n`,
        'X-Forwarded-For: 10.0.0.1\r\n',
        'X-Original-URL: /public/x\r\n',
        'X-Original-Method: POST\r\n',
        'X-Rewrite-URL: /admin\r\n',
        'X-HTTP-Method-Override: DELETE\r\n',
        // What an application behind CGI or WSGI takes for these.
        'X_HTTP_Method_Override: DELETE\r\n',
        'X_Method_Override: DELETE\r\n',
        'X_Original_URL: /admin\r\n',
        'X-Rewrite_URL: /admin\r\n',
        'X_Forwarded_Host: other.example.com\r\n',
        // And where each character but letters and digits is one.
        'X.HTTP.Method.Override: DELETE\r\n',
        'X-Rewrite.URL: /admin\r\n',
        'X|Forwarded|For: 192.0.2.7\r\n',
      ]) {
        assert.match(await rawExchange(port, lines(more)), /^HTTP\/1\.1 403 /, more);
      }
      await passes();
    },
  );

  attack('from an address that is no proxy of ours is refused, whatever it says', [], async () => {
    const far = await openProxyHouse({ proxy: { trusted: ['10.0.0.0/8'] } });
    try {
      for (const asked of [{}, { path: '/public/x' }]) {
        const { status, headers } = await far.ask(asked);
        assert.deepEqual([status, headers.get('x-sallyport-refused')], [403, 'not-a-proxy']);
      }
      const told = (await events(far)).filter(({ type }) => type === 'proxy.refused');
      assert.deepEqual(
        told.map(({ data }) => data),
        [{ fault: 'not-a-proxy' }],
      );
    } finally {
      await far.close();
    }
    await passes();
  });

  attack(
    'by identity that the client makes up is refused, and what passes always says who it is',
    ['identity-sent'],
    async () => {
      for (const name of [
        'X-Sallyport-Subject',
        'x-sallyport-groups',
        'X_Sallyport_Subject',
        'X.Sallyport.Subject',
        'X-Sallyport+Groups',
        'X-Sallyport-Assertion',
      ]) {
        await refused({ cookie, headers: { [name]: 'root' } }, 'identity-sent');
        await refused({ path: '/public/x', headers: { [name]: 'root' } }, 'identity-sent');
      }
      const names = ['subject', 'kind', 'name', 'groups', 'scopes', 'proofs', 'assertion'];
      const open = await proxied.ask({ path: '/public/x' });
      assert.equal(open.status, 200);
      for (const name of names) assert.equal(open.headers.get(`x-sallyport-${name}`), '', name);
      const passed = await proxied.ask({ cookie });
      for (const name of names)
        assert.notEqual(passed.headers.get(`x-sallyport-${name}`), null, name);
    },
  );

  attack('by a path that some reader takes for another is refused', ['not-permitted'], async () => {
    for (const path of [
      '//admin',
      '/public//admin',
      '/public/../admin',
      '/public/..;/admin',
      '/public/%2e%2e/admin',
      '/public%2fadmin',
      '/public/%5c..%5cadmin',
      '/public/%c0%ae%c0%ae/admin',
      '/public/x%00',
      '/public/%252e%252e/admin',
      '/Public/x',
      '/ADMIN',
      '/aDmin/x',
      '/admin.',
      '/admin;x',
      '/admin%20',
    ]) {
      await refused({ path });
      await refused({ path, cookie });
    }
    assert.equal((await proxied.ask({ path: '/public/x' })).status, 200);
    await passes();
  });

  attack(
    'by another host, or one that is written oddly, is refused',
    ['malformed', 'no-such-site'],
    async () => {
      for (const host of [
        `${HOST}.`,
        `${HOST}, ${OTHER}`,
        `${OTHER}@${HOST}`,
        `${HOST}/x`,
        'nobody.example.com',
        `${HOST}:8443`,
      ]) {
        await refused({ cookie, host });
      }
      assert.equal((await proxied.ask({ cookie, host: HOST.toUpperCase() })).status, 200);
      await passes();
    },
  );

  attack(
    'by a preflight gets nobody in that shows something, and passes only where the rules say so',
    ['not-permitted'],
    async () => {
      const preflight = {
        method: 'OPTIONS',
        headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
      };
      await refused({ ...preflight, cookie, path: '/pages' }, 'not-permitted');
      const passed = await proxied.ask({ ...preflight, cookie, path: '/api/x' });
      assert.equal(passed.status, 200);
      assert.equal(passed.headers.get('x-sallyport-subject'), '');
    },
  );

  attack('by a socket or a change that another site began is refused', ['other-site'], async () => {
    const upgrade = { upgrade: 'websocket', origin: `https://${HOST}` };
    assert.equal((await proxied.ask({ cookie, path: '/socket', headers: upgrade })).status, 200);
    for (const origin of ['https://evil.example', `https://${OTHER}`, 'null', `http://${HOST}`]) {
      await refused({ cookie, path: '/socket', headers: { ...upgrade, origin } }, 'other-site');
      await refused({ cookie, method: 'POST', headers: { origin } }, 'other-site');
    }
    await refused({ cookie, path: '/socket', headers: { upgrade: 'websocket' } }, 'other-site');
    await refused(
      { cookie, method: 'POST', headers: { 'sec-fetch-site': 'same-site' } },
      'other-site',
    );
    const unknown = await proxied.ask({
      path: '/socket',
      headers: { ...upgrade, 'sec-fetch-mode': 'navigate' },
    });
    assert.equal(unknown.status, 401);
    assert.equal(unknown.headers.get('location'), null); // No socket follows a redirect.
    assert.equal(
      (await proxied.ask({ cookie, method: 'POST', headers: { origin: `https://${HOST}` } }))
        .status,
      200,
    );
  });

  it('without end fills no record: one of a kind and network in a minute, and the rest as a number', async () => {
    const seen = await eventsOf(proxied, async () => {
      for (let nth = 0; nth < 120; nth++) {
        const source = { 'x-forwarded-for': `198.51.100.${nth}` };
        for (let again = 0; again < 2; again++) {
          await refused({ path: '//admin', headers: source }, 'not-permitted');
          await refused({ headers: { ...source, 'x-sallyport-name': 'root' } }, 'identity-sent');
        }
      }
      await proxied.house.counter.stop();
    });
    assert.equal(count(seen, 'proxy.refused'), 60);
    const counted = seen.filter(({ type, outcome, data: { resource } }) => {
      return type === 'decision.counted' && outcome === 'refused' && resource !== undefined;
    });
    assert.equal(
      counted.reduce((sum, { data }) => sum + Number(data.count), 0),
      420,
    );
    await passes();
  });

  it('that breaks a part of the house refuses', async () => {
    await passes();
    const { counter } = proxied.house;
    const { count: counted } = counter;
    counter.count = () => {
      throw new Error('no more paper');
    };
    const seen = await eventsOf(proxied, () => refused({ cookie }, 'unavailable'));
    counter.count = counted;
    assert.equal(count(seen, 'fault.refused', 'refused'), 1);
    assert.ok(proxied.notices.some((notice) => notice.includes('no more paper')));
    await passes();
  });
});
