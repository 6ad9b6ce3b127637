/**
 * An application that was shut out goes on with what people let it do before (T1550.001): its access tokens at APIs and at userinfo, its
 * refresh tokens once it is let in again. All of that is over at once, and for good, since who disabled it does not know who has them.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import type { ResourceId } from '../../server/kernel/id.ts';
import { call, codeIn, redeem, signedIn } from '../support/code-client.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp } from '../support/oidc-house.ts';
import { addProcess, addProof } from '../support/processes.ts';
import type { WebClient } from '../support/web-client.ts';

const API = 'https://pay.example.com/';
const CLI = { door: 'cli' } as const;

interface Proven {
  readonly app: TestApp;
  readonly shows: { readonly client_id: string; readonly client_secret: string };
  readonly browser: WebClient;
}

describe('an application that is shut out', () => {
  let house: OidcHouse;
  let api: ResourceId;
  let server: { readonly client_id: string; readonly client_secret: string };
  before(async () => {
    house = await openOidcHouse();
    const scopes = ['read', 'introspect'].map((name) => ({ name, says: name }));
    api = await house.addApi('payments', { audience: API, scopes });
    const process = await addProcess(house, 'server', [{ resource: api, scopes: ['introspect'] }]);
    const { shownOnce } = await addProof(house, process, 'secret', {});
    server = { client_id: 'server', client_secret: shownOnce?.[0] ?? '' };
  });
  after(() => house.close());

  async function proven(name: string, accessTokenFormat: 'jwt' | 'opaque'): Promise<Proven> {
    const apis = [{ audience: API, scopes: ['read'] }];
    const app = await house.addApp(name, { clientAuth: 'secret', apis, accessTokenFormat });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    const shows = { client_id: app.id, client_secret: shownOnce?.[0] ?? '' };
    const browser = await signedIn(house, app, await house.person(`${name}-ada`));
    return { app, shows, browser };
  }

  async function tokens({ app, shows, browser }: Proven, resource?: string) {
    const scope = `openid offline_access ${resource === undefined ? '' : 'read'}`.trim();
    const code = await codeIn(house, app, browser, { scope, resource });
    const { body } = await redeem(house, app, code, shows);
    assert.ok(body.refresh_token, JSON.stringify(body));
    return { access: String(body.access_token), refresh: String(body.refresh_token) };
  }

  const isActive = async (token: string) =>
    (await call(house, '/introspect', { token, ...server })).body.active;
  const refresh = ({ shows }: Proven, refresh_token: string) =>
    call(house, '/token', { grant_type: 'refresh_token', refresh_token, ...shows });
  const knows = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${house.issuer}/userinfo`, { headers })).status;
  };
  const set = (how: 'disable' | 'enable', { app }: Proven) =>
    house.house.store.write((tx) => house.house.processes[how](tx, app.process.id, CLI));

  for (const format of ['jwt', 'opaque'] as const) {
    it(`has nothing left of what people let it do, by ${format} tokens, also when it is let in again`, async () => {
      const [thief, other] = [
        await proven(`${format}-a`, format),
        await proven(`${format}-b`, format),
      ];
      const [atApi, own] = [await tokens(thief, API), await tokens(thief)];
      const theirs = await tokens(other, API);
      assert.deepEqual([await isActive(atApi.access), await knows(own.access)], [true, 200]);

      const seen = await eventsOf(house, async () => {
        await set('disable', thief);
        assert.deepEqual([await isActive(atApi.access), await knows(own.access)], [false, 401]);
        assert.equal((await refresh(thief, own.refresh)).body.error, 'invalid_client');
        await set('enable', thief);
        assert.deepEqual([await isActive(atApi.access), await knows(own.access)], [false, 401]);
        assert.equal((await refresh(thief, atApi.refresh)).body.error, 'invalid_grant');
      });
      assert.equal(count(seen, 'process.disabled', 'done'), 1);
      assert.equal(count(seen, 'entry.refused', 'refused'), 1, 'while it was disabled');

      assert.equal(await isActive(theirs.access), true, 'nobody else’s');
      assert.equal((await refresh(other, theirs.refresh)).status, 200);
      const again = await tokens(thief, API);
      assert.equal(await isActive(again.access), true, 'its person came in again');
      if (format === 'jwt') {
        house.clock.advance(3000);
        const { text } = await house.send({ path: '/oidc/status' });
        const ended = decodeJwt(text).ended as unknown[];
        const gone = [atApi.access, theirs.access].map((one) => ended.includes(decodeJwt(one).gid));
        assert.deepEqual(gone, [true, false]);
      }
    });
  }
});
