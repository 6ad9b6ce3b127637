/**
 * Attacks on sites behind a proxy by what a request says: headers and paths that two readers take for two things (CWE-444,
 * CWE-22, CWE-178), identity that a client makes up (CWE-290), requests that another site began. Each is refused, the same done
 * rightly passes, and the record tells both where somebody was known. What is stolen or carried elsewhere is in
 * site-tickets-and-cookies.test.ts.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type AttackedSite, openAttackedSite, SITE } from '../proxy/attacked-site.ts';
import { HOST, OTHER, openProxyHouse, type ProxyHouse } from '../proxy/proxy-house.ts';
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

  const passes = () => site.passes();
  const refused: AttackedSite['refused'] = (asked, because) => site.refused(asked, because);

  it('by a malformed or doubled cookie is refused', async () => {
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

  it('by a cookie of our own pages, or of a site that speaks plain HTTP, gets nobody in', async () => {
    const own = `${proxied.cookieName('session')}=${session}`;
    assert.equal((await proxied.ask({ cookie: own })).status, 401);
    assert.equal((await proxied.ask({ cookie: `${SITE}=${session}` })).status, 401);
    await refused({ cookie, headers: { 'x-forwarded-proto': 'http' } }, 'not-secure');
    await passes();
  });

  it('by what is missing, doubled, malformed or contradictory is refused', async () => {
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
    ]) {
      assert.match(await rawExchange(port, lines(more)), /^HTTP\/1\.1 403 /, more);
    }
    await passes();
  });

  it('from an address that is no proxy of ours is refused, whatever it says', async () => {
    const far = await openProxyHouse({ proxy: { trusted: ['10.0.0.0/8'] } });
    try {
      for (const asked of [{}, { path: '/public/x' }]) {
        const { status, headers } = await far.ask(asked);
        assert.deepEqual([status, headers.get('x-sallyport-refused')], [403, 'not-a-proxy']);
      }
    } finally {
      await far.close();
    }
    await passes();
  });

  it('by identity that the client makes up is refused, and what passes always says who it is', async () => {
    for (const name of [
      'X-Sallyport-Subject',
      'x-sallyport-groups',
      'X_Sallyport_Subject',
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
  });

  it('by a path that some reader takes for another is refused', async () => {
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

  it('by another host, or one that is written oddly, is refused', async () => {
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
  });

  it('by a preflight gets nobody in that shows something, and passes only where the rules say so', async () => {
    const preflight = {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    };
    await refused({ ...preflight, cookie, path: '/pages' }, 'not-permitted');
    const passed = await proxied.ask({ ...preflight, cookie, path: '/api/x' });
    assert.equal(passed.status, 200);
    assert.equal(passed.headers.get('x-sallyport-subject'), '');
  });

  it('by a socket or a change that another site began is refused', async () => {
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

  it('that breaks a part of the house refuses', async () => {
    await passes();
    const { counter } = proxied.house;
    const { count: counted } = counter;
    counter.count = () => {
      throw new Error('no more paper');
    };
    await refused({ cookie }, 'unavailable');
    counter.count = counted;
    assert.ok(proxied.notices.some((notice) => notice.includes('no more paper')));
    await passes();
  });
});
