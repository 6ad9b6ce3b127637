/** Authorization codes (RFC 6749 §4.1, §10.5): once, soon, by whom they were given to, and where. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { call, codeIn, redeem, signedIn } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { CALLBACK, type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import type { WebClient } from '../../support/web-client.ts';

const OTHER_CALLBACK = 'https://app.example.com/other';

describe('an authorization code (RFC 6749 §4.1)', () => {
  let house: OidcHouse;
  let app: TestApp;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki', { redirectUris: [CALLBACK, OTHER_CALLBACK] });
    browser = await signedIn(house, app, await house.person('ada'));
  });
  after(() => house.close());

  const userinfo = async (token: unknown) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${house.issuer}/userinfo`, { headers })).status;
  };

  it('is answered with tokens that nothing keeps (§4.1.4, §5.1)', async () => {
    const { status, body, headers } = await redeem(house, app, await codeIn(house, app, browser));
    assert.equal(status, 200);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(body.token_type, 'Bearer');
    assert.equal(typeof body.expires_in, 'number');
    assert.equal(await userinfo(body.access_token), 200);
  });

  it('works once, and the second time ends what the first got (§4.1.2, §10.5)', async () => {
    const code = await codeIn(house, app, browser);
    const first = await redeem(house, app, code);
    assert.equal(await userinfo(first.body.access_token), 200);
    const seen = await eventsOf(house, async () => {
      const again = await redeem(house, app, code);
      assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
    });
    assert.equal(count(seen, 'app.reuse-refused'), 1);
    assert.equal(await userinfo(first.body.access_token), 401);
  });

  it('works once half a minute later as well, and ends what it gave (oidcc-codereuse-30seconds)', async () => {
    const code = await codeIn(house, app, browser);
    const first = await redeem(house, app, code);
    house.clock.advance(30_000);
    const again = await redeem(house, app, code);
    assert.deepEqual([again.status, again.body.error], [400, 'invalid_grant']);
    assert.equal(await userinfo(first.body.access_token), 401);
  });

  it('works once, however many come with it at the same time', async () => {
    const code = await codeIn(house, app, browser);
    const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(house, app, code)));
    assert.ok(answers.filter(({ status }) => status === 200).length <= 1);
  });

  it('is of no use to another client (§4.1.3)', async () => {
    const other = await house.addApp('other');
    const { status, body } = await redeem(house, other, await codeIn(house, app, browser));
    assert.deepEqual([status, body.error], [400, 'invalid_grant']);
  });

  it('is of no use with another redirect_uri, though it is registered, nor without one (§4.1.3)', async () => {
    for (const redirect_uri of [OTHER_CALLBACK, `${CALLBACK}/`, undefined]) {
      const code = await codeIn(house, app, browser);
      const { status, body } = await redeem(house, app, code, { redirect_uri });
      assert.equal(status, 400);
      assert.match(String(body.error), /^invalid_(grant|request)$/);
    }
  });

  it('is of no use after a minute (§4.1.2)', async () => {
    const code = await codeIn(house, app, browser);
    house.clock.advance(61_000);
    const { status, body } = await redeem(house, app, code);
    assert.deepEqual([status, body.error], [400, 'invalid_grant']);
  });

  it('is refused where it is made up, empty or missing (§5.2)', async () => {
    const made = await redeem(house, app, 'A'.repeat(43));
    assert.deepEqual([made.status, made.body.error], [400, 'invalid_grant']);
    const none = await call(house, '/token', {
      grant_type: 'authorization_code',
      client_id: app.id,
    });
    assert.deepEqual([none.status, none.body.error], [400, 'invalid_request']);
  });

  it('is never taken from the address, nor with a parameter twice (§3.2)', async () => {
    const code = await codeIn(house, app, browser);
    const query = `grant_type=authorization_code&client_id=${app.id}&code=${code}`;
    const asked = await fetch(`${house.issuer}/token?${query}`);
    assert.ok(asked.status >= 400);
    const doubled = await call(house, '/token', `${query}&code=${code}`);
    assert.deepEqual([doubled.status, doubled.body.error], [400, 'invalid_request']);
  });

  it('is given for the grants that are on, and no password is one of them (§5.2, RFC 9700 §2.4)', async () => {
    for (const grant_type of ['password', 'implicit', 'urn:example:made-up']) {
      const { status, body } = await call(house, '/token', { grant_type, client_id: app.id });
      assert.deepEqual([status, body.error], [400, 'unsupported_grant_type']);
    }
  });
});
