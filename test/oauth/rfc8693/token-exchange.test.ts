/** Token exchange (RFC 8693): a service that was called with a token asks for one to call on with. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Resource } from '../../../server/subjects/resource.ts';
import { count, eventsOf } from '../../support/events.ts';
import {
  ACCESS_TOKEN,
  claimsIn,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
  shownBy,
} from '../oauth-house.ts';
import { createExchanges, type Exchanges, STORE } from './exchanges.ts';

describe('token exchange (RFC 8693)', () => {
  let house: OAuthHouse;
  let exchanges: Exchanges;
  let shop: Resource;
  let store: Resource;
  let caller: Keyed;
  let service: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    exchanges = createExchanges(house);
    shop = await house.api('shop');
    store = await house.api('store', { audience: STORE });
    caller = await house.keyed('caller', [
      [shop, 'read', 'write'],
      [store, 'read', 'write'],
    ]);
    service = await house.keyed('service', [
      [shop, 'introspect'],
      [store, 'read', 'pay', 'introspect'],
    ]);
  });
  after(() => house.close());

  const tokenOf: Exchanges['tokenOf'] = (by, form) =>
    exchanges.tokenOf(by, { scope: 'read', ...form });
  const exchange: Exchanges['exchange'] = (...asked) => exchanges.exchange(...asked);

  test('keeps whose token it was, and says who acts (§4.1); it is on record', async () => {
    const subject = await tokenOf(caller);
    const seen = await eventsOf(house, async () => {
      const { status, body } = await exchange(service, subject, { scope: 'read' });
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(body.issued_token_type, ACCESS_TOKEN);
      assert.equal(body.token_type, 'Bearer');
      const claims = claimsIn(body.access_token);
      assert.equal(claims.sub, caller.process.id);
      assert.equal(claims.client_id, service.process.id);
      assert.equal(claims.aud, STORE);
      assert.deepEqual(claims.act, { sub: service.process.id });
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    const [exchanged] = seen.filter(({ type }) => type === 'token.exchanged');
    assert.equal(exchanged?.actor, service.process.id);
    assert.equal(exchanged?.subject, caller.process.id);
    assert.equal(exchanged?.data.depth, 1);
  });

  test('lives no longer than the token that it was given for, and ends with it', async () => {
    const subject = await tokenOf(caller);
    house.clock.advance(400_000);
    const { body } = await exchange(service, subject, { scope: 'read' });
    assert.ok(body.expires_in <= 200);
    const active = async () => {
      const own = await tokenOf(service, { resource: STORE, scope: 'introspect' });
      const asked = await house.post(
        '/introspect',
        { token: body.access_token },
        { authorization: `Bearer ${own}` },
      );
      return asked.body.active;
    };
    assert.equal(await active(), true);
    await house.post('/revoke', { token: subject, ...shownBy(house, caller) });
    assert.equal(await active(), false);
  });

  test('takes no second token for who acts, and no type that is not ours (§2.1)', async () => {
    const subject = await tokenOf(caller);
    for (const form of [
      { actor_token: subject, actor_token_type: ACCESS_TOKEN },
      { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      { subject_token: '' },
    ]) {
      const { status, body } = await exchange(service, subject, { scope: 'read', ...form });
      assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
    }
  });

  test('gives what both have when no scope is named, and nothing when they have nothing', async () => {
    const both = await exchange(service, await tokenOf(caller, { scope: 'read write' }));
    assert.equal(both.body.scope, 'read');
    const none = await exchange(service, await tokenOf(caller, { scope: 'write' }));
    assert.deepEqual(none.body, { error: 'invalid_scope' });
  });

  test('names every one who acted, and ends at the fourth (§4.1)', async () => {
    const apis: Resource[] = [];
    for (let i = 0; i < 6; i++) {
      apis.push(await house.api(`step-${i}`, { audience: `https://step-${i}.example/` }));
    }
    const everywhere = apis.map((api) => [api, 'read'] as const);
    let token = await tokenOf(await house.keyed('first', everywhere), {
      resource: 'https://step-0.example/',
    });
    const actors: string[] = [];
    for (let i = 0; i < 5; i++) {
      const step = await house.keyed(`step-${i}`, [
        [apis[i]!, 'introspect'],
        [apis[i + 1]!, 'read'],
      ]);
      const { status, body } = await exchange(step, token, {
        scope: 'read',
        resource: `https://step-${i + 1}.example/`,
      });
      if (i === 4) {
        assert.deepEqual([status, body], [400, { error: 'invalid_request' }]);
        break;
      }
      actors.unshift(step.process.id);
      token = body.access_token;
      const said: string[] = [];
      type Act = { sub: string; act?: Act };
      for (let act = claimsIn(token).act as Act | undefined; act; act = act.act) said.push(act.sub);
      assert.deepEqual(said, actors);
    }
  });
});
