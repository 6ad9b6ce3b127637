/** Revocation (RFC 7009): whoever holds a token gives it back, and it is worth nothing from that moment. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import type { Resource } from '../../../server/subjects/resource.ts';
import { skewOf } from '../../support/clock.ts';
import { count, eventsOf } from '../../support/events.ts';
import { ISSUER } from '../../support/processes.ts';
import {
  API,
  claimsIn,
  type Keyed,
  type OAuthHouse,
  openOAuthHouse,
  shownBy,
} from '../oauth-house.ts';

describe('revocation (RFC 7009)', () => {
  let house: OAuthHouse;
  let api: Resource;
  let caller: Keyed;
  let server: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api();
    caller = await house.keyed('caller', [[api, 'read']]);
    server = await house.keyed('server', [[api, 'introspect']]);
  });
  after(() => house.close());

  const tokenOf = async (by: Keyed) =>
    (await house.token(by, { resource: API })).body.access_token as string;
  const isActive = async (token: string) =>
    (await house.post('/introspect', { token, ...shownBy(house, server) })).body.active as boolean;
  const ended = async () => {
    house.clock.advance(2000);
    const response = await house.fetch(`${ISSUER}/status`);
    assert.equal(response.headers.get('content-type'), 'application/statuslist+jwt');
    return decodeJwt(await response.text()).ended as string[];
  };

  test('ends a token for oauth4webapi, on record, and in the list of what ended', async () => {
    const key = await crypto.subtle.importKey(
      'jwk',
      caller.key.privateKey.export({ format: 'jwk' }) as import('jose').JWK,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const by = { client_id: 'caller', [oauth.clockSkew]: skewOf(house) };
    const token = await tokenOf(caller);
    const { gid } = claimsIn(token) as { gid: string };
    assert.ok(!(await ended()).includes(gid));
    const seen = await eventsOf(house, async () => {
      const response = await oauth.revocationRequest(
        house.server,
        by,
        oauth.PrivateKeyJwt(key),
        token,
        {
          [oauth.customFetch]: house.fetch as typeof fetch,
          [oauth.allowInsecureRequests]: true,
        },
      );
      await oauth.processRevocationResponse(response);
    });
    assert.equal(count(seen, 'token.revoked', 'done'), 1);
    assert.equal(await isActive(token), false);
    assert.ok((await ended()).includes(gid));
  });

  test('does not end the token of another, and does not say so (§2.1)', async () => {
    const token = await tokenOf(caller);
    const { status } = await house.post('/revoke', { token, ...shownBy(house, server) });
    assert.equal(status, 200);
    assert.equal(await isActive(token), true);
  });

  test('is content with what is no token, or none any more (§2.2)', async () => {
    const token = await tokenOf(caller);
    for (const each of [token, token, 'nothing']) {
      const { status } = await house.post('/revoke', { token: each, ...shownBy(house, caller) });
      assert.equal(status, 200);
    }
    const { status, body } = await house.post('/revoke', { token: 'nothing' });
    assert.deepEqual([status, body], [401, { error: 'invalid_client' }]);
  });

  test('is open to who may not enter there any more', async () => {
    const leaver = await house.keyed('leaver', [[api, 'read']]);
    const token = await tokenOf(leaver);
    const change = { entries: [] };
    await house.house.store.write((tx) =>
      house.house.processes.change(tx, leaver.process.id, change, { door: 'cli' }),
    );
    // The change alone has ended it.
    assert.equal(await isActive(token), false);
    const { status } = await house.post('/revoke', { token, ...shownBy(house, leaver) });
    assert.equal(status, 200);
  });

  test('the list names what ended with its process, and what was exchanged for it', async () => {
    const doomed = await house.keyed('doomed', [[api, 'read']]);
    const { gid } = claimsIn(await tokenOf(doomed)) as { gid: string };
    await house.house.store.write((tx) =>
      house.house.processes.disable(tx, doomed.process.id, { door: 'cli' }),
    );
    assert.ok((await ended()).includes(gid));
  });
});
