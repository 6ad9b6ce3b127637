/**
 * Codes of a sign-in to an application in wrong hands (T1528, T1550.001; RFC 9700 §2.1, §4.5): asked for without PKCE, redeemed
 * twice, by another client or with another verifier, put into somebody else's session, or sent to the wrong server.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import {
  authorize,
  begin,
  CALLBACK,
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
  wander,
} from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';

describe('a code', () => {
  let house: OidcHouse;
  let app: TestApp;
  let other: TestApp;
  let config: oidc.Configuration;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    other = await house.addApp('other');
    config = await app.config();
    ada = await house.person('ada');
  });
  after(() => house.close());

  const refusals = (seen: readonly TestEvent[]) =>
    seen.filter(({ type }) => type === 'app.refused').map(({ data }) => [data.app, data.error]);

  async function codeFor(parameters: Record<string, string> = {}) {
    const { url, checks } = await begin(config, parameters);
    return { left: await authorize(house, house.browser(), url, ada), checks };
  }

  function redeem(fields: Record<string, string>) {
    return house.send({
      method: 'POST',
      path: '/oidc/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        redirect_uri: CALLBACK,
        client_id: app.id,
        ...fields,
      }).toString(),
    });
  }

  it('is not given without PKCE, or with its weaker form (RFC 7636 §4.2, RFC 9700 §2.1.1)', async () => {
    const seen = await eventsOf(house, async () => {
      for (const change of [
        { code_challenge: undefined, code_challenge_method: undefined },
        { code_challenge_method: 'plain' },
        { code_challenge_method: undefined },
        { code_challenge: 'short' },
        { code_challenge_method: 's256' },
        { code_challenge_method: 'none' },
      ]) {
        const { url } = await begin(config);
        for (const [name, value] of Object.entries(change)) {
          if (value === undefined) url.searchParams.delete(name);
          else url.searchParams.set(name, value);
        }
        const { left } = await wander(house, house.browser(), url.href);
        assert.equal(left?.searchParams.get('error'), 'invalid_request', JSON.stringify(change));
        assert.equal(left?.searchParams.get('code'), null);
      }
      assert.ok((await codeFor()).left.searchParams.get('code'));
    });
    assert.ok(count(seen, 'app.refused') >= 1);
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('is worth nothing without its verifier, with another, or with another’s', async () => {
    const { left, checks } = await codeFor();
    const code = left.searchParams.get('code') ?? '';
    const seen = await eventsOf(house, async () => {
      for (const fields of [
        { code },
        { code, code_verifier: '' },
        { code, code_verifier: oidc.randomPKCECodeVerifier() },
        { code, code_verifier: checks.pkceCodeVerifier, redirect_uri: `${CALLBACK}/` },
        { code, code_verifier: checks.pkceCodeVerifier, client_id: other.id },
        { code: `${code}x`, code_verifier: checks.pkceCodeVerifier },
      ]) {
        const answer = await redeem(fields);
        assert.equal(answer.status, 400, JSON.stringify(fields));
        assert.ok(['invalid_grant', 'invalid_request'].includes(answer.json.error));
      }
      const right = await redeem({ code, code_verifier: checks.pkceCodeVerifier });
      assert.equal(right.status, 200, right.text);
    });
    assert.ok(seen.some(({ type, data }) => type === 'app.refused' && data.app === other.id));
    assert.ok(seen.some(({ type, data }) => type === 'app.refused' && data.app === app.id));
  });

  it('is redeemed once; the second time ends what the first got (RFC 6749 §4.1.2)', async () => {
    const { left, checks } = await codeFor({ scope: 'openid offline_access' });
    const code = left.searchParams.get('code') ?? '';
    const fields = { code, code_verifier: checks.pkceCodeVerifier };
    const first = await redeem(fields);
    assert.equal(first.status, 200);
    const seen = await eventsOf(house, async () => {
      assert.equal((await redeem(fields)).json.error, 'invalid_grant');
      await assert.rejects(oidc.refreshTokenGrant(config, first.json.refresh_token), {
        error: 'invalid_grant',
      });
      await assert.rejects(oidc.fetchUserInfo(config, first.json.access_token, ada.id));
    });
    assert.equal(count(seen, 'app.reuse-refused', 'refused'), 1);
    assert.ok((await tokensFor(house, config, ada)).access_token);
  });

  it('is redeemed once when twenty try at once, and nobody keeps anything', async () => {
    const { left, checks } = await codeFor({ scope: 'openid offline_access' });
    const code = left.searchParams.get('code') ?? '';
    const fields = { code, code_verifier: checks.pkceCodeVerifier };
    const seen = await eventsOf(house, async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(fields)));
      const got = answers.filter(({ status }) => status === 200);
      assert.ok(got.length <= 1, `${got.length} got tokens`);
      for (const { json } of got) {
        await assert.rejects(oidc.refreshTokenGrant(config, json.refresh_token), {
          error: 'invalid_grant',
        });
      }
      assert.ok((await tokensFor(house, config, ada)).access_token);
    });
    assert.equal(count(seen, 'app.reuse-refused', 'refused'), 1, 'told once, for the grant ended');
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('put into another’s callback is found out by its nonce and state (RFC 9700 §4.5.3)', async () => {
    const victim = await begin(config);
    const thief = await codeFor();
    const injected = new URL(thief.left);
    injected.searchParams.set('state', victim.checks.expectedState as string);
    house.clock.advance(60_000); // What is refused is told once a minute.
    const seen = await eventsOf(house, async () => {
      await assert.rejects(oidc.authorizationCodeGrant(config, injected, victim.checks));
      assert.ok((await tokensFor(house, config, ada)).access_token);
    });
    assert.deepEqual(refusals(seen), [[app.id, 'invalid_grant']]);
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  it('says whose it is, so that a client that talks to two is not mixed up (RFC 9207)', async () => {
    house.clock.advance(60_000);
    const { left, checks } = await codeFor();
    assert.equal(left.searchParams.get('iss'), house.issuer);
    const mixed = new URL(left);
    mixed.searchParams.set('iss', 'https://evil.example');
    const without = new URL(left);
    without.searchParams.delete('iss');
    const untouched = await eventsOf(house, async () => {
      await assert.rejects(oidc.authorizationCodeGrant(config, mixed, checks));
      await assert.rejects(oidc.authorizationCodeGrant(config, without, checks));
    });
    assert.deepEqual(untouched, [], 'the code was not sent anywhere');
    // A client that is mixed up the other way brings us the code of another server.
    const seen = await eventsOf(house, async () => {
      const foreign = await redeem({
        code: 'A'.repeat(43),
        code_verifier: checks.pkceCodeVerifier,
      });
      assert.equal(foreign.json.error, 'invalid_grant');
      assert.ok((await codeFor()).left.searchParams.get('code'));
    });
    assert.deepEqual(refusals(seen), [[app.id, 'invalid_grant']]);
    assert.equal(count(seen, 'entry.granted'), 1);
    const failing = await begin(config, { prompt: 'none' });
    const refused = await wander(house, house.browser(), failing.url.href);
    assert.equal(refused.left?.searchParams.get('iss'), house.issuer, 'errors say it too');
    assert.ok((await oidc.authorizationCodeGrant(config, left, checks)).access_token);
  });

  it('is over after a minute', async () => {
    const { left, checks } = await codeFor();
    house.clock.advance(61_000);
    const code = left.searchParams.get('code') ?? '';
    const seen = await eventsOf(house, async () => {
      const late = await redeem({ code, code_verifier: checks.pkceCodeVerifier });
      assert.equal(late.json.error, 'invalid_grant');
      assert.ok((await tokensFor(house, config, ada)).access_token);
    });
    assert.deepEqual(refusals(seen), [[app.id, 'invalid_grant']]);
    assert.equal(count(seen, 'entry.granted'), 1);
  });
});
