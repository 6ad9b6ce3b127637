/**
 * RFC 8705 where people sign in: codes are redeemed over TLS with a client's certificate, and what is given for them is good with that
 * certificate alone. Certificates are OpenSSL's, the client is openid-client, and the API judges with @sallyport/verify.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import type { Fetch } from '../../../verify/src/fetch-text.ts';
import { createVerifier, type Verifier } from '../../../verify/src/verifier.ts';
import { skewOf } from '../../support/clock.ts';
import { count, eventsOf } from '../../support/events.ts';
import {
  authorize,
  begin,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
} from '../../support/oidc-house.ts';
import {
  fetchWith,
  type OpensslCertificate,
  type OpensslFolder,
  openOpenssl,
} from '../../support/openssl.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProcess, addProof } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

const API = 'https://pay.example.com/';
const parameters = { scope: 'openid read offline_access', resource: API };

describe('a code that is redeemed with a certificate (RFC 8705)', () => {
  let openssl: OpensslFolder;
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  let server: OpensslCertificate;
  let own: OpensslCertificate;
  let second: OpensslCertificate;
  let stranger: OpensslCertificate;
  before(async () => {
    openssl = openOpenssl();
    server = openssl.selfSigned('localhost', 'server');
    own = openssl.selfSigned('bank');
    stranger = openssl.selfSigned('bank');
    const tls = { certificate: server.pem, key: server.keyPem, clientCertificates: true };
    house = await openOidcHouse({ listener: { tls } });
    const scopes = [
      { name: 'read', says: 'See your payments.' },
      { name: 'introspect', says: 'Be this API.' },
    ];
    const api = await house.addApi('payments', { audience: API, scopes });
    const process = await addProcess(house, 'server', [{ resource: api, scopes: ['introspect'] }]);
    second = openssl.selfSigned('payments', 'client-rsa');
    await addProof(house, process, 'certificate', { certificate: second.pem });
    app = await bound('bank');
    await addProof(house, app.process, 'certificate', { certificate: own.pem });
    ada = await house.person('ada');
    browser = house.browser();
  });
  after(async () => {
    await house?.close();
    openssl.remove();
  });

  const bound = (name: string, more = {}) =>
    house.addApp(name, {
      clientAuth: 'certificate',
      boundTokens: true,
      grants: ['authorization_code', 'refresh_token'],
      apis: [{ audience: API, scopes: ['read'] }],
      ...more,
    });

  /** openid-client, which shows this certificate in each handshake, or none. */
  async function client(
    certificate: OpensslCertificate | undefined,
    { id }: TestApp = app,
  ): Promise<oidc.Configuration> {
    const reach = fetchWith(server, certificate) as oidc.CustomFetch;
    const skew = skewOf(house);
    const metadata = { [oidc.clockSkew]: skew };
    const config = await oidc.discovery(new URL(house.issuer), id, metadata, oidc.TlsClientAuth(), {
      [oidc.customFetch]: reach,
    });
    config[oidc.customFetch] = reach;
    return config;
  }

  async function codeFor(config: oidc.Configuration) {
    const { url, checks } = await begin(config, parameters);
    return { left: await authorize(house, browser, url, ada), checks };
  }

  async function tokensWith(certificate: OpensslCertificate, of: TestApp = app) {
    const config = await client(certificate, of);
    const { left, checks } = await codeFor(config);
    return oidc.authorizationCodeGrant(config, left, checks);
  }

  const form = (certificate: OpensslCertificate | undefined, path: string, fields: object) =>
    fetchWith(server, certificate)(house.issuer + path, {
      method: 'POST',
      body: new URLSearchParams({ ...fields }),
    });

  it('gives a token that names the very certificate (§3.1)', async () => {
    const tokens = await tokensWith(own);
    assert.equal(tokens.token_type, 'bearer');
    const claims = decodeJwt(tokens.access_token);
    assert.deepEqual(claims.cnf, { 'x5t#S256': own.thumbprint });
    assert.equal(claims.sub, ada.id);
    const told = await form(second, '/introspect', {
      token: tokens.access_token,
      client_id: 'server',
    });
    const { active, cnf } = (await told.json()) as { active: boolean; cnf: unknown };
    assert.deepEqual([active, cnf], [true, { 'x5t#S256': own.thumbprint }], '§3.2');
  });

  it('is worth nothing with another certificate, with none, or with one that only has its name (§2.1, §2.2)', async () => {
    const config = await client(own);
    const { left, checks } = await codeFor(config);
    const seen = await eventsOf(house, async () => {
      for (const wrong of [stranger, second, undefined]) {
        const asked = oidc.authorizationCodeGrant(await client(wrong), left, checks);
        await assert.rejects(asked, { error: 'invalid_client' });
      }
      assert.ok((await oidc.authorizationCodeGrant(config, left, checks)).access_token);
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 2, 'those that showed one');
    assert.equal(
      count(seen, 'app.refused') + count(seen, 'app.reuse-refused'),
      1,
      'and who did not',
    );
  });

  it('gives what its holder alone can use at userinfo (§3)', async () => {
    const { access_token: token } = await tokensWith(own);
    const ask = async (certificate: OpensslCertificate | undefined) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetchWith(server, certificate)(`${house.issuer}/userinfo`, { headers });
      return answer.status;
    };
    const plain = await oidc.authorizationCodeGrant(...(await forUserinfo()));
    const told = await oidc.fetchUserInfo(await client(own), plain.access_token, ada.id);
    assert.equal(told.sub, ada.id);
    const away = oidc.fetchUserInfo(await client(stranger), plain.access_token, ada.id);
    await assert.rejects(away);
    for (const certificate of [stranger, undefined]) assert.equal(await ask(certificate), 401);
  });

  async function forUserinfo() {
    const config = await client(own);
    const { url, checks } = await begin(config);
    return [config, await authorize(house, browser, url, ada), checks] as const;
  }

  it('gives what an API that uses @sallyport/verify takes with that certificate alone (§3)', async () => {
    const { access_token: token } = await tokensWith(own);
    const verifier: Verifier = createVerifier({
      issuer: house.issuer,
      audience: API,
      now: house.clock.now,
      fetch: fetchWith(server, undefined) as Fetch,
    });
    const headers = { authorization: `Bearer ${token}` };
    const ask = (clientCertificate: string | undefined) =>
      verifier.verify({ method: 'GET', url: '/bills', headers, clientCertificate });
    const verdict = await ask(own.pem);
    assert.ok(verdict.state === 'granted', JSON.stringify(verdict));
    assert.deepEqual(verdict.token.boundBy, ['certificate']);
    for (const wrong of [stranger.pem, undefined]) {
      assert.equal((await ask(wrong)).state, 'refused');
    }
  });

  it('is refreshed by the client’s next certificate too, to which the next token is bound (§6.3, §7.1)', async () => {
    const turning = await bound('turning');
    const old = openssl.selfSigned('turning');
    await addProof(house, turning.process, 'certificate', { certificate: old.pem });
    const { refresh_token: first = '' } = await tokensWith(old, turning);
    const next = openssl.selfSigned('turning', 'client-rsa');
    const config = await client(next, turning);
    await assert.rejects(oidc.refreshTokenGrant(config, first), { error: 'invalid_client' });
    await addProof(house, turning.process, 'certificate', { certificate: next.pem });
    const tokens = await oidc.refreshTokenGrant(config, first);
    assert.deepEqual(decodeJwt(tokens.access_token).cnf, { 'x5t#S256': next.thumbprint });
  });

  it('is redeemed by whom a CA says that it is (§2.1)', async () => {
    const ca = openssl.selfSigned('A CA', 'ca');
    const other = openssl.selfSigned('A CA', 'ca');
    const pki = await bound('pki');
    const names = { commonName: 'pki' };
    await addProof(house, pki.process, 'certificate', { ca: ca.pem, names });
    const good = openssl.issued(ca, 'pki');
    const tokens = await tokensWith(good, pki);
    assert.deepEqual(decodeJwt(tokens.access_token).cnf, { 'x5t#S256': good.thumbprint });
    for (const wrong of [openssl.issued(ca, 'other'), openssl.issued(other, 'pki')]) {
      await assert.rejects(tokensWith(wrong, pki), { error: 'invalid_client' });
    }
  });
});
