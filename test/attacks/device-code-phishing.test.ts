/**
 * Somebody asks for a code on a device of theirs and sends it to a person, who lets them in (T1566, T1528; RFC 8628 §5.4). The
 * grant is off unless it is switched on; then no link brings the code along, only people who are signed in can type one, and
 * they are told from where it was asked for.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, signInFrom, wander } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import type { WebClient } from '../support/web-client.ts';

const GRANTS = ['authorization_code', 'refresh_token', 'device_code'] as const;

describe('a device code', () => {
  let house: OidcHouse;
  let config: oidc.Configuration;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse({ oidc: { deviceGrant: true } });
    ada = await house.person('ada');
    config = await (
      await house.addApp('tv', { title: 'Northwind TV', grants: [...GRANTS] })
    ).config();
  });
  after(() => house.close());

  const xsrfOf = (text: string) => /name="xsrf" value="([^"]*)"/.exec(text)?.[1] ?? '';

  async function signedIn(): Promise<WebClient> {
    const browser = house.browser();
    await wander(house, browser, '/oidc/device');
    const { page } = await signInFrom(house, browser, ada);
    assert.match(page.text, /Type the code/);
    return browser;
  }

  async function confirm(browser: WebClient, userCode: string) {
    const asked = await browser.get('/oidc/device');
    return browser.post('/oidc/device', { xsrf: xsrfOf(asked.text), user_code: userCode });
  }

  it('that is typed lets the device in, after a page that says where it was asked for', async () => {
    const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
    const browser = await signedIn();
    const page = await confirm(browser, begun.user_code);
    assert.match(page.text, /Northwind TV/);
    assert.match(page.text, /this computer/);
    assert.match(page.text, /Did somebody send you this code/);
    const seen = await eventsOf(house, async () => {
      const yes = await browser.post('/oidc/device', {
        xsrf: xsrfOf(page.text),
        user_code: begun.user_code,
        confirm: 'yes',
      });
      const done = await wander(house, browser, yes);
      assert.match(done.page.text, /Your device is signed in/);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    const tokens = await oidc.pollDeviceAuthorizationGrant(config, {
      ...begun,
      interval: 0.01,
      expires_in: 3,
    });
    assert.equal(tokens.claims()?.sub, ada.id);
  });

  it('is brought along by no link', async () => {
    const seen = await eventsOf(house, async () => {
      const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
      assert.equal(begun.verification_uri_complete, undefined);
      const browser = await signedIn();
      const lured = await browser.get(`/oidc/device?user_code=${begun.user_code}`);
      assert.match(lured.text, /Type the code/);
      assert.doesNotMatch(lured.text, new RegExp(begun.user_code));
    });
    assert.equal(count(seen, 'entry.granted'), 0, 'nothing was let in, and nothing was refused');
  });

  it('is guessed at by nobody who is not signed in, and by no form of another site', async () => {
    const seen = await eventsOf(house, async () => {
      const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
      const fields = { xsrf: 'x', user_code: begun.user_code, confirm: 'yes' };
      const stranger = await house.browser().post('/oidc/device', fields);
      assert.equal(stranger.location, '/signin/enter?to=%2Foidc%2Fdevice');
      const browser = await signedIn();
      const forged = await browser.post('/oidc/device', fields);
      assert.equal(forged.status, 400);
      const wrong = await confirm(browser, 'BBBB-BBBB');
      assert.match(wrong.text, /not known/);
    });
    assert.deepEqual(
      seen.filter(({ outcome }) => outcome === 'refused').map((e) => [e.type, e.reason, e.subject]),
      [
        ['entry.refused', 'malformed', undefined],
        ['app.device-code-refused', 'wrong', ada.id],
      ],
    );
    assert.equal(count(seen, 'entry.granted'), 0);
  });

  it('that is refused on the page lets nobody in', async () => {
    const seen = await eventsOf(house, async () => {
      const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
      const browser = await signedIn();
      const page = await confirm(browser, begun.user_code);
      const fields = { xsrf: xsrfOf(page.text), user_code: begun.user_code, abort: 'yes' };
      await browser.post('/oidc/device', fields);
      await assert.rejects(
        oidc.pollDeviceAuthorizationGrant(config, { ...begun, interval: 0.01, expires_in: 3 }),
        {
          error: 'access_denied',
        },
      );
    });
    const [declined] = seen.filter(({ type }) => type === 'app.declined');
    assert.deepEqual([declined?.subject, typeof declined?.data.app], [ada.id, 'string']);
    assert.equal(count(seen, 'entry.granted'), 0);
  });

  it('is not come upon by trying: twenty a minute, told once, and the right one is good after a moment (RFC 8628 §5.1)', async () => {
    const begun = await oidc.initiateDeviceAuthorization(config, { scope: 'openid' });
    const browser = await signedIn();
    house.clock.advance(60_000);
    const { text } = await browser.get('/oidc/device');
    const statuses: number[] = [];
    const seen = await eventsOf(house, async () => {
      let xsrf = xsrfOf(text);
      for (let nth = 0; nth < 25; nth++) {
        const answer = await browser.post('/oidc/device', {
          xsrf,
          user_code: `BBBB-BBB${'BCDFG'[nth % 5]}`,
          confirm: 'yes',
        });
        statuses.push(answer.status);
        xsrf = xsrfOf(answer.text) || xsrf;
      }
      await house.house.counter.stop();
    });
    assert.deepEqual(statuses, [...Array(20).fill(200), ...Array(5).fill(429)]);
    const told = seen.filter(({ type }) => type === 'app.device-code-refused');
    assert.deepEqual(
      told.map(({ reason, subject }) => [reason, subject]),
      [
        ['wrong', ada.id],
        ['throttled', ada.id],
      ],
    );
    const counted = seen.filter(({ type, outcome }) => {
      return type === 'decision.counted' && outcome === 'refused';
    });
    assert.equal(
      counted.reduce((sum, { data }) => sum + Number(data.count), 0),
      23,
    );
    house.clock.advance(10_000);
    const page = await confirm(browser, begun.user_code);
    assert.match(page.text, /Northwind TV/);
  });

  it('is not given where nobody switched the grant on', async () => {
    const plain = await house.addApp('plain');
    await assert.rejects(
      oidc.initiateDeviceAuthorization(await plain.config(), { scope: 'openid' }),
    );
    const off = await openOidcHouse();
    const app = await off.addApp('tv');
    const metadata = (await app.config()).serverMetadata();
    assert.equal(metadata.device_authorization_endpoint, undefined);
    const asked = await off.send({ method: 'POST', path: '/oidc/device/authorize' });
    assert.equal(asked.status, 404);
    await off.close();
  });
});
