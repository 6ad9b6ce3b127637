/** What a sign-in amounts to (OpenID Connect Core 1.0 §2, §3.1.2.1, §3.1.3, §5.3), as the Basic OP plan tries it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { ask, type Change, codeIn, redeem, signedIn } from '../../support/code-client.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('a sign-in', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    ada = await house.person('ada');
    browser = await signedIn(house, app, ada);
  });
  after(() => house.close());

  async function tokens(change: Change = {}, at: Pick<TestApp, 'id'> = app) {
    const { body } = await redeem(house, at, await codeIn(house, at, browser, change));
    assert.ok(body.id_token, JSON.stringify(body));
    return { body, claims: decodeJwt(String(body.id_token)) };
  }
  const userinfo = (headers: Record<string, string>) =>
    fetch(`${house.issuer}/userinfo`, { headers });

  it('has an ID token with iss, sub, aud, exp, iat and the nonce as it was sent (§2, §3.1.3.7)', async () => {
    const { claims, body } = await tokens({ nonce: 'just-this' });
    assert.equal(claims.iss, house.issuer);
    assert.equal(claims.sub, ada.id);
    assert.equal(claims.aud, app.id);
    assert.equal(claims.nonce, 'just-this');
    assert.ok(Number(claims.exp) > Number(claims.iat));
    const { alg, kid } = decodeProtectedHeader(String(body.id_token));
    assert.equal(alg, 'ES256');
    assert.ok(kid);
    assert.equal((await tokens({ nonce: undefined })).claims.nonce, undefined);
  });

  it('has an at_hash, where it is there, that is the access token’s (§3.1.3.6)', async () => {
    const { body, claims } = await tokens();
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256').update(String(body.access_token)).digest();
    const due = hash.subarray(0, 16).toString('base64url');
    assert.ok([undefined, due].includes(claims.at_hash as string | undefined));
    assert.equal(claims.c_hash, undefined, 'the code came with no ID token (§3.3.2.11)');
  });

  it('tells auth_time where max_age was given, and lets who is new enough through (§3.1.2.1)', async () => {
    const { claims } = await tokens({ max_age: '10000' });
    assert.equal(typeof claims.auth_time, 'number');
    assert.ok(Number(claims.auth_time) >= Number(claims.iat) - 10_000);
  });

  it('tells an acr and amr of what was shown (§2)', async () => {
    const { claims } = await tokens({ acr_values: 'urn:sallyport:acr:two-kinds' });
    assert.equal(claims.acr, 'urn:sallyport:acr:two-kinds');
    assert.ok((claims.amr as string[]).includes('mfa'));
  });

  it('without a page is answered for who is signed in, and for nobody else (prompt=none, §3.1.2.6)', async () => {
    assert.equal((await tokens({ prompt: 'none' })).claims.sub, ada.id);
    const { left } = await ask(house, app, { prompt: 'none' });
    assert.equal(left?.searchParams.get('error'), 'login_required');
    assert.equal(left?.searchParams.get('state'), 'a-state');
  });

  it('is asked for again with prompt=login, and with max_age=0 (§3.1.2.1)', async () => {
    for (const change of [{ prompt: 'login' }, { max_age: '0' }]) {
      house.clock.advance(2000);
      const { left, page } = await ask(house, app, change, browser);
      assert.equal(left, undefined);
      assert.match(page.text, /action="\/confirm"/);
    }
  });

  it('goes on with an id_token_hint of the same person, and not with another’s (§3.1.2.1)', async () => {
    const hint = String((await tokens()).body.id_token);
    const again = await tokens({ prompt: 'none', id_token_hint: hint });
    assert.equal(again.claims.sub, ada.id);
    const other = await signedIn(house, app, await house.person('bob'));
    const { left } = await ask(house, app, { prompt: 'none', id_token_hint: hint }, other);
    assert.equal(left?.searchParams.get('error'), 'login_required');
  });

  it('has one sub for one person, here and at userinfo (§2, §5.3.2, §8)', async () => {
    const { body, claims } = await tokens({ scope: 'openid profile email' });
    const info = await userinfo({ authorization: `Bearer ${body.access_token}` });
    const told = (await info.json()) as Record<string, unknown>;
    assert.equal(told.sub, claims.sub);
    assert.equal(told.email, 'ada@example.com');
    const paired = await house.addApp('paired', { pairwiseSector: 'paired.example.com' });
    const first = await tokens({}, paired);
    assert.notEqual(first.claims.sub, ada.id);
    assert.equal((await tokens({}, paired)).claims.sub, first.claims.sub);
  });

  it('tells nothing at userinfo that was not asked for, nor without a token (§5.3.1, §5.4, RFC 6750 §3)', async () => {
    const { body } = await tokens();
    const info = await userinfo({ authorization: `Bearer ${body.access_token}` });
    assert.deepEqual(Object.keys((await info.json()) as object), ['sub']);
    for (const authorization of ['Bearer made-up', `Bearer ${body.id_token}`]) {
      const { status, headers } = await userinfo({ authorization });
      assert.equal(status, 401);
      assert.match(headers.get('www-authenticate') ?? '', /invalid_token/);
    }
    assert.ok((await userinfo({})).status >= 400);
  });
});
