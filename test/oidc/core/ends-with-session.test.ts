/** Tokens of a sign-in that ends with its session: whoever verifies them by themselves asks nobody whether that is over. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { gateConfig } from '../../../server/gate/gate-config.ts';
import { codeIn, redeem, signedIn } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../../support/oidc-house.ts';
import type { WebClient } from '../../support/web-client.ts';

const API = 'https://pay.example.com/';

describe('a token of a person', () => {
  let house: OidcHouse;
  let browser: WebClient;
  let apps: readonly TestApp[];
  before(async () => {
    const gate = gateConfig.parse({ idle: '5m', absolute: '5m' });
    house = await openOidcHouse({ settings: { gate } });
    await house.addApi('payments', { audience: API });
    const apis = [{ audience: API, scopes: [] }];
    apps = [
      await house.addApp('wiki', { apis }),
      await house.addApp('ledger', { apis, accessTokenFormat: 'opaque' }),
    ];
    const [app] = apps;
    assert.ok(app);
    browser = await signedIn(house, app, await house.person('ada'));
  });
  after(() => house.close());

  it('lives no longer than the session that it was given in', async () => {
    const lives = async (app: TestApp, change: Record<string, string>) => {
      const { body } = await redeem(house, app, await codeIn(house, app, browser, change));
      const { iat = 0, exp = 0 } = decodeJwt(String(body.id_token));
      return [Number(body.expires_in), exp - iat];
    };
    const seen = await eventsOf(house, async () => {
      for (const app of apps) {
        for (const change of [{}, { resource: API }]) {
          const short = await lives(app, change);
          assert.ok(
            short.every((time) => time > 0 && time <= 300),
            `${short}`,
          );
          const long = await lives(app, { ...change, scope: 'openid offline_access' });
          assert.deepEqual(long, [600, 600], 'it goes on while they are away');
        }
      }
    });
    assert.ok(count(seen, 'entry.granted', 'granted') >= 8);
  });
});
