/**
 * Refresh tokens in wrong hands (T1528, T1550.001; RFC 9700 §4.14): used after they were rotated, by many at once, by another
 * application, or without the key that they are bound to.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { count, eventsOf } from '../support/events.ts';
import { type OidcHouse, openOidcHouse, type TestApp, tokensFor } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';

const OFFLINE = { scope: 'openid offline_access' };

describe('a refresh token', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    app = await house.addApp('wiki');
    config = await app.config();
    ada = await house.person('ada');
  });
  after(() => house.close());

  const fresh = async () =>
    (await tokensFor(house, config, ada, { parameters: OFFLINE })).refresh_token ?? '';
  const refresh = async (token: string) =>
    (await oidc.refreshTokenGrant(config, token)).refresh_token ?? '';

  it('that was rotated gives away whoever uses it, and ends the grant', async () => {
    const first = await fresh();
    const second = await refresh(first);
    house.clock.advance(11_000);
    const seen = await eventsOf(house, async () => {
      await assert.rejects(refresh(first), { error: 'invalid_grant' });
      await assert.rejects(refresh(second), { error: 'invalid_grant' });
    });
    assert.equal(count(seen, 'app.reuse-refused', 'refused'), 1);
    assert.ok(await refresh(await fresh()));
  });

  it('is answered again for a moment, with the same and never a second one', async () => {
    const first = await fresh();
    const second = await refresh(first);
    assert.equal(await refresh(first), second, 'the answer that was lost');
    const third = await refresh(second);
    assert.notEqual(third, second);
    house.clock.advance(11_000);
    await assert.rejects(refresh(second), { error: 'invalid_grant' });
    await assert.rejects(refresh(third), { error: 'invalid_grant' });
  });

  it('has one successor when twenty use it at once', async () => {
    const first = await fresh();
    const all = await Promise.all(Array.from({ length: 20 }, () => refresh(first)));
    assert.equal(new Set(all).size, 1);
    assert.ok(await refresh(all[0] ?? ''));
  });

  it('that was rotated lets nobody in when twenty use it at once, and is told of once', async () => {
    const first = await fresh();
    const second = await refresh(first);
    house.clock.advance(11_000);
    const seen = await eventsOf(house, async () => {
      const all = await Promise.allSettled(Array.from({ length: 20 }, () => refresh(first)));
      assert.deepEqual(new Set(all.map(({ status }) => status)), new Set(['rejected']));
      await assert.rejects(refresh(second), { error: 'invalid_grant' });
      assert.ok(await refresh(await fresh()));
    });
    assert.equal(count(seen, 'app.reuse-refused', 'refused'), 1);
    assert.ok(count(seen, 'entry.granted') >= 1);
  });

  it('is of no use to another application', async () => {
    const token = await fresh();
    const other = await (await house.addApp('other')).config();
    const seen = await eventsOf(house, () =>
      assert.rejects(oidc.refreshTokenGrant(other, token), { error: 'invalid_grant' }),
    );
    assert.equal(count(seen, 'app.refused', 'refused'), 1);
    await oidc.tokenRevocation(other, token);
    assert.ok(await refresh(token), 'and another can’t take it back either');
  });

  it('asks for no more than was let (RFC 6749 §6)', async () => {
    const token = await fresh();
    house.clock.advance(60_000); // What is refused is told once a minute.
    const seen = await eventsOf(house, async () => {
      await assert.rejects(oidc.refreshTokenGrant(config, token, { scope: 'openid email' }), {
        error: 'invalid_scope',
      });
      assert.ok(await refresh(token), 'and what was let is given still');
    });
    const told = seen.filter(({ type }) => type === 'app.refused');
    assert.deepEqual(
      told.map(({ data }) => data.error),
      ['invalid_scope'],
    );
  });
});
