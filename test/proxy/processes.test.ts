/** Processes at a site behind a proxy: by a token of ours for that site, bound or not, or by a certificate that a proxy passes on. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, hash } from 'node:crypto';
import { afterEach, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { dpopProof } from '../oauth/oauth-house.ts';
import { withoutRecord } from '../support/broken.ts';
import { makeCertificate } from '../support/certificates.ts';
import { count, eventsOf } from '../support/events.ts';
import { addProcess, addProof, makeKey } from '../support/processes.ts';
import { addSite, HOST, OTHER, openProxyHouse, type ProxyHouse } from './proxy-house.ts';

const HEADER = 'x-client-certificate';
const ROBOT = { subject: { CN: 'robot' }, authority: false } as const;

describe('a process at a site behind a proxy', () => {
  let proxied: ProxyHouse;
  afterEach(() => proxied.close());

  async function bySecret(name: string, scopes: readonly string[] = []) {
    const entries = [{ resource: proxied.site.id, scopes }];
    const process = await addProcess(proxied, name, entries);
    const { shownOnce = [] } = await addProof(proxied, process, 'secret', {});
    const [secret = ''] = shownOnce;
    return { process, secret };
  }

  async function tokenOf(as: string, secret: string, resource = `https://${HOST}`) {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: as,
      client_secret: secret,
      resource,
    });
    return proxied.send({
      method: 'POST',
      path: '/oidc/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: body.toString(),
    });
  }

  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

  it('comes in with a token for that site, and the site is told who it is', async () => {
    proxied = await openProxyHouse();
    const { process, secret } = await bySecret('reporter');
    const given = await tokenOf('reporter', secret);
    assert.equal(given.status, 200, given.text);
    const token = given.json.access_token;
    const seen = await eventsOf(proxied, async () => {
      const passed = await proxied.ask(bearer(token));
      assert.equal(passed.status, 200, passed.headers.get('x-sallyport-refused') ?? passed.text);
      assert.equal(passed.headers.get('x-sallyport-subject'), process.id);
      assert.equal(passed.headers.get('x-sallyport-kind'), 'process');
      assert.equal(passed.headers.get('x-sallyport-name'), 'reporter');
      assert.equal((await proxied.ask({ ...bearer(token), path: '/pages' })).status, 200);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('is refused by a policy that names it, though its token was given before', async () => {
    proxied = await openProxyHouse();
    const { secret } = await bySecret('reporter');
    const token = (await tokenOf('reporter', secret)).json.access_token;
    assert.equal((await proxied.ask(bearer(token))).status, 200);
    const { store, policies } = proxied.house;
    const closed = `@id("closed")\n@because("Not today.")
forbid (principal == Process::"reporter", action == Action::"enter", resource);\n`;
    const prepared = await policies.prepare({ ...shippedPolicies(), 'closed.cedar': closed });
    const by = { door: 'cli' } as const;
    await store.write((tx) => policies.activate(tx, prepared, { by, administrators: [] }));
    const seen = await eventsOf(proxied, async () => {
      assert.notEqual((await proxied.ask(bearer(token))).status, 200);
    });
    assert.equal(count(seen, 'entry.granted'), 0);
  });

  it('is refused what is sensitive when a secret is all that it showed', async () => {
    proxied = await openProxyHouse();
    const { secret } = await bySecret('reporter');
    const token = (await tokenOf('reporter', secret)).json.access_token;
    const asked = { ...bearer(token), method: 'POST', path: '/keys/import' };
    assert.equal((await proxied.ask(asked)).status, 403);
    assert.equal((await proxied.ask(bearer(token))).status, 200);
  });

  it('is out at once when it is disabled, and when its token is of another site', async () => {
    proxied = await openProxyHouse();
    await addSite(proxied, 'notes', [OTHER]);
    const { process, secret } = await bySecret('reporter');
    const token = (await tokenOf('reporter', secret)).json.access_token;
    assert.equal((await proxied.ask(bearer(token))).status, 200);
    assert.equal((await proxied.ask({ ...bearer(token), host: OTHER })).status, 401);
    const { house } = proxied;
    await house.store.write((tx) => house.processes.disable(tx, process.id, { door: 'cli' }));
    assert.equal((await proxied.ask(bearer(token))).status, 401);
  });

  it('enters only the functions that it is listed for', async () => {
    proxied = await openProxyHouse();
    const { secret } = await bySecret('reporter', ['administer']);
    const given = await tokenOf('reporter', secret);
    const token = given.json.access_token;
    assert.equal(given.json.scope, 'administer');
    assert.equal((await proxied.ask({ ...bearer(token), path: '/pages' })).status, 403);
  });

  it('is refused with no token, half a token and somebody else’s', async () => {
    proxied = await openProxyHouse();
    const { secret } = await bySecret('reporter');
    const token: string = (await tokenOf('reporter', secret)).json.access_token;
    const [head = '', body = '', tail = ''] = token.split('.');
    const { signing, clock } = proxied.house;
    const second = Math.floor(clock.now() / 1000);
    // What the Workload API gives the same process: it says who it is, and lets it in nowhere.
    const svid = signing.sign(
      'ES256',
      { typ: 'JWT' },
      { sub: 'spiffe://localhost/process/reporter', aud: 'x', iat: second, exp: second + 60 },
    );
    for (const other of [
      svid,
      `${head}.${body}.`,
      `${head}.${body}`,
      `${head}.${Buffer.from('{"sub":"x"}').toString('base64url')}.${tail}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`,
      'x',
    ]) {
      assert.equal((await proxied.ask(bearer(other))).status, 401, other);
    }
    for (const authorization of ['Bearer', 'Bearer a b', 'Bearer a, Bearer b', 'DPoP x']) {
      assert.equal((await proxied.ask({ headers: { authorization } })).status, 403, authorization);
    }
    const both = { authorization: `Bearer ${token}` };
    const cookie = '__Host-sallyport-site=spw_x';
    assert.equal((await proxied.ask({ headers: both, cookie })).status, 403);
    assert.equal((await proxied.ask(bearer(token))).status, 200);
  });

  it('is told that nobody can be let in now, and not that its certificate is no good', async () => {
    const { pem } = makeCertificate(ROBOT);
    const from = ['::1', '127.0.0.1'];
    proxied = await openProxyHouse({
      proxy: { trusted: ['127.0.0.0/8', '::1'], certificate: { header: HEADER, from } },
    });
    const process = await addProcess(proxied, 'robot', [{ resource: proxied.site.id, scopes: [] }]);
    await addProof(proxied, process, 'certificate', { certificate: pem });
    const comes = () => proxied.ask({ headers: { [HEADER]: encodeURIComponent(pem) } });
    await withoutRecord(proxied, async () => {
      const refused = await comes();
      assert.equal(refused.status, 403);
      assert.equal(refused.headers.get('x-sallyport-refused'), 'unavailable');
    });
    assert.equal((await comes()).status, 200);
  });

  it('comes in with its certificate where a proxy passes it on, and with no header of its own', async () => {
    const { der: certificate, pem } = makeCertificate(ROBOT);
    proxied = await openProxyHouse({
      proxy: {
        trusted: ['127.0.0.0/8', '::1'],
        certificate: { header: HEADER, from: ['::1', '127.0.0.1'] },
      },
    });
    const entries = [{ resource: proxied.site.id, scopes: [] }];
    const process = await addProcess(proxied, 'robot', entries);
    await addProof(proxied, process, 'certificate', { certificate: pem });
    const seen = await eventsOf(proxied, async () => {
      for (let i = 0; i < 4; i++) {
        const headers = { [HEADER]: encodeURIComponent(pem) };
        assert.equal((await proxied.ask({ headers, path: `/${i}` })).status, 200);
        proxied.clock.advance(10_000);
      }
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    const forms = [
      encodeURIComponent(pem),
      certificate.toString('base64'),
      `:${certificate.toString('base64')}:`,
      `Hash=abc;Cert="${encodeURIComponent(pem)}";Subject="CN=robot"`,
    ];
    for (const form of forms) {
      const passed = await proxied.ask({ headers: { [HEADER]: form } });
      assert.equal(passed.status, 200, form.slice(0, 60));
      assert.equal(passed.headers.get('x-sallyport-name'), 'robot');
    }
    const twice = `${certificate.toString('base64')},${certificate.toString('base64')}`;
    assert.equal((await proxied.ask({ headers: { [HEADER]: twice } })).status, 403);
    const other = makeCertificate(ROBOT).pem;
    assert.equal(
      (await proxied.ask({ headers: { [HEADER]: encodeURIComponent(other) } })).status,
      401,
    );
    const sensitive = {
      method: 'POST',
      path: '/keys/import',
      headers: { [HEADER]: forms[0] ?? '' },
    };
    assert.equal((await proxied.ask(sensitive)).status, 200);
    // A browser shows a certificate unasked, for whatever page makes it ask (CWE-352).
    for (const led of [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
      { upgrade: 'websocket', origin: 'https://evil.example' },
    ]) {
      const headers = { ...sensitive.headers, ...led };
      const kept = await proxied.ask({ ...sensitive, headers });
      assert.equal(kept.status, 403);
      assert.equal(kept.headers.get('x-sallyport-refused'), 'other-site');
    }
    for (const own of [{ origin: `https://${HOST}` }, { upgrade: 'websocket' }]) {
      const headers = { ...sensitive.headers, ...own };
      assert.equal((await proxied.ask({ ...sensitive, headers })).status, 200);
    }
    const { house } = proxied;
    await house.store.write((tx) => house.processes.disable(tx, process.id, { door: 'cli' }));
    assert.equal((await proxied.ask(sensitive)).status, 401);
  });

  it('comes in with a certificate of our own authority, and is out at once when it is revoked', async () => {
    proxied = await openProxyHouse({
      proxy: {
        trusted: ['127.0.0.0/8', '::1'],
        certificate: { header: HEADER, from: ['::1', '127.0.0.1'] },
      },
    });
    const { authority, certificateActs, store } = proxied.house;
    const process = await addProcess(proxied, 'robot', [{ resource: proxied.site.id, scopes: [] }]);
    const other = await addProcess(proxied, 'other', [{ resource: proxied.site.id, scopes: [] }]);
    await addProof(proxied, process, 'certificate', { own: true });
    const by = { door: 'cli' } as const;
    async function issued({ id, name }: typeof process) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const subject = { kind: 'process', id, name } as const;
      const made = await store.write((tx) =>
        authority.issue(tx, { profile: 'process', publicKey, subject }, by),
      );
      assert.ok(made.ok, JSON.stringify(made));
      return made.value;
    }
    const shown = (der: Uint8Array) =>
      proxied.ask({ headers: { [HEADER]: encodeURIComponent(pemOf(der)) } });
    const [mine, next] = [await issued(process), await issued(process)];
    const seen = await eventsOf(proxied, async () => {
      for (let i = 0; i < 3; i++) assert.equal((await shown(mine.certificate)).status, 200);
      assert.equal((await shown((await issued(other)).certificate)).status, 401);
      await store.write((tx) => certificateActs.revoke(tx, mine.serial, 'key-compromise', by));
      assert.equal((await shown(mine.certificate)).status, 401);
      assert.equal((await shown(next.certificate)).status, 200);
    });
    assert.equal(count(seen, 'entry.granted'), 2);
    const refused = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(
      refused.map(({ reason }) => reason),
      ['not-held', 'revoked'],
    );
  });

  it('comes in with a token that is bound to a key when it shows that key for this request, once', async () => {
    proxied = await openProxyHouse();
    const { secret } = await bySecret('reporter');
    const key = makeKey();
    const endpoint = `${proxied.house.oauth.issuer()}/token`;
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'reporter',
      client_secret: secret,
      resource: `https://${HOST}`,
    });
    const given = await proxied.send({
      method: 'POST',
      path: '/oidc/token',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        dpop: dpopProof(proxied, key, { claims: { htu: endpoint } }),
      },
      body: form.toString(),
    });
    assert.equal(given.json.token_type, 'DPoP', given.text);
    const token: string = given.json.access_token;
    const ath = hash('sha256', token, 'base64url');
    const proof = (change = {}, by = key) =>
      dpopProof(proxied, by, {
        claims: { htm: 'GET', htu: `https://${HOST}/pages`, ath, ...change },
      });
    const ask = (dpop: string | undefined, scheme = 'DPoP', path = '/pages') =>
      proxied.ask({ path, headers: { authorization: `${scheme} ${token}`, dpop } });
    const first = proof();
    assert.equal((await ask(first)).status, 200);
    assert.equal((await ask(first)).status, 401); // Shown before.
    assert.equal((await ask(proof())).status, 200);
    assert.equal((await ask(undefined, 'Bearer')).status, 401);
    assert.equal((await ask(undefined)).status, 403);
    assert.equal((await ask(proof(), 'Bearer')).status, 403);
    assert.equal((await ask(proof({}, makeKey()))).status, 401);
    assert.equal((await ask(proof({ htm: 'POST' }))).status, 401);
    assert.equal((await ask(proof({ htu: `https://${OTHER}/pages` }))).status, 401);
    assert.equal((await ask(proof({ ath: 'x' }))).status, 401);
    assert.equal((await ask(proof(), 'DPoP', '/other')).status, 401);
  });
});
