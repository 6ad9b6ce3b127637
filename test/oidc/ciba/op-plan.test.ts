/**
 * FAPI-CIBA as the OpenID Foundation's plan for it asks, where ciba.test.ts, signed-requests.test.ts and certificate.test.ts do not walk
 * it already: who a client shows itself to be, at both endpoints. By a key, and by a certificate.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { atHome, CIBA, choose } from '../../support/ciba.ts';
import type { Change } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import {
  fetchWith,
  type OpensslCertificate,
  type OpensslFolder,
  openOpenssl,
} from '../../support/openssl.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, claimsFor, makeKey, type SigningKey, signJws } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

interface Bank {
  readonly app: TestApp;
  readonly key: SigningKey;
  readonly certificate: OpensslCertificate | undefined;
}

describe('the plan for FAPI-CIBA', () => {
  let house: OidcHouse;
  let openssl: OpensslFolder;
  let server: OpensslCertificate;
  let ada: TestPerson;
  let browser: WebClient;
  let bank: Bank;
  let other: Bank;
  let till: Bank;
  before(async () => {
    openssl = openOpenssl();
    server = openssl.selfSigned('localhost', 'server');
    const tls = { certificate: server.pem, key: server.keyPem, clientCertificates: true };
    house = await openOidcHouse({ listener: { tls }, oidc: { ciba: true } });
    ada = await house.person('ada');
    [bank, other] = [await client('bank'), await client('other-bank')];
    till = await client('till', openssl.selfSigned('till'));
  });
  after(async () => {
    await house?.close();
    openssl?.remove();
  });
  // Else whoever is wrong so often is asked to wait, and two requests wait for a name.
  beforeEach(async () => {
    house.clock.advance(60 * 60_000);
    browser = await atHome(house, ada);
  });

  async function client(name: string, certificate?: OpensslCertificate): Promise<Bank> {
    const clientAuth = certificate === undefined ? 'key' : 'certificate';
    const app = await house.addApp(name, { profile: 'fapi2', clientAuth, grants: ['ciba'] });
    const key = makeKey();
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    if (certificate !== undefined) {
      await addProof(house, app.process, 'certificate', { certificate: certificate.pem });
    }
    return { app, key, certificate };
  }

  async function post(path: string, form: Change, by: Bank, headers: Record<string, string> = {}) {
    const kept = Object.entries(form).filter(([, value]) => value !== undefined) as [
      string,
      string,
    ][]; // Those without a value are gone.
    const answer = await fetchWith(server, by.certificate)(house.issuer + path, {
      method: 'POST',
      headers,
      body: new URLSearchParams(kept),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  const seconds = () => Math.floor(house.clock.now() / 1000);
  function shown({ app, certificate }: Bank, signer: SigningKey): Change {
    if (certificate !== undefined) return { client_id: app.id };
    const claims = { ...claimsFor(house, app.id), aud: house.issuer };
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: signJws(signer, { alg: signer.alg, typ: 'JWT' }, claims),
    };
  }
  function signed({ app, key }: Bank, change: Record<string, unknown> = {}): string {
    const at = seconds();
    const claims = {
      ...{ iss: app.id, aud: house.issuer, iat: at, nbf: at, exp: at + 120, jti: randomUUID() },
      ...{ scope: 'openid', login_hint: 'ada', ...change },
    };
    return signJws(key, { alg: key.alg }, claims);
  }
  const ask = (by: Bank, change: Change = {}, words: Record<string, unknown> = {}) =>
    post('/ciba', { ...shown(by, by.key), request: signed(by, words), ...change }, by);

  let proofs = 0;
  function proof({ key }: Bank): Record<string, string> {
    const { alg: _alg, ...jwk } = key.jwk as Record<string, unknown>;
    proofs += 1;
    const claims = {
      ...{ jti: `c-${proofs}`, htm: 'POST', htu: `${house.issuer}/token` },
      iat: Math.floor(Date.now() / 1000),
    };
    return { dpop: signJws(key, { typ: 'dpop+jwt', alg: key.alg, jwk }, claims) };
  }
  /** Once in five seconds and no oftener (§7.3). */
  function fetchTokens(by: Bank, handle: unknown, change: Change = {}) {
    house.clock.advance(10_000);
    const form = { ...shown(by, by.key), grant_type: CIBA, auth_req_id: String(handle), ...change };
    return post('/token', form, by, by.certificate === undefined ? proof(by) : {});
  }

  /** A request that ada approved; what is tried with it is not the last word. */
  async function approved(by: Bank): Promise<unknown> {
    const { status, body } = await ask(by);
    assert.equal(status, 200, JSON.stringify(body));
    await choose(house, browser, ada, body.sallyport_number);
    return body.auth_req_id;
  }

  it('passes ensure-other-scope-order-succeeds', async () => {
    const { status, body } = await ask(bank, {}, { scope: 'email profile openid' });
    assert.equal(status, 200, JSON.stringify(body));
    await choose(house, browser, ada, body.sallyport_number);
    const tokens = await fetchTokens(bank, body.auth_req_id);
    assert.deepEqual([tokens.status, tokens.body.token_type], [200, 'DPoP']);
  });

  it('passes ensure-client-assertion-with-iss-aud-succeeds, to the token endpoint: our issuer is the audience', async () => {
    const tokens = await fetchTokens(bank, await approved(bank));
    assert.equal(tokens.status, 200, JSON.stringify(tokens.body));
  });

  for (const [way, mine] of [
    ['a key', () => bank],
    ['a certificate', () => till],
  ] as const) {
    it(`passes ensure-wrong-client-id-in-token-endpoint-request and -in-backchannel-authorization-request, with ${way}`, async () => {
      const by = mine();
      const handle = await approved(by);
      const asOther = { ...shown({ ...other, certificate: by.certificate }, by.key) };
      const seen = await eventsOf(house, async () => {
        const stolen = await fetchTokens(by, handle, asOther);
        assert.deepEqual([stolen.status, stolen.body.error], [401, 'invalid_client']);
        const asked = await ask(by, asOther);
        assert.deepEqual([asked.status, asked.body.error], [401, 'invalid_client']);
        const right = await fetchTokens(by, handle);
        assert.equal(right.status, 200, `in its own name: ${JSON.stringify(right.body)}`);
      });
      assert.equal(count(seen, 'entry.refused', 'refused'), 2);
    });
  }

  it('passes ensure-without-client-assertion, at the token endpoint', async () => {
    const handle = await approved(bank);
    const bare = { client_assertion: undefined, client_assertion_type: undefined };
    const { status, body } = await fetchTokens(bank, handle, { ...bare, client_id: bank.app.id });
    assert.ok(status >= 400 && body.access_token === undefined, JSON.stringify(body));
    assert.equal((await fetchTokens(bank, handle)).status, 200);
  });

  it('passes ensure-client-assertion-by-RS256-fails, at both endpoints (FAPI 2.0 Security Profile §5.4.1)', async () => {
    const weak = makeKey('RS256');
    await addProof(house, bank.app.process, 'key', { jwk: weak.jwk });
    const handle = await approved(bank);
    const byWeak = () => shown(bank, weak);
    const asked = await ask(bank, byWeak());
    assert.deepEqual([asked.status, asked.body.error], [401, 'invalid_client']);
    const tokens = await fetchTokens(bank, handle, byWeak());
    assert.deepEqual([tokens.status, tokens.body.error], [401, 'invalid_client']);
    assert.equal((await fetchTokens(bank, handle)).status, 200);
  });
});
