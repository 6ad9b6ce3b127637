/**
 * A token for another API than the one that was asked for, once an audience was moved from one to the other (RFC 8707 §2): whoever is
 * called by that audience now would be handed what opens the other one.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import type { Resource } from '../../server/subjects/resource.ts';
import { API, type Keyed, type OAuthHouse, openOAuthHouse } from '../oauth/oauth-house.ts';
import { count, eventsOf } from '../support/events.ts';

const CLI = { door: 'cli' } as const;
const MOVED = 'https://old.payments.example.com';

describe('an audience that was moved to another API', () => {
  let house: OAuthHouse;
  let first: Resource;
  let reader: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    first = await house.api();
    reader = await house.keyed('reader', [[first, 'read']]);
  });
  after(() => house.close());

  const ask = (resource: string) => house.token(reader, { resource });

  it('brings no token for the one that had it before', async () => {
    const { body } = await ask(API);
    assert.equal(decodeJwt(body.access_token).aud, API);
    const moved = await house.house.store.write((tx) =>
      house.house.resourceActs.edit(tx, first.id, { detail: { audience: MOVED } }, CLI),
    );
    assert.ok(moved.ok, JSON.stringify(moved));
    const nobodys = await eventsOf(house, async () => {
      const { status, body } = await ask(API);
      assert.deepEqual([status, body.error], [400, 'invalid_target'], JSON.stringify(body));
    });
    assert.equal(count(nobodys, 'entry.refused', 'refused'), 1);
    await house.api('others');
    const others = await eventsOf(house, async () => {
      const { status, body } = await ask(API);
      assert.deepEqual([status, body.error], [400, 'unauthorized_client'], JSON.stringify(body));
      const right = await ask(MOVED);
      assert.equal(decodeJwt(right.body.access_token).aud, MOVED);
    });
    assert.equal(count(others, 'entry.refused', 'refused'), 1);
    assert.equal(count(others, 'entry.granted', 'granted'), 1);
  });
});
