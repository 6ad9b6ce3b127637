/** A token that is bound to a key, shown without it (RFC 9449 §1, RFC 9700 §2.2.1): refused, on record, and slowed down. */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { dpopProof, type OAuthHouse, openOAuthHouse } from '../oauth/oauth-house.ts';
import { count, eventsOf } from '../support/events.ts';
import { ISSUER, makeKey } from '../support/processes.ts';

describe('a bound token in other hands', () => {
  let house: OAuthHouse;
  before(async () => {
    house = await openOAuthHouse();
  });
  after(() => house.close());

  it('is refused, told once a minute with its grant, counted beyond that, and waits in the end', async () => {
    const api = await house.api();
    const reader = await house.keyed('reader', [[api, 'introspect']]);
    const key = makeKey();
    const given = await house.token(reader, {}, { dpop: dpopProof(house, key) });
    assert.equal(given.status, 200, JSON.stringify(given.body));
    const token = String(given.body.access_token);
    const bare = () => house.post('/introspect', { token }, { authorization: `Bearer ${token}` });
    const statuses: number[] = [];
    const seen = await eventsOf(house, async () => {
      for (let i = 0; i < 60; i++) statuses.push((await bare()).status);
    });
    assert.equal(statuses[0], 401);
    assert.equal(statuses.at(-1), 429);
    assert.equal(count(seen, 'entry.refused', 'refused'), 1);
    const told = seen.find(({ type }) => type === 'entry.refused');
    assert.equal(told?.subject, reader.process.id);
    assert.ok(told?.data.grant);
    assert.ok(count(seen, 'throttle.engaged') >= 1);
    const claims = { htu: `${ISSUER}/introspect`, ath: hash('sha256', token, 'base64url') };
    const dpop = dpopProof(house, key, { claims });
    const right = await house.post(
      '/introspect',
      { token },
      { authorization: `DPoP ${token}`, dpop },
    );
    assert.deepEqual([right.status, right.body.active], [200, true], 'who has the key never waits');
  });
});
