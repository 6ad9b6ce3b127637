/** Introspection (RFC 7662): an API asks about tokens for itself, by its own proof or by a token that it was given for that. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { endGrant, type GrantId } from '../../../server/gate/entry/grant-table.ts';
import type { Tx } from '../../../server/store/store.ts';
import type { Resource } from '../../../server/subjects/resource.ts';
import { skewOf } from '../../support/clock.ts';
import { count, eventsOf } from '../../support/events.ts';
import { ISSUER } from '../../support/processes.ts';
import { API, type Keyed, type OAuthHouse, openOAuthHouse, shownBy } from '../oauth-house.ts';

const QUIET = 'https://quiet.example/';

describe('introspection (RFC 7662)', () => {
  let house: OAuthHouse;
  let api: Resource;
  let quiet: Resource;
  let caller: Keyed;
  let server: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    quiet = await house.api('quiet', { audience: QUIET, tokenFormat: 'opaque' });
    caller = await house.keyed('caller', [
      [api, 'read'],
      [quiet, 'read'],
    ]);
    server = await house.keyed('server', [
      [api, 'introspect'],
      [quiet, 'introspect'],
    ]);
  });
  after(() => house.close());

  const tokenOf = async (by: Keyed, resource: string, scope = 'read') =>
    (await house.token(by, { resource, scope })).body.access_token as string;
  const ask = (token: string) => house.post('/introspect', { token, ...shownBy(house, server) });

  test('answers oauth4webapi by private_key_jwt, and it is on record', async () => {
    const key = await crypto.subtle.importKey(
      'jwk',
      server.key.privateKey.export({ format: 'jwk' }) as import('jose').JWK,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const by = { client_id: 'server', [oauth.clockSkew]: skewOf(house) };
    const token = await tokenOf(caller, API);
    const seen = await eventsOf(house, async () => {
      const response = await oauth.introspectionRequest(
        house.server,
        by,
        oauth.PrivateKeyJwt(key),
        token,
        {
          [oauth.customFetch]: house.fetch as typeof fetch,
          [oauth.allowInsecureRequests]: true,
        },
      );
      const told = await oauth.processIntrospectionResponse(house.server, by, response);
      assert.equal(told.active, true);
      assert.equal(told.scope, 'read');
      assert.equal(told.client_id, caller.process.id);
      assert.equal(told.sub, caller.process.id);
      assert.equal(told.aud, API);
      assert.equal(told.iss, ISSUER);
      assert.equal(Number(told.exp) - Number(told.iat), 600);
    });
    assert.equal(count(seen, 'entry.granted'), 1);
  });

  test('answers of a token that says nothing as of one that says all', async () => {
    const token = await tokenOf(caller, QUIET);
    assert.match(token, /^spo_[A-Za-z0-9_-]{64}$/);
    const { body } = await ask(token);
    assert.deepEqual(
      [body.active, body.scope, body.sub, body.aud],
      [true, 'read', caller.process.id, QUIET],
    );
  });

  test('answers by a token of the API’s own, without a write each time', async () => {
    const own = await tokenOf(server, API, 'introspect');
    const token = await tokenOf(caller, API);
    const seen = await eventsOf(house, async () => {
      for (let i = 0; i < 5; i++) {
        const { body } = await house.post(
          '/introspect',
          { token },
          { authorization: `Bearer ${own}` },
        );
        assert.equal(body.active, true);
      }
    });
    assert.equal(seen.length, 0);
  });

  test('a token ends with its time, its process and its API, at once (§4)', async () => {
    const doomed = await house.keyed('doomed', [[api, 'read']]);
    const token = await tokenOf(doomed, API);
    assert.equal((await ask(token)).body.active, true);
    await house.house.store.write((tx) =>
      house.house.processes.disable(tx, doomed.process.id, { door: 'cli' }),
    );
    assert.deepEqual((await ask(token)).body, { active: false });
    const other = await tokenOf(caller, API);
    house.clock.advance(600_000);
    assert.deepEqual((await ask(other)).body, { active: false });
  });

  for (const where of ['here', 'by another process']) {
    test(`what is kept of a token is forgotten at once when anything that it rests on changes ${where}`, async () => {
      const { house: rooms, test: own } = house;
      const store = where === 'here' ? rooms.store : own.another();
      const name = where === 'here' ? 'here' : 'there';
      const audience = `https://${name}.example/`;
      const gone = await house.api(name, { audience });
      const kept = await house.keyed(`kept-${name}`, [[gone, 'read', 'introspect']]);
      const bearer = await tokenOf(kept, audience, 'introspect');
      const isActive = async (token: string) => {
        const by = { authorization: `Bearer ${bearer}` };
        return (await house.post('/introspect', { token }, by)).body.active;
      };
      const ends: ((tx: Tx, grant: GrantId) => Promise<unknown>)[] = [
        (tx, id) => tx.run(endGrant, { id, now: house.clock.now() }),
        (tx) => rooms.processes.change(tx, other.process.id, { purpose: 'Another.' }, {}),
        (tx) => rooms.processes.disable(tx, other.process.id, { door: 'cli' }),
      ];
      const other = await house.keyed(`other-${name}`, [[gone, 'read']]);
      for (const end of ends) {
        const token = await tokenOf(other, audience);
        for (let i = 0; i < 3; i++) {
          assert.equal(await isActive(token), true);
          // What others are granted meanwhile changes nothing of it.
          await tokenOf(caller, API);
        }
        const grant = rooms.oauth.accessTokens.read(token, house.clock.now())?.grant;
        assert.ok(grant);
        await store.write((tx) => end(tx, grant));
        assert.equal(await isActive(token), false);
      }
      await store.write((tx) => rooms.resources.remove(tx, gone.id, { door: 'cli' }));
      assert.notEqual(await isActive(bearer), true);
    });
  }

  test('says nothing of what is no token but that it is not active (§2.2)', async () => {
    for (const token of ['a', 'a.b.c', `spo_${'A'.repeat(64)}`, 'spo_', '💥']) {
      const { status, body } = await ask(token);
      assert.deepEqual([status, body], [200, { active: false }], token);
    }
    const none = await house.post('/introspect', { ...shownBy(house, server) });
    assert.deepEqual([none.status, none.body], [400, { error: 'invalid_request' }]);
  });

  test('answers nobody who does not show who they are (§2.1)', async () => {
    const token = await tokenOf(caller, API);
    const { status, body } = await house.post('/introspect', { token });
    assert.deepEqual([status, body], [401, { error: 'invalid_client' }]);
  });
});
