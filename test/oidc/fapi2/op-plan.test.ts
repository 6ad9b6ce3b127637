/**
 * FAPI 2.0 Security Profile (Final, February 2025) as the OpenID Foundation's plan for it asks, where profile.test.ts, signatures.test.ts and
 * assertions.test.ts do not walk it already: each of its modules, by name, beside a request that works.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Change, requestOf, signedIn } from '../../support/code-client.ts';
import type { TestPerson } from '../../support/people.ts';
import { makeKey } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';
import { API, type Fapi2Client, type Fapi2House, keyClient, openFapi2House } from './clients.ts';
import { createRawClient, type RawClient } from './raw-client.ts';

describe('the plan for the FAPI 2.0 Security Profile', () => {
  let house: Fapi2House;
  let client: Fapi2Client;
  let other: Fapi2Client;
  let ada: TestPerson;
  let browser: WebClient;
  let raw: RawClient;
  before(async () => {
    house = await openFapi2House();
    client = await keyClient(house, 'bank');
    other = await keyClient(house, 'other-bank');
    ada = await house.person('ada');
    browser = await signedIn(house, await house.addApp('wiki'), ada);
    raw = createRawClient(house, browser);
  });
  after(() => house?.close());

  const machine = () => Math.floor(Date.now() / 1000);

  it('passes fapi2-...-ensure-authorization-code-is-bound-to-client (§5.3.2.2)', async () => {
    const code = await raw.codeOf(client);
    const stolen = await raw.redeem(other, code, {}, raw.bindingOf(other));
    assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
    const right = await raw.redeem(client, await raw.codeOf(client), {}, raw.bindingOf(client));
    assert.equal(right.status, 200, JSON.stringify(right.body));
  });

  for (const [module, change] of [
    ['par-incorrect-pkce-code-verifier-rejected', { code_verifier: 'x'.repeat(43) }],
    ['par-ensure-pkce-required, at the token endpoint', { code_verifier: undefined }],
    ['ensure-redirect-uri-in-token-request', { redirect_uri: 'https://app.example.com/other' }],
  ] as const) {
    it(`passes fapi2-...-${module} (§5.3.2.2 5)`, async () => {
      const code = await raw.codeOf(client);
      const { status, body } = await raw.redeem(client, code, change, raw.bindingOf(client));
      assert.deepEqual([status, body.access_token], [400, undefined]);
    });
  }

  it('passes fapi2-...-par-attempt-to-use-expired-request_uri (§5.3.2.2 12)', async () => {
    const { body } = await raw.push(client);
    house.clock.advance(61_000);
    const { left, page } = await raw.follow(client, body.request_uri);
    assert.deepEqual([left, page.status], [undefined, 400]);
  });

  it('passes fapi2-...-par-authorization-request-containing-request_uri and -without-client_id (RFC 9126 §2.1)', async () => {
    const { body } = await raw.push(client);
    const again = await raw.push(client, { request_uri: String(body.request_uri) });
    assert.equal(again.status, 400);
    const stranger = await raw.push(client, { client_id: other.app.id });
    assert.ok(stranger.status === 400 || stranger.status === 401);
    assert.equal(stranger.body.request_uri, undefined);
  });

  it('passes fapi2-...-state-of-many-characters: what was pushed comes back as it was', async () => {
    const state = 'aB0._~-'.repeat(50);
    const { body } = await raw.push(client, { state });
    const { left } = await raw.follow(client, body.request_uri, { state: 'another' });
    assert.equal(left?.searchParams.get('state'), state);
    assert.ok(left.searchParams.get('code'));
  });

  it('goes by what was pushed, and by nothing that stands beside it (RFC 9101 §6.3)', async () => {
    const { body } = await raw.push(client);
    const beside = { redirect_uri: 'https://evil.example/', scope: 'openid email', nonce: 'other' };
    const { left, page } = await raw.follow(client, body.request_uri, beside);
    const to = left === undefined ? undefined : left.origin + left.pathname;
    assert.ok(to === 'https://app.example.com/callback' || page.status === 400, String(left));
  });

  describe('by what a client signs of its tokens', () => {
    const proofs: readonly (readonly [string, () => string, number])[] = [
      [
        'ensure-dpop-proof-with-iat-10-seconds-before-succeeds',
        () => raw.proof(client.key, { iat: machine() - 10 }),
        200,
      ],
      [
        'ensure-dpop-proof-with-iat-10-seconds-after-succeeds',
        () => raw.proof(client.key, { iat: machine() + 10 }),
        200,
      ],
      [
        'ensure-dpop-proof-of-an-hour-ago-fails',
        () => raw.proof(client.key, { iat: machine() - 3600 }),
        400,
      ],
      [
        'ensure-dpop-proof-with-another-htm-fails',
        () => raw.proof(client.key, { htm: 'GET' }),
        400,
      ],
      ['ensure-dpop-proof-with-another-htu-fails', () => raw.proof(client.key, {}, '/par'), 400],
      ['ensure-dpop-proof-without-jti-fails', () => raw.proof(client.key, { jti: undefined }), 400],
      ['ensure-dpop-proof-by-RS256-fails', () => raw.proof(makeKey('RS256')), 400],
    ];
    for (const [module, make, status] of proofs) {
      it(`passes ${module} (§5.3.2.1 13, RFC 9449 §4.3)`, async () => {
        const code = await raw.codeOf(client);
        const answer = await raw.redeem(client, code, {}, { dpop: make() });
        assert.equal(answer.status, status, JSON.stringify(answer.body));
        if (status !== 200) assert.equal(answer.body.access_token, undefined);
      });
    }

    it('passes fapi2-...-refresh-token with a key that is another’s (RFC 9449 §5)', async () => {
      const change = { scope: 'openid offline_access read', resource: API };
      const code = await raw.codeOf(client, change);
      const first = await raw.redeem(client, code, { resource: API }, raw.bindingOf(client));
      assert.equal(first.status, 200, JSON.stringify(first.body));
      const refresh = (form: Change, headers: Record<string, string>, by = client) =>
        raw.post(
          '/token',
          {
            grant_type: 'refresh_token',
            refresh_token: String(first.body.refresh_token),
            client_id: by.app.id,
            ...raw.shown(by),
            ...form,
          },
          undefined,
          headers,
        );
      const stolen = await refresh({}, raw.bindingOf(other), other);
      assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
      const bare = await refresh({}, {});
      assert.ok(bare.status >= 400 && bare.body.access_token === undefined);
      const right = await refresh({}, raw.bindingOf(client));
      assert.deepEqual([right.status, right.body.token_type], [200, 'DPoP']);
    });
  });

  describe('by how a client shows who it is', () => {
    // Else whoever is wrong so often is asked to wait.
    beforeEach(() => house.clock.advance(60 * 60_000));

    for (const [module, change] of [
      ['without-iss', { iss: undefined }],
      ['without-sub', { sub: undefined }],
      ['without-aud', { aud: undefined }],
      ['without-exp', { exp: undefined }],
      ['without-jti', { jti: undefined }],
      ['of-another-iss', { iss: 'https://evil.example' }],
      ['of-another-sub', { sub: 'somebody' }],
    ] as const) {
      it(`passes ensure-client-assertion-${module}-fails (§5.3.2.1 6, RFC 7523 §3)`, async () => {
        const shown: Change = raw.asserted(client, change);
        const { status, body } = await raw.post('/par', { ...requestOf(client.app), ...shown });
        assert.ok(status === 401 || status === 400, JSON.stringify(body));
        assert.equal(body.request_uri, undefined);
        assert.equal((await raw.push(client)).status, 201);
      });
    }
  });
});
