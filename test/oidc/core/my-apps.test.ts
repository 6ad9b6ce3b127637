/** `/me/apps` of the API: what may act for a person, and taking it back, as on their page. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { eventsOf } from '../../support/events.ts';
import {
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { until } from '../../support/until.ts';
import type { WebClient } from '../../support/web-client.ts';

const API = 'https://pay.example.com/';
const parameters = { scope: 'openid offline_access read', resource: API };

describe('the applications of a person, by the API', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  before(async () => {
    house = await openOidcHouse();
    const scopes = [{ name: 'read', says: 'See your payments.' }];
    await house.addApi('payments', { audience: API, scopes });
    app = await house.addApp('wiki', { apis: [{ audience: API, scopes: ['read'] }] });
    config = await app.config();
  });
  after(() => house.close());

  async function signedIn(name: string) {
    const person: TestPerson = await house.person(name);
    const browser: WebClient = house.browser();
    const tokens = await tokensFor(house, config, person, { browser, parameters });
    const cookie = browser.cookies.get(house.cookieName('session')) ?? '';
    return { person, cookie, refresh: tokens.refresh_token ?? '' };
  }
  const params = () => ({ id: app.id });

  /** It is noted once the application has its answer, so it may take a few questions. */
  const usedSince = (cookie: string, moment: number) =>
    until('an application was used', async () => {
      const [item] = (await house.api('listMyApps', { cookie })).json.items;
      return Date.parse(item.lastUsedAt) >= moment && item;
    });

  it('are listed with what they may, and are over once they are taken back', async () => {
    const { person, cookie, refresh } = await signedIn('ada');
    const { json } = await house.api('listMyApps', { cookie });
    assert.equal(json.items.length, 1);
    const { id, title, offline, may } = json.items[0];
    assert.deepEqual([id, title, offline, may], [app.id, 'wiki', true, ['See your payments.']]);
    const seen = await eventsOf(house, async () => {
      assert.equal((await house.api('revokeMyApp', { cookie, params: params() })).status, 204);
      assert.deepEqual((await house.api('listMyApps', { cookie })).json.items, []);
      await assert.rejects(oidc.refreshTokenGrant(config, refresh), { error: 'invalid_grant' });
      assert.equal((await house.api('revokeMyApp', { cookie, params: params() })).status, 404);
    });
    const revoked = seen.filter(({ type }) => type === 'app.revoked');
    assert.deepEqual(
      revoked.map(({ subject, door, data }) => [subject, door, data]),
      [[person.id, 'api', { app: app.id, grants: 1 }]],
    );
  });

  it('tell since when each may act, and when it last did', async () => {
    const { person, cookie, refresh } = await signedIn('eve');
    const [before] = (await house.api('listMyApps', { cookie })).json.items;
    assert.ok(Date.parse(before.lastUsedAt) >= Date.parse(before.since), 'it fetched its tokens');
    house.clock.advance(2 * 60_000);
    const now = house.clock.now();
    assert.ok((await oidc.refreshTokenGrant(config, refresh)).access_token);
    const after = await usedSince(cookie, now);
    assert.deepEqual([after?.since, Date.parse(after?.lastUsedAt)], [before.since, now]);
    const browser = house.browser();
    browser.cookies.set(house.cookieName('session'), cookie);
    const { text } = await browser.get('/me');
    assert.match(text, /<b>wiki<\/b>.*used <time datetime="([^"]+)"/s);
    const [, shown = ''] = /<b>wiki<\/b>.*?used <time datetime="([^"]+)"/s.exec(text) ?? [];
    assert.equal(Date.parse(shown), now, `${person.identifier} reads when on their page`);
  });

  it('are shown to nobody else and ended by nobody else', async () => {
    const bob = await signedIn('bob');
    const cat = await house.person('cat');
    const browser = house.browser();
    const other = await house.addApp('other');
    await tokensFor(house, await other.config(), cat, { browser });
    const cookie = browser.cookies.get(house.cookieName('session')) ?? '';
    const { json } = await house.api('listMyApps', { cookie });
    assert.deepEqual(
      json.items.map(({ id }: { id: string }) => id),
      [other.id],
    );
    assert.equal((await house.api('revokeMyApp', { cookie, params: params() })).status, 404);
    assert.equal((await house.api('listMyApps')).status, 401);
    assert.equal((await house.api('revokeMyApp', { params: params() })).status, 401);
    assert.ok((await oidc.refreshTokenGrant(config, bob.refresh)).access_token);
  });

  it('are listed and can be taken back when an API is gone that they were let into', async () => {
    const { cookie, refresh } = await signedIn('dan');
    const api = await house.house.store.read((q) => house.house.resources.byAudience(q, API));
    await house.house.store.write((tx) =>
      house.house.resourceActs.remove(tx, api?.id ?? '', { door: 'cli' }),
    );
    const { json } = await house.api('listMyApps', { cookie });
    assert.deepEqual(
      json.items.map(({ id, may }: { id: string; may: string[] }) => [id, may]),
      [[app.id, []]],
    );
    assert.equal((await house.api('revokeMyApp', { cookie, params: params() })).status, 204);
    assert.deepEqual((await house.api('listMyApps', { cookie })).json.items, []);
    await assert.rejects(oidc.refreshTokenGrant(config, refresh), { error: 'invalid_grant' });
  });
});
