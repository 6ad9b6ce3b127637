/** People's access tokens at the API that they are for (RFC 7662), and how they end: at once, wherever one asks. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import type * as oidc from 'openid-client';
import type { ResourceId } from '../../../server/kernel/id.ts';
import { count, eventsOf } from '../../support/events.ts';
import {
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProcess, addProof } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

const API = 'https://pay.example.com/';
const FORM = 'application/x-www-form-urlencoded';

describe('an access token of a person', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let api: ResourceId;
  let introspect: (token: string) => Promise<{ status: number; body: Record<string, unknown> }>;
  let asStranger: typeof introspect;
  // Each with a clock of its own: people's codes move it ahead of the provider's.
  beforeEach(async () => {
    house = await openOidcHouse();
    api = await house.addApi('payments', {
      audience: API,
      scopes: [
        { name: 'read', says: 'See your payments.' },
        { name: 'introspect', says: 'Be this API.' },
      ],
    });
    app = await house.addApp('wiki', { apis: [{ audience: API, scopes: ['read'] }] });
    config = await app.config();
    introspect = await asker('server', [{ resource: api, scopes: ['introspect'] }]);
    asStranger = await asker('stranger', [{ resource: api, scopes: ['read'] }]);
  });
  afterEach(() => house.close());

  async function asker(
    name: string,
    entries: readonly { readonly resource: ResourceId; readonly scopes: readonly string[] }[],
  ) {
    const process = await addProcess(house, name, entries);
    const { shownOnce } = await addProof(house, process, 'secret', {});
    const [secret = ''] = shownOnce ?? [];
    return async (token: string) => {
      const answer = await house.send({
        method: 'POST',
        path: '/oidc/introspect',
        headers: { 'content-type': FORM },
        body: new URLSearchParams({ token, client_id: name, client_secret: secret }).toString(),
      });
      return { status: answer.status, body: answer.json as Record<string, unknown> };
    };
  }

  const parameters = { scope: 'openid read', resource: API };
  const tokenFor = async (person: TestPerson, browser: WebClient, more = {}) =>
    (await tokensFor(house, config, person, { browser, parameters: { ...parameters, ...more } }))
      .access_token;

  async function listed(): Promise<readonly unknown[]> {
    house.clock.advance(3000);
    const { text } = await house.send({ path: '/oidc/status' });
    return decodeJwt(text).ended as unknown[];
  }

  it('is told of to its API, with whom it is for and what it may', async () => {
    const ada = await house.person('ada');
    const token = await tokenFor(ada, house.browser());
    const { gid } = decodeJwt(token);
    const { body } = await introspect(token);
    assert.deepEqual(
      [body.active, body.sub, body.aud, body.scope, body.client_id],
      [true, ada.id, API, 'read', app.id],
    );
    assert.equal(body.acr, 'urn:sallyport:acr:two-kinds');
    assert.ok(!(await listed()).includes(gid));
  });

  it('is told of to nobody else, who are recognised and refused nothing', async () => {
    const token = await tokenFor(await house.person('bea'), house.browser());
    const seen = await eventsOf(house, async () => {
      assert.deepEqual(await asStranger(token), { status: 200, body: { active: false } });
    });
    assert.equal(count(seen, 'entry.refused'), 0);
    assert.equal(count(seen, 'process.recognised'), 1);
    const altered = `${token.slice(0, -6)}${token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`;
    assert.deepEqual((await introspect(altered)).body, { active: false });
    assert.equal((await introspect(token)).body.active, true);
  });

  const door = { door: 'cli' } as const;
  const ends: Record<string, (person: TestPerson, browser: WebClient) => Promise<unknown>> = {
    'its person is disabled': ({ id }) =>
      house.house.store.write((tx) => house.house.acts.disable(tx, id, door)),
    'its person is erased': ({ id }) =>
      house.house.store.write((tx) => house.house.acts.erase(tx, id, door)),
    'its person changes groups': ({ id }) =>
      house.house.store.write((tx) =>
        house.house.people.change(tx, id, { groups: ['elsewhere'] }, door),
      ),
    'its session ends': async (_, browser) => {
      await browser.get('/me');
      return browser.post('/signout', {});
    },
    'its grant is taken back': async (_, browser) => {
      await browser.get('/me');
      return browser.post(`/me/apps/${app.id}/revoke`, {});
    },
  };
  for (const [n, [what, end]] of Object.entries(ends).entries()) {
    it(`is over at once, and listed as ended, when ${what}`, async () => {
      const person = await house.person(`person-${n}`);
      const other = await tokenFor(await house.person(`other-${n}`), house.browser());
      const browser = house.browser();
      const token = await tokenFor(person, browser);
      const { gid } = decodeJwt(token);
      assert.equal((await introspect(token)).body.active, true);
      assert.ok(!(await listed()).includes(gid));
      await end(person, browser);
      assert.deepEqual((await introspect(token)).body, { active: false });
      assert.ok((await listed()).includes(gid));
      assert.equal((await introspect(other)).body.active, true);
      assert.ok(!(await listed()).includes(decodeJwt(other).gid));
    });
  }
});
