/**
 * Hints that were made up or are another's (OpenID Connect Core 1.0 §3.1.2.1), what each scope tells (§5.4), and a proof that is
 * a second too old (oidcc-max-age-1), as the Basic OP plan tries them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { ask, type Change, codeIn, redeem, signedIn } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp, wander } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { encode, makeKey, signJws } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

describe('a hint and a scope', () => {
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
    const idToken = String(body.id_token);
    return { idToken, claims: decodeJwt(idToken), token: String(body.access_token) };
  }

  it('that was forged, changed or given to another is refused, on record, and a good one is not (§3.1.2.1)', async () => {
    const { idToken } = await tokens();
    const other = await house.addApp('other');
    const claims = decodeJwt(idToken);
    const [header = '', , signature = ''] = idToken.split('.');
    house.clock.advance(61_000);
    const seen = await eventsOf(house, async () => {
      for (const id_token_hint of [
        `${encode({ alg: 'none' })}.${encode(claims)}.`,
        signJws(makeKey(), { alg: 'ES256' }, claims),
        `${header}.${encode({ ...claims, sub: 'root' })}.${signature}`,
        signJws(makeKey(), { alg: 'ES256' }, { ...claims, iss: 'https://evil.example' }),
        (await tokens({}, other)).idToken,
      ]) {
        const { left } = await ask(house, app, { prompt: 'none', id_token_hint }, browser);
        assert.equal(left?.searchParams.get('error'), 'invalid_request', id_token_hint);
        assert.equal(left.searchParams.get('code'), null);
      }
    });
    assert.equal(count(seen, 'app.refused', 'refused'), 1, 'told once a minute');
    const again = await tokens({ prompt: 'none', id_token_hint: idToken });
    assert.equal(again.claims.sub, ada.id);
  });

  it('in claims that names somebody is answered for them, and for nobody else who is signed in (§5.5.1)', async () => {
    const cid = await house.person('cid');
    const naming = (sub: object) => JSON.stringify({ id_token: { sub } });
    const seen = await eventsOf(house, async () => {
      for (const sub of [
        { value: cid.id },
        { values: [cid.id] },
        { value: 7 },
        { values: ada.id },
      ]) {
        for (const prompt of [undefined, 'none']) {
          const { left } = await ask(house, app, { prompt, claims: naming(sub) }, browser);
          assert.equal(left?.searchParams.get('error'), 'login_required', JSON.stringify(sub));
          assert.equal(left.searchParams.get('code'), null);
        }
      }
    });
    assert.equal(count(seen, 'entry.granted'), 0);
    for (const sub of [{ value: ada.id }, { values: [cid.id, ada.id] }, { essential: true }]) {
      const { claims } = await tokens({ claims: naming(sub) });
      assert.equal(claims.sub, ada.id);
    }
  });

  for (const [scope, names] of [
    ['openid', []],
    ['openid profile', ['name', 'preferred_username']],
    ['openid email', ['email', 'email_verified']],
    ['openid groups', ['groups']],
    ['openid address phone', []],
  ] as const) {
    it(`tells for ${scope} what it stands for and no more, at userinfo and in the ID token alike (§5.4)`, async () => {
      const { token, claims } = await tokens({ scope });
      const answer = await fetch(`${house.issuer}/userinfo`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const told = (await answer.json()) as Record<string, unknown>;
      assert.deepEqual(Object.keys(told).sort(), ['sub', ...names].sort());
      for (const name of ['name', 'preferred_username', 'email', 'email_verified', 'groups']) {
        assert.deepEqual(claims[name], told[name], name);
      }
      if ('email_verified' in told) assert.equal(told.email_verified, false);
    });
  }

  it('with max_age=1 a proof that is older is asked for again, and the new one is told (oidcc-max-age-1)', async () => {
    const first = await tokens({ max_age: '10000' });
    house.clock.advance(30_000);
    const { left, page } = await ask(house, app, { max_age: '1' }, browser);
    assert.equal(left, undefined);
    assert.match(page.text, /action="\/confirm"/);
    const shown = await browser.post('/confirm', { kind: 'totp', code: ada.totp.code() });
    const done = await wander(house, browser, shown);
    const code = done.left?.searchParams.get('code') ?? '';
    const { body } = await redeem(house, app, code);
    const second = decodeJwt(String(body.id_token));
    assert.ok(Number(second.auth_time) >= Number(first.claims.auth_time) + 30);
    assert.equal(second.sub, first.claims.sub);
  });
});
