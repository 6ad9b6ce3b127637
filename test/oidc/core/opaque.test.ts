/**
 * Access tokens of people that say nothing (RFC 7662): what they are worth is told to the application that they were given to and to
 * the API that they are for, to nobody else, and only while they are good.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { ApplicationDetail } from '@sallyport/contract/resources.ts';
import * as oidc from 'openid-client';
import type { z } from 'zod';
import type { ResourceId } from '../../../server/kernel/id.ts';
import { call } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import {
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  type Tokens,
  tokensFor,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProcess, addProof } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';

const API = 'https://pay.example.com/';
const OTHER = 'https://mail.example.com/';
const parameters = { scope: 'openid read', resource: API };
const INACTIVE = { active: false };

type Ask = (token: string) => Promise<Record<string, unknown>>;

describe('an opaque access token of a person', () => {
  let house: OidcHouse;
  let payments: ResourceId;
  let mail: ResourceId;
  let byApi: Ask;
  // Each with a clock of its own: people's codes move it ahead of the provider's.
  beforeEach(async () => {
    house = await openOidcHouse();
    const scopes = [
      { name: 'read', says: 'See what is there.' },
      { name: 'introspect', says: 'Be this API.' },
    ];
    payments = await house.addApi('payments', { audience: API, scopes });
    mail = await house.addApi('mail', { audience: OTHER, scopes });
    byApi = await asker('payments-server', payments, 'introspect');
  });
  afterEach(() => house.close());

  /** Whoever asks by a secret of its own, and is listed for that. */
  async function asker(name: string, resource: ResourceId, ...scopes: string[]): Promise<Ask> {
    const process = await addProcess(house, name, [{ resource, scopes }]);
    const { shownOnce } = await addProof(house, process, 'secret', {});
    const [client_secret = ''] = shownOnce ?? [];
    return async (token) => {
      const { status, body } = await call(house, '/introspect', {
        token,
        client_id: name,
        client_secret,
      });
      assert.equal(status, 200, JSON.stringify(body));
      return body;
    };
  }

  /** Whoever asks by a token that it was given for being that API. */
  async function tokenAsker(name: string, resource: ResourceId, audience: string): Promise<Ask> {
    const process = await addProcess(house, name, [{ resource, scopes: ['introspect'] }]);
    const { shownOnce } = await addProof(house, process, 'secret', {});
    const own = await call(house, '/token', {
      grant_type: 'client_credentials',
      client_id: name,
      client_secret: shownOnce?.[0] ?? '',
      resource: audience,
      scope: 'introspect',
    });
    assert.equal(own.status, 200, JSON.stringify(own.body));
    const authorization = `Bearer ${own.body.access_token}`;
    return async (token) => (await call(house, '/introspect', { token }, { authorization })).body;
  }

  async function client(name: string, detail: z.input<typeof ApplicationDetail> = {}) {
    const app = await house.addApp(name, {
      clientAuth: 'secret',
      accessTokenFormat: 'opaque',
      apis: [API, OTHER].map((audience) => ({ audience, scopes: ['read'] })),
      ...detail,
    });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    const config = await app.config(oidc.ClientSecretBasic(shownOnce?.[0] ?? ''));
    const byApp: Ask = async (token) => ({ ...(await oidc.tokenIntrospection(config, token)) });
    return { app, config, byApp };
  }

  const given = (config: oidc.Configuration, person: TestPerson, browser?: WebClient, more = {}) =>
    tokensFor(house, config, person, {
      ...(browser && { browser }),
      parameters: { ...parameters, ...more },
    });

  it('is told of to its application and to its API, with whom it is for and what it may', async () => {
    const { app, config, byApp } = await client('wiki');
    const byToken = await tokenAsker('payments-too', payments, API);
    const ada = await house.person('ada');
    const { access_token: token } = await given(config, ada);
    assert.match(token, /^[A-Za-z0-9_-]{43}$/);
    const seen = await eventsOf(house, async () => {
      for (const ask of [byApp, byApi, byToken]) {
        const told = await ask(token);
        assert.deepEqual(
          [told.active, told.sub, told.aud, told.scope, told.client_id, told.token_type, told.iss],
          [true, ada.id, API, 'read', app.id, 'Bearer', house.issuer],
        );
        assert.equal(told.acr, 'urn:sallyport:acr:two-kinds');
        assert.deepEqual([...(told.amr as string[])].sort(), ['mfa', 'otp', 'pwd']);
        assert.ok(Number(told.auth_time) > 0);
        assert.equal(Number(told.exp) - Number(told.iat), 600);
      }
    });
    assert.equal(count(seen, 'entry.granted'), 1, 'its API came in by its proof');
    assert.equal(count(seen, 'entry.refused'), 0);
  });

  it('is nothing to other applications, other APIs and whoever only calls its API', async () => {
    const { config } = await client('wiki');
    const other = await client('other');
    const strangers = [
      other.byApp,
      await asker('mail-server', mail, 'introspect'),
      await tokenAsker('mail-too', mail, OTHER),
      await asker('caller', payments, 'read'),
    ];
    const { access_token: token } = await given(config, await house.person('ada'));
    const seen = await eventsOf(house, async () => {
      for (const ask of strangers) assert.deepEqual(await ask(token), INACTIVE);
      const altered = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
      assert.deepEqual(await byApi(altered), INACTIVE);
      assert.equal((await byApi(token)).active, true);
    });
    assert.equal(count(seen, 'entry.refused'), 0, 'a question is no attempt');
    assert.ok(count(seen, 'process.recognised') >= 3);
    const shown = { token, client_id: 'payments-server', client_secret: 'a guess' };
    const wrong = await eventsOf(house, async () => {
      assert.equal((await call(house, '/introspect', shown)).status, 401);
      assert.equal((await call(house, '/introspect', { token })).status, 401);
    });
    assert.equal(count(wrong, 'entry.refused', 'refused'), 1);
  });

  it('calls its person to the API as its application does: in a sector, by a name of its own', async () => {
    const ada = await house.person('ada');
    const near = await client('near', { pairwiseSector: 'near.example' });
    const far = await client('far', { pairwiseSector: 'far.example' });
    const subs = [];
    for (const { config, byApp } of [near, far]) {
      const tokens = await given(config, ada);
      const { sub } = await byApi(tokens.access_token);
      assert.equal(sub, tokens.claims()?.sub);
      assert.equal(sub, (await byApp(tokens.access_token)).sub);
      subs.push(sub);
    }
    assert.equal(new Set([...subs, ada.id]).size, 3);
  });

  it('for nobody’s API is told of to its application alone', async () => {
    const { config, byApp } = await client('wiki');
    const ada = await house.person('ada');
    const tokens = await tokensFor(house, config, ada, { parameters: { scope: 'openid' } });
    assert.equal((await byApp(tokens.access_token)).active, true);
    assert.deepEqual(await byApi(tokens.access_token), INACTIVE);
  });

  it('that is bound to a key says to which', async () => {
    const { config } = await client('wiki', { boundTokens: true });
    const keys = await oidc.randomDPoPKeyPair();
    const DPoP = oidc.getDPoPHandle(config, keys);
    const ada = await house.person('ada');
    const { access_token: token } = await tokensFor(house, config, ada, { parameters, DPoP });
    const told = await byApi(token);
    assert.equal(told.token_type, 'DPoP');
    assert.equal(typeof (told.cnf as { jkt: string }).jkt, 'string');
  });

  it('is refreshed by what only its application is told of', async () => {
    const { config, byApp } = await client('wiki', {
      grants: ['authorization_code', 'refresh_token'],
    });
    const byToken = await tokenAsker('payments-too', payments, API);
    const ada = await house.person('ada');
    const scope = { scope: 'openid read offline_access' };
    const { refresh_token = '' }: Tokens = await given(config, ada, undefined, scope);
    assert.match(refresh_token, /^[A-Za-z0-9_-]{43}$/);
    for (const ask of [byApi, byToken]) assert.deepEqual(await ask(refresh_token), INACTIVE);
    const told = await byApp(refresh_token);
    assert.deepEqual([told.active, told.sub, told.token_type], [true, ada.id, undefined]);
    const next = await oidc.refreshTokenGrant(config, refresh_token);
    assert.equal((await byApi(next.access_token)).active, true);
    house.clock.advance(11_000);
    assert.deepEqual(await byApp(refresh_token), INACTIVE, 'it was rotated');
    assert.equal((await byApp(next.refresh_token ?? '')).active, true);
  });

  const door = { door: 'cli' } as const;
  type End = (person: TestPerson, app: TestApp, browser: WebClient) => Promise<unknown>;
  const ends: Record<string, End> = {
    'its person is disabled': ({ id }) =>
      house.house.store.write((tx) => house.house.acts.disable(tx, id, door)),
    'its person is erased': ({ id }) =>
      house.house.store.write((tx) => house.house.acts.erase(tx, id, door)),
    'its session ends': async (_, _app, browser) => {
      await browser.get('/me');
      return browser.post('/signout', {});
    },
    'its grant is taken back': async (_, { id }, browser) => {
      await browser.get('/me');
      return browser.post(`/me/apps/${id}/revoke`, {});
    },
    'its API is removed': () =>
      house.house.store.write((tx) => house.house.resources.remove(tx, payments, door)),
  };
  for (const [what, end] of Object.entries(ends)) {
    it(`is nothing to anybody, at once, when ${what}`, async () => {
      const { app, config, byApp } = await client('wiki');
      const [ada, bea] = [await house.person('ada'), await house.person('bea')];
      const browser = house.browser();
      const { access_token: token } = await given(config, ada, browser);
      const other = await given(config, bea, undefined, { resource: OTHER });
      assert.equal((await byApi(token)).active, true);
      await end(ada, app, browser);
      assert.deepEqual(await byApi(token), INACTIVE);
      assert.deepEqual(await byApp(token), INACTIVE);
      assert.equal((await byApp(other.access_token)).active, true);
    });
  }

  it('is nothing to anybody when its time is over, its application is gone, or it was given back', async () => {
    const { app, config, byApp } = await client('wiki');
    const ada = await house.person('ada');
    const browser = house.browser();
    const { access_token: back } = await given(config, ada, browser);
    assert.equal((await byApi(back)).active, true);
    await oidc.tokenRevocation(config, back);
    assert.deepEqual([await byApi(back), await byApp(back)], [INACTIVE, INACTIVE]);
    const { access_token: left } = await given(config, ada, browser);
    const other = await client('other');
    const { access_token: late } = await given(other.config, ada, browser);
    assert.equal((await byApi(left)).active, true);
    await house.house.store.write((tx) => house.house.resources.remove(tx, app.id, door));
    assert.deepEqual(await byApi(left), INACTIVE);
    assert.equal((await byApi(late)).active, true);
    house.clock.advance(600_000);
    assert.deepEqual(await byApi(late), INACTIVE);
  });
});
