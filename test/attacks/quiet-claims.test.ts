/**
 * An application of others that asks for what is personal one by one, in `claims` (OpenID Connect Core §5.5), where people are asked
 * about what stands in `scope`: whatever way it is asked for, it is told only what they read and agreed to.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import { askingApp, openAskingHouse, openRequest, waiting } from '../support/ciba.ts';
import { ask, redeem } from '../support/code-client.ts';
import { count, eventsOf } from '../support/events.ts';
import {
  type OidcHouse,
  openOidcHouse,
  signInFrom,
  type TestApp,
  wander,
} from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import type { WebClient } from '../support/web-client.ts';

const QUIETLY = JSON.stringify({
  id_token: { groups: null },
  userinfo: { email: { essential: true }, preferred_username: null },
});

describe('what an application asks for one by one', () => {
  let house: OidcHouse;
  let app: TestApp;
  let ada: TestPerson;
  let browser: WebClient;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    app = await house.addApp('ledger', { title: 'Ledger Sync', firstParty: false });
    browser = house.browser();
    await ask(house, app, {}, browser);
    await signInFrom(house, browser, ada);
  });
  after(() => house.close());

  /** Says yes where it is asked. */
  async function agree(asked: Awaited<ReturnType<typeof ask>>): Promise<string> {
    const yes = await browser.post(asked.at, { answer: 'yes' });
    const { left } = await wander(house, browser, yes);
    const code = left?.searchParams.get('code');
    assert.ok(code, `${left}`);
    return code;
  }

  async function told(code: string): Promise<readonly string[]> {
    const { body } = await redeem(house, app, code);
    const answer = await fetch(`${house.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${body.access_token}` },
    });
    const names = [
      ...Object.keys(decodeJwt(String(body.id_token))),
      ...Object.keys((await answer.json()) as object),
    ];
    return ['email', 'preferred_username', 'groups'].filter((name) => names.includes(name));
  }

  it('stands on the page that asks its person, and is asked anew of who agreed to less', async () => {
    const first = await ask(house, app, {}, browser);
    assert.match(first.page.text, /Let Ledger Sync in/);
    assert.doesNotMatch(first.page.text, /your email address/);
    assert.deepEqual(await told(await agree(first)), [], 'no more than was agreed to');
    const seen = await eventsOf(house, async () => {
      const again = await ask(house, app, { claims: QUIETLY }, browser);
      assert.equal(again.left, undefined, 'nobody agreed to that');
      assert.match(again.page.text, /your email address/);
      assert.match(again.page.text, /the name that you sign in with/);
      assert.match(again.page.text, /the groups that you are in/);
      const silent = await ask(house, app, { claims: QUIETLY, prompt: 'none' }, browser);
      assert.equal(silent.left?.searchParams.get('error'), 'consent_required');
      assert.deepEqual(await told(await agree(again)), ['email', 'preferred_username', 'groups']);
    });
    assert.equal(count(seen, 'app.consented', 'done'), 1);
    const consented = seen.find(({ type }) => type === 'app.consented');
    assert.deepEqual(consented?.data.scopes, ['openid', 'profile', 'email', 'groups']);
    const known = await ask(house, app, { claims: QUIETLY }, browser);
    assert.ok(known.left?.searchParams.get('code'), 'not asked a second time');
  });
});

describe('what an application asks for one by one, in the background', () => {
  it('is read by its person before they answer, who is told of then', async () => {
    const { house, ada, browser } = await openAskingHouse();
    try {
      const app = await askingApp(house, 'Ledger', { firstParty: false });
      const { body } = await app.ask('ada', { claims: QUIETLY });
      const [path = ''] = await waiting(browser);
      const { text } = await openRequest(house, browser, ada, path);
      assert.match(text, /your email address/);
      assert.match(text, /the groups that you are in/);
      const seen = await eventsOf(house, async () => {
        await browser.post(path, { number: String(body.sallyport_number) });
        const { body: tokens } = await app.poll(body.auth_req_id);
        assert.ok(decodeJwt(String(tokens.id_token)).groups, JSON.stringify(tokens));
        assert.equal(tokens.scope, 'openid');
      });
      assert.equal(count(seen, 'app.request-approved', 'granted'), 1);
    } finally {
      await house.close();
    }
  });
});
