/**
 * What programs do for themselves, by oauth4webapi and openid-client, which we did not write: token exchange (RFC 8693), an assertion
 * as the grant (RFC 7523 §2.1), and an API that verifies our tokens with oauth4webapi (RFC 9068 §4, RFC 9449 §7).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { calculateJwkThumbprint, exportJWK, type JWK, SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { skewOf } from '../../support/clock.ts';
import { count, eventsOf } from '../../support/events.ts';
import { addProcess, addProof, ISSUER, makeKey } from '../../support/processes.ts';
import { ACCESS_TOKEN, API, claimsIn, EXCHANGE, type Keyed, shownBy } from '../oauth-house.ts';
import { type ExchangeHouse, openExchangeHouse, STORE } from '../rfc8693/exchanges.ts';

const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const CLUSTER = 'https://cluster.example.com';
const LEDGER = `${API}ledger`;

describe('a program with libraries that are not ours', () => {
  let house: ExchangeHouse;
  before(async () => {
    house = await openExchangeHouse();
  });
  after(() => house.close());

  const options = () => ({
    [oauth.customFetch]: house.fetch as typeof fetch,
    [oauth.allowInsecureRequests]: true,
  });
  const named = ({ process }: Keyed): oauth.Client => ({
    client_id: process.name,
    [oauth.clockSkew]: skewOf(house),
  });
  const signer = ({ key }: Keyed) =>
    crypto.subtle.importKey(
      'jwk',
      key.privateKey.export({ format: 'jwk' }) as JWK,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
  const config = async (by: Keyed, auth?: client.ClientAuth) =>
    client.discovery(
      new URL(ISSUER),
      by.process.name,
      { [client.clockSkew]: skewOf(house) },
      auth ?? client.PrivateKeyJwt(await signer(by)),
      { [client.customFetch]: house.fetch as never, execute: [client.allowInsecureRequests] },
    );
  const exchanged = (subject_token: string, change = {}) => ({
    subject_token,
    subject_token_type: ACCESS_TOKEN,
    resource: STORE,
    scope: 'read',
    ...change,
  });

  /** The grants of programs, by oauth4webapi. */
  async function granted(
    by: Keyed,
    grant: string,
    parameters: Record<string, string>,
    auth?: oauth.ClientAuth,
  ): Promise<oauth.TokenEndpointResponse> {
    const proof = auth ?? oauth.PrivateKeyJwt(await signer(by));
    const { server } = house;
    const response = await oauth.genericTokenEndpointRequest(
      server,
      named(by),
      proof,
      grant,
      parameters,
      options(),
    );
    return oauth.processGenericTokenEndpointResponse(server, named(by), response);
  }

  describe('that was called with a token', () => {
    it('exchanges it with oauth4webapi, and both of them stand in the new one (RFC 8693 §2, §4.1)', async () => {
      const seen = await eventsOf(house, async () => {
        const subject = await house.tokenOf(house.caller, { scope: 'read' });
        const answer = await granted(house.service, EXCHANGE, exchanged(subject));
        assert.equal(answer.issued_token_type, ACCESS_TOKEN);
        const { sub, act, aud } = claimsIn(answer.access_token);
        assert.deepEqual(
          [sub, act, aud],
          [house.caller.process.id, { sub: house.service.process.id }, STORE],
        );
        await assert.rejects(
          granted(house.stranger, EXCHANGE, exchanged(subject)),
          (error) =>
            error instanceof oauth.ResponseBodyError &&
            ['invalid_request', 'invalid_grant'].includes(error.error),
        );
      });
      assert.equal(count(seen, 'entry.granted'), 2);
      assert.equal(count(seen, 'entry.refused'), 1);
    });

    it('exchanges it with openid-client, and gets no scope that it had not', async () => {
      const subject = await house.tokenOf(house.caller, { scope: 'read' });
      const by = await config(house.service);
      const answer = await client.genericGrantRequest(by, EXCHANGE, exchanged(subject));
      assert.equal(answer.scope, 'read');
      assert.equal(claimsIn(answer.access_token).sub, house.caller.process.id);
      await assert.rejects(
        client.genericGrantRequest(by, EXCHANGE, exchanged(subject, { scope: 'read pay' })),
        { error: 'invalid_scope' },
      );
    });
  });

  describe('whose assertion is the grant', () => {
    it('gets a token with oauth4webapi for its own, once (RFC 7523 §2.1)', async () => {
      const { client_assertion: assertion = '' } = shownBy(house, house.caller);
      const asked = { assertion, resource: API, scope: 'read' };
      const ask = () => granted(house.caller, BEARER, asked, oauth.None());
      const seen = await eventsOf(house, async () => {
        assert.equal(claimsIn((await ask()).access_token).sub, house.caller.process.id);
        await assert.rejects(ask(), { error: 'invalid_grant' });
      });
      assert.equal(count(seen, 'entry.granted'), 1);
      assert.equal(count(seen, 'entry.refused'), 1);
    });

    it('gets one with openid-client for what its cluster gave it', async () => {
      const cluster = makeKey('ES256', 'cluster');
      const process = await addProcess(house, 'job', [
        { resource: house.payments.id, scopes: ['read'] },
      ]);
      await addProof(house, process, 'workload', {
        issuer: CLUSTER,
        claims: { sub: { is: 'system:serviceaccount:shop:job' } },
        jwks: { keys: [cluster.jwk] },
      });
      const signed = (sub: string) =>
        new SignJWT({})
          .setProtectedHeader({ alg: 'ES256', kid: 'cluster' })
          .setIssuer(CLUSTER)
          .setSubject(sub)
          .setAudience(ISSUER)
          .setIssuedAt(Math.floor(house.clock.now() / 1000))
          .setExpirationTime(Math.floor(house.clock.now() / 1000) + 600)
          .sign(cluster.privateKey);
      const by = await config({ process, key: cluster }, client.None());
      const assertion = await signed('system:serviceaccount:shop:job');
      const answer = await client.genericGrantRequest(by, BEARER, { assertion, resource: API });
      assert.equal(answer.scope, 'read');
      const other = await signed('system:serviceaccount:shop:other');
      await assert.rejects(
        client.genericGrantRequest(by, BEARER, { assertion: other, resource: API }),
        { error: 'invalid_grant' },
      );
    });
  });

  describe('that calls an API', () => {
    const called = (headers: Record<string, string>, url = LEDGER) => new Request(url, { headers });
    const verified = (request: Request, audience = API) =>
      oauth.validateJwtAccessToken(house.server, request, audience, {
        [oauth.customFetch]: (url: string) => house.fetch(url),
        [oauth.allowInsecureRequests]: true,
        signingAlgorithms: ['ES256'],
        [oauth.clockSkew]: skewOf(house),
      });

    it('is known to one that verifies with oauth4webapi, by tokens for it alone (RFC 9068 §4)', async () => {
      const token = await house.tokenOf(house.caller, { scope: 'read' });
      const claims = await verified(called({ authorization: `Bearer ${token}` }));
      assert.equal(claims.client_id, house.caller.process.id);
      assert.equal(claims.scope, 'read');
      await assert.rejects(verified(called({ authorization: `Bearer ${token}` }), STORE));
      const [head, body, tail] = token.split('.');
      const swapped = `${head}.${body}.${tail?.split('').reverse().join('')}`;
      await assert.rejects(verified(called({ authorization: `Bearer ${swapped}` })));
    });

    it('shows it the key that its token is bound to, for this call alone (RFC 9449 §7)', async () => {
      const keys = await oauth.generateKeyPair('ES256', { extractable: true });
      const DPoP = oauth.DPoP(named(house.caller), keys);
      const ask = async () =>
        oauth.processClientCredentialsResponse(
          house.server,
          named(house.caller),
          await oauth.clientCredentialsGrantRequest(
            house.server,
            named(house.caller),
            oauth.PrivateKeyJwt(await signer(house.caller)),
            { scope: 'read', resource: API },
            { ...options(), DPoP },
          ),
        );
      await assert.rejects(ask(), oauth.isDPoPNonceError);
      const { access_token: token } = await ask();
      let sent = new Headers();
      await oauth.protectedResourceRequest(token, 'GET', new URL(LEDGER), undefined, null, {
        DPoP,
        [oauth.customFetch]: async (_url, init) => {
          sent = new Headers(init.headers);
          return new Response('{}');
        },
      });
      const headers = Object.fromEntries(sent);
      const claims = await verified(called(headers));
      const jkt = await calculateJwkThumbprint(await exportJWK(keys.publicKey));
      assert.equal(claims.cnf?.jkt, jkt);
      await assert.rejects(verified(called(headers, `${LEDGER}/1`)), 'another call');
      await assert.rejects(verified(called({ authorization: `DPoP ${token}` })), 'no proof');
      await assert.rejects(verified(called({ authorization: `Bearer ${token}` })), 'as a bearer');
    });
  });

  it('is told in its own name alone whether a token is good (RFC 7662 §2)', async () => {
    const token = await house.tokenOf(house.caller, { scope: 'read' });
    const told = async (by: Keyed) => client.tokenIntrospection(await config(by), token);
    assert.equal((await told(house.service)).active, true);
    assert.deepEqual(await told(house.stranger), { active: false });
    await client.tokenRevocation(await config(house.caller), token);
    assert.deepEqual(await told(house.service), { active: false });
  });
});
