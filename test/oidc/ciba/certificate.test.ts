/** CIBA over TLS with a client's certificate (RFC 8705 §3): whoever asks and fetches shows it, and the tokens are good with it alone. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { atHome, choose } from '../../support/ciba.ts';
import { skewOf } from '../../support/clock.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import {
  fetchWith,
  type OpensslCertificate,
  type OpensslFolder,
  openOpenssl,
} from '../../support/openssl.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof } from '../../support/processes.ts';

const API = 'https://pay.example.com/';

describe('a request of an application with a certificate', () => {
  let openssl: OpensslFolder;
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let server: OpensslCertificate;
  let own: OpensslCertificate;
  before(async () => {
    openssl = openOpenssl();
    server = openssl.selfSigned('localhost', 'server');
    own = openssl.selfSigned('bank');
    const tls = { certificate: server.pem, key: server.keyPem, clientCertificates: true };
    house = await openOidcHouse({ listener: { tls }, oidc: { ciba: true } });
    await house.addApi('payments', {
      audience: API,
      scopes: [{ name: 'pay', says: 'Pay in your name.' }],
    });
    app = await house.addApp('bank', {
      clientAuth: 'certificate',
      boundTokens: true,
      grants: ['ciba'],
      apis: [{ audience: API, scopes: ['pay'] }],
    });
    await addProof(house, app.process, 'certificate', { certificate: own.pem });
    ada = await house.person('ada');
  });
  after(async () => {
    await house?.close();
    openssl.remove();
  });

  async function client(certificate: OpensslCertificate | undefined): Promise<oidc.Configuration> {
    const reach = fetchWith(server, certificate) as oidc.CustomFetch;
    const metadata = {
      [oidc.clockSkew]: skewOf(house),
    };
    const at = new URL(house.issuer);
    const options = { [oidc.customFetch]: reach };
    const config = await oidc.discovery(at, app.id, metadata, oidc.TlsClientAuth(), options);
    config[oidc.customFetch] = reach;
    return config;
  }

  it('brings tokens that name it, to whoever shows it and to nobody else', async () => {
    const browser = await atHome(house, ada);
    const config = await client(own);
    const begun = await oidc.initiateBackchannelAuthentication(config, {
      scope: 'openid pay',
      resource: API,
      login_hint: 'ada',
    });
    await choose(house, browser, ada, begun.sallyport_number);
    const now = { ...begun, interval: 0.01 };
    for (const wrong of [undefined, openssl.selfSigned('bank')]) {
      await assert.rejects(oidc.pollBackchannelAuthenticationGrant(await client(wrong), now), {
        error: 'invalid_client',
      });
    }
    const tokens = await oidc.pollBackchannelAuthenticationGrant(config, now);
    const { cnf, aud, scope, sub } = decodeJwt(tokens.access_token);
    assert.deepEqual(cnf, { 'x5t#S256': own.thumbprint });
    assert.deepEqual([aud, scope, sub], [API, 'pay', ada.id]);
  });
});
