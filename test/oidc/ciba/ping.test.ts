/** OpenID Connect CIBA Core §10.2: an application that wants to be told is told of its request, once, and of nothing else. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { type AskingApp, askingApp, atHome, choose, waiting } from '../../support/ciba.ts';
import { events } from '../../support/events.ts';
import { type OidcHouse, openOidcHouse } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import type { WebClient } from '../../support/web-client.ts';

const TOLD_AT = 'https://till.example.com/told';
const TOKEN = 'a-token-of-the-application';

describe('an application that wants to be told', () => {
  let house: OidcHouse;
  let app: AskingApp;
  let ada: TestPerson;
  let browser: WebClient;
  let told: unknown[];
  let takes: boolean;
  beforeEach(async () => {
    told = [];
    takes = true;
    house = await openOidcHouse({
      oidc: { ciba: true },
      parts: {
        post: async (...sent) => {
          told.push(sent);
          return takes;
        },
      },
    });
    ada = await house.person('ada');
    app = await askingApp(house, 'Till', { cibaNotificationUri: TOLD_AT });
    browser = await atHome(house, ada);
  });
  afterEach(() => house.close());

  /** It is told after the person has their answer, so this waits for the record of it. */
  async function outcomes(): Promise<string[]> {
    for (;;) {
      const found = (await events(house)).filter(({ type }) => type === 'app.told-of-answer');
      if (found.length > 0) return found.map(({ outcome }) => outcome);
    }
  }

  it('is told its own handle with its own token, and fetches the rest', async () => {
    const begun = await oidc.initiateBackchannelAuthentication(app.client, {
      scope: 'openid',
      login_hint: 'ada',
      client_notification_token: TOKEN,
    });
    assert.deepEqual(told, []);
    await choose(house, browser, ada, begun.sallyport_number);
    assert.deepEqual(await outcomes(), ['done']);
    assert.deepEqual(told, [[TOLD_AT, { auth_req_id: begun.auth_req_id }, TOKEN]]);
    const tokens = await oidc.pollBackchannelAuthenticationGrant(app.client, {
      ...begun,
      interval: 0.01,
    });
    assert.equal(tokens.claims()?.sub, ada.id);
  });

  it('is told of a refusal alike, and finds out by asking where it could not be told', async () => {
    takes = false;
    const { body } = await app.ask('ada', { client_notification_token: TOKEN });
    const [path = ''] = await waiting(browser);
    await browser.get(path);
    await browser.post(`${path}/disown`, {});
    assert.deepEqual(await outcomes(), ['failed']);
    assert.deepEqual(told, [[TOLD_AT, { auth_req_id: body.auth_req_id }, TOKEN]]);
    assert.equal((await app.poll(body.auth_req_id)).body.error, 'access_denied');
  });

  it('has to bring a token that can stand in a header (§7.1.1)', async () => {
    for (const token of ['', 'two words', 'line\r\nX-Admin: yes', 'x'.repeat(1025)]) {
      const { body, status } = await app.ask('ada', { client_notification_token: token });
      assert.deepEqual([status, body.error], [400, 'invalid_request'], token.slice(0, 20));
    }
    assert.deepEqual(await waiting(browser), []);
  });
});
