/**
 * An application that asks for a token for an API and names none of its scopes (RFC 8707). Such a token is good there all the same, for
 * whoever asks no scope: so people are asked about the API, find it on their page, and whether they may come in there is judged each
 * time that the application asks for another, as it is of any.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { askingApp, openAskingHouse, openRequest, waiting } from '../support/ciba.ts';
import { ask, call, codeIn, redeem, signedIn } from '../support/code-client.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp, wander } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import type { WebClient } from '../support/web-client.ts';

const AUDIENCE = 'https://payroll.example.com';
const SCOPES = [{ name: 'read', says: 'Read what everyone earns' }];
const LISTED = { open: 'listed', members: ['staff'] } as const;
const APIS = [{ audience: AUDIENCE, scopes: ['read'] }];
const QUIETLY = { scope: 'openid offline_access', resource: AUDIENCE };

describe('an API that is asked for without a word about its scopes', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    await join('staff');
    await house.addApi('payroll', { audience: AUDIENCE, scopes: SCOPES }, LISTED);
    app = await house.addApp('wiki', { apis: APIS });
    browser = await signedIn(house, app, ada);
  });
  after(() => house.close());

  const join = (...groups: string[]) =>
    house.house.store.write((tx) =>
      house.house.acts.change(tx, ada.id, { groups }, { door: 'cli' }),
    );

  it('is closed to a refresh token once its person may not come in there any more', async () => {
    const { body } = await redeem(house, app, await codeIn(house, app, browser, QUIETLY));
    assert.equal(decodeJwt(String(body.access_token)).aud, AUDIENCE);
    const refresh = (change = {}) =>
      call(house, '/token', {
        grant_type: 'refresh_token',
        refresh_token: String(body.refresh_token),
        client_id: app.id,
        ...change,
      });
    await join('choir');
    const refused = await eventsOf(house, async () => {
      for (const change of [{}, { resource: AUDIENCE }, { scope: 'openid' }]) {
        const { status, body } = await refresh(change);
        assert.deepEqual([status, body.error], [400, 'invalid_grant']);
      }
    });
    assert.equal(count(refused, 'entry.refused', 'refused'), 1, 'and twice more, which is counted');
    await join('staff');
    const again = await eventsOf(house, async () => {
      const { status, body } = await refresh();
      assert.equal(status, 200);
      assert.equal(decodeJwt(String(body.access_token)).aud, AUDIENCE);
    });
    assert.equal(count(again, 'entry.granted', 'granted'), 1);
  });

  it('stands on the page that asks its person, on their own, and is asked anew of who agreed to less', async () => {
    const others = await house.addApp('ledger', {
      title: 'Ledger Sync',
      firstParty: false,
      apis: APIS,
    });
    const agree = async (asked: Awaited<ReturnType<typeof ask>>) => {
      const yes = await browser.post(asked.at, { answer: 'yes' });
      const { left } = await wander(house, browser, yes);
      assert.ok(left?.searchParams.get('code'), `${left}`);
    };
    await join('staff');
    const first = await ask(house, others, {}, browser);
    assert.doesNotMatch(first.page.text, /payroll/);
    await agree(first);
    const seen = await eventsOf(house, async () => {
      const hidden = { resource: AUDIENCE };
      const silent = await ask(house, others, { ...hidden, prompt: 'none' }, browser);
      assert.equal(silent.left?.searchParams.get('error'), 'consent_required');
      const again = await ask(house, others, hidden, browser);
      assert.equal(again.left, undefined, 'nobody agreed to that');
      assert.match(again.page.text, /at payroll:<\/p><ul><li>Come in as you\./);
      assert.doesNotMatch(again.page.text, /everyone earns/);
      await agree(again);
      assert.ok((await ask(house, others, hidden, browser)).left?.searchParams.get('code'));
    });
    const consented = seen.find(({ type }) => type === 'app.consented');
    assert.deepEqual(consented?.data.scopes, ['openid', `${AUDIENCE}#`]);
    assert.match((await browser.get('/me')).text, /Ledger Sync.*Come in as you at payroll/s);
  });
});

describe('an API that is asked for in the background without a word about its scopes', () => {
  it('is read by its person before they answer, who is told of then', async () => {
    const { house, ada, browser } = await openAskingHouse();
    try {
      await house.addApi('payroll', { audience: AUDIENCE, scopes: SCOPES });
      const app = await askingApp(house, 'Ledger', { firstParty: false, apis: APIS });
      const { body } = await app.ask('ada', { resource: AUDIENCE });
      const [path = ''] = await waiting(browser);
      const { text } = await openRequest(house, browser, ada, path);
      assert.match(text, /at payroll:<\/p><ul><li>Come in as you\./);
      const seen = await eventsOf(house, async () => {
        await browser.post(path, { number: String(body.sallyport_number) });
        const { body: tokens } = await app.poll(body.auth_req_id);
        assert.equal(decodeJwt(String(tokens.access_token)).aud, AUDIENCE, JSON.stringify(tokens));
      });
      assert.equal(count(seen, 'app.request-approved', 'granted'), 1);
    } finally {
      await house.close();
    }
  });
});
