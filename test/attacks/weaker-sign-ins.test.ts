/**
 * A sign-in that is weaker or older than the application asked for, by whatever way it asked (OpenID Connect Core §3.1.2.1, §5.5.1.1):
 * an essential level beside a lower one, a device that wants a proof anew, and claims that nobody can read.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { ask, call, redeem, signedIn } from '../support/code-client.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp, wander } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import type { WebClient } from '../support/web-client.ts';

const TWO = 'urn:sallyport:acr:two-kinds';
const acrOf = (acr: unknown) => JSON.stringify({ id_token: { acr } });
const essential = (...values: string[]) => acrOf({ essential: true, values });

describe('a sign-in that an application asks more of', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse({ oidc: { deviceGrant: true } });
    ada = await house.person('ada');
    app = await house.addApp('ledger', {
      grants: ['authorization_code', 'refresh_token', 'device_code'],
    });
    browser = await signedIn(house, app, ada);
  });
  after(() => house.close());

  it('has the essential level, whatever lower one is wished for beside it', async () => {
    const refused = await eventsOf(house, async () => {
      const higher = { claims: essential('phr'), acr_values: TWO };
      const { left, page } = await ask(house, app, higher, browser);
      assert.equal(left, undefined, `${left}`);
      assert.match(page.text, /This wants a stronger proof/);
      const unknown = await ask(
        house,
        app,
        { claims: essential('gold'), acr_values: TWO },
        browser,
      );
      assert.equal(
        unknown.left?.searchParams.get('error'),
        'unmet_authentication_requirements',
        `${unknown.left}`,
      );
      const none = await ask(house, app, { claims: essential(), acr_values: TWO }, browser);
      assert.ok(none.left?.searchParams.get('error'), `${none.left}`);
    });
    assert.equal(count(refused, 'app.refused', 'refused'), 1, 'and once more, which is counted');
    const entered = await eventsOf(house, async () => {
      const reached = { claims: essential(TWO), acr_values: 'phr' };
      const { left } = await ask(house, app, reached, browser);
      const { body } = await redeem(house, app, left?.searchParams.get('code') ?? '');
      assert.equal(decodeJwt(String(body.id_token)).acr, TWO, `${left}`);
    });
    assert.equal(count(entered, 'entry.granted', 'granted'), 1);
  });

  it('goes no further with a level that can’t be read, and is no fault of ours', async () => {
    const odd = [
      { essential: true, values: 'phr' },
      { essential: true, values: [['phr']] },
      { essential: true, value: { toString: 1 } },
      { essential: 'true', value: 'phr' },
      'phr',
    ];
    const refused = await eventsOf(house, async () => {
      for (const acr of odd) {
        const { left } = await ask(house, app, { claims: acrOf(acr) }, browser);
        assert.equal(left?.searchParams.get('error'), 'invalid_request', JSON.stringify(acr));
      }
      const asked = { client_id: app.id, scope: 'openid', claims: acrOf(odd[0]) };
      for (const path of ['/par', '/device/authorize']) {
        const { status, body } = await call(house, path, asked);
        assert.deepEqual([status, body.error], [400, 'invalid_request'], path);
      }
    });
    assert.ok(count(refused, 'app.refused', 'refused') >= 1);
    for (const acr of [null, {}, { essential: true }, { essential: false, values: ['gold'] }]) {
      const { left } = await ask(house, app, { claims: acrOf(acr) }, browser);
      assert.ok(left?.searchParams.get('code'), JSON.stringify(acr));
    }
  });

  it('has a proof that was shown for it, where a device wants one anew (max_age=0)', async () => {
    const xsrfOf = (text: string) => /name="xsrf" value="([^"]*)"/.exec(text)?.[1] ?? '';
    house.clock.advance(60_000);
    const begun = await call(house, '/device/authorize', {
      client_id: app.id,
      scope: 'openid',
      max_age: '0',
    });
    const code = { user_code: String(begun.body.user_code) };
    const form = async () => ({ xsrf: xsrfOf((await browser.get('/oidc/device')).text), ...code });
    const before = Math.floor(house.clock.now() / 1000);
    const stale = await eventsOf(house, async () => {
      await browser.post('/oidc/device', await form());
      const yes = await browser.post('/oidc/device', { ...(await form()), confirm: 'yes' });
      const { page } = await wander(house, browser, yes);
      assert.match(page.text, /Is it still you\?/);
    });
    assert.equal(count(stale, 'entry.granted'), 0);
    house.clock.advance(30_000);
    const fresh = await eventsOf(house, async () => {
      const shown = await browser.post('/confirm', { kind: 'totp', code: ada.totp.code() });
      const { page } = await wander(house, browser, shown);
      assert.match(page.text, /Your device is signed in/);
    });
    assert.equal(count(fresh, 'entry.granted', 'granted'), 1);
    const { body } = await call(house, '/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: app.id,
      device_code: String(begun.body.device_code),
    });
    assert.ok(Number(decodeJwt(String(body.id_token)).auth_time) >= before, JSON.stringify(body));
  });
});
