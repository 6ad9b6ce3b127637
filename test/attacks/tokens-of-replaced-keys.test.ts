/**
 * A token that somebody got with a copied key, after another key took its place (T1550.001, T1098.001): where that was at once, none is good
 * that was given by the old one; where the old one is good for a while, none that it still brings is good for longer.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { type Keyed, type OAuthHouse, openOAuthHouse, shownBy } from '../oauth/oauth-house.ts';
import { count, eventsOf } from '../support/events.ts';
import { makeKey } from '../support/processes.ts';

describe('a token of a key that another took the place of', () => {
  let house: OAuthHouse;
  let api: Resource;
  let server: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    api = await house.api('payments', { tokenSeconds: 3600 });
    server = await house.keyed('server', [[api, 'introspect']]);
  });
  after(() => house.close());

  async function replace({ process }: Keyed, overlap: number): Promise<Keyed> {
    const key = makeKey();
    const { processActs, store } = house.house;
    const seen = await store.read((q) => processActs.see(q, process));
    const [{ id: proof } = { id: undefined }] = seen.proofs;
    assert.ok(proof);
    const terms = { proof, settings: { jwk: key.jwk }, overlap };
    const done = await store.write((tx) =>
      processActs.rotate(tx, process.id, terms, { door: 'cli' }),
    );
    assert.ok(done.ok, JSON.stringify(done));
    return { process, key };
  }
  const isActive = async (token: string) =>
    (await house.post('/introspect', { token, ...shownBy(house, server) })).body.active;

  it('is void at once where the key was replaced at once', async () => {
    const old = await house.keyed('nightly', [[api, 'read']]);
    const other = await house.token(await house.keyed('daily', [[api, 'read']]));
    const { body } = await house.token(old);
    assert.equal(await isActive(body.access_token), true);
    const seen = await eventsOf(house, async () => {
      const next = await replace(old, 0);
      assert.equal(await isActive(body.access_token), false);
      assert.equal((await house.token(old)).body.error, 'invalid_client');
      assert.equal(await isActive((await house.token(next)).body.access_token), true);
      assert.equal(await isActive(other.body.access_token), true, 'nobody else’s');
    });
    assert.equal(count(seen, 'process.proof-added', 'done'), 1);
    assert.equal(count(seen, 'entry.refused', 'refused'), 1);
  });

  it('ends with the key, where that is good for a while still', async () => {
    const old = await house.keyed('weekly', [[api, 'read']]);
    const before = await house.token(old);
    assert.equal(before.body.expires_in, 3600);
    const next = await replace(old, MINUTE);
    const seen = await eventsOf(house, async () => {
      const late = await house.token(old);
      assert.equal(late.body.expires_in, 60);
      const fresh = await house.token(next);
      assert.equal(fresh.body.expires_in, 3600);
      assert.equal(await isActive(before.body.access_token), true, 'it is still their process');
      house.clock.advance(MINUTE);
      assert.equal(await isActive(late.body.access_token), false);
      assert.equal(await isActive(fresh.body.access_token), true);
      assert.equal((await house.token(old)).body.error, 'invalid_client');
    });
    const his = seen.filter(({ subject }) => subject === old.process.id);
    assert.equal(count(his, 'entry.granted', 'granted'), 2);
    assert.equal(count(his, 'entry.refused', 'refused'), 1);
  });
});
