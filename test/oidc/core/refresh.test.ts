/** Refresh tokens (RFC 6749 §6): what a person let an application do is judged again each time, by the rules of now. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { shippedPolicies } from '../../../server/policy/shipped.ts';
import { count, eventsOf } from '../../support/events.ts';
import {
  type OidcHouse,
  openOidcHouse,
  type TestApp,
  tokensFor,
} from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';

const API = 'https://pay.example.com/';
const parameters = { scope: 'openid offline_access read pay', resource: API };

describe('a refresh token', () => {
  let house: OidcHouse;
  let app: TestApp;
  let config: oidc.Configuration;
  let ada: TestPerson;
  before(async () => {
    house = await openOidcHouse();
    ada = await house.person('ada');
    const scopes = [
      { name: 'read', says: 'See your payments.' },
      { name: 'pay', says: 'Make payments.', sensitive: true },
    ];
    await house.addApi('payments', { audience: API, scopes });
    app = await house.addApp(
      'wiki',
      { apis: [{ audience: API, scopes: ['read', 'pay'] }] },
      { open: 'listed', members: [] },
    );
    config = await app.config();
    await change({ open: 'everyone' });
  });
  after(() => house.close());

  const change = (what: { readonly open: 'everyone' | 'listed' }) =>
    house.house.store.write((tx) =>
      house.house.resources.change(tx, app.id, what, { door: 'cli' }),
    );

  it('is good again and again while nothing changes, long after the proofs were fresh', async () => {
    const first = await tokensFor(house, config, ada, { parameters });
    house.clock.advance(3_600_000);
    const second = await oidc.refreshTokenGrant(config, first.refresh_token ?? '');
    assert.ok(second.access_token);
  });

  it('keeps what is sensitive while the proof is fresh, drops it then, and says so (RFC 6749 §6)', async () => {
    const first = await tokensFor(house, config, ada, { parameters });
    assert.equal(first.scope, 'read pay');
    const second = await oidc.refreshTokenGrant(config, first.refresh_token ?? '');
    assert.equal(second.scope, 'read pay');
    house.clock.advance(3_600_000);
    const third = await oidc.refreshTokenGrant(config, second.refresh_token ?? '');
    assert.equal(third.scope, 'read');
    assert.equal(decodeJwt(third.access_token).scope, 'read');
    const again = await tokensFor(house, config, ada, { parameters });
    assert.equal(again.scope, 'read pay', 'and a fresh proof brings it back');
  });

  it('gives nothing for what is sensitive alone, and is good for the rest after that', async () => {
    const first = await tokensFor(house, config, ada, { parameters });
    const refresh = first.refresh_token ?? '';
    const alone = { scope: 'pay', resource: API };
    house.clock.advance(3_600_000);
    const seen = await eventsOf(house, async () => {
      const refused = oidc.refreshTokenGrant(config, refresh, alone);
      await assert.rejects(refused, { error: 'invalid_scope' });
      assert.equal((await oidc.refreshTokenGrant(config, refresh)).scope, 'read');
    });
    assert.equal(count(seen, 'app.refused', 'refused'), 1);
  });

  it('is refused, on record, once the application is open to others alone, and good when it is open again', async () => {
    const { refresh_token: refresh = '' } = await tokensFor(house, config, ada, { parameters });
    await change({ open: 'listed' });
    const seen = await eventsOf(house, () =>
      assert.rejects(oidc.refreshTokenGrant(config, refresh), { error: 'invalid_grant' }),
    );
    assert.equal(count(seen, 'entry.refused', 'refused'), 1);
    const [refused] = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual([refused?.subject, refused?.reason], [ada.id, 'not-permitted']);
    await change({ open: 'everyone' });
    assert.ok((await oidc.refreshTokenGrant(config, refresh)).access_token);
  });

  it('is refused once the person is disabled, and no one else is', async () => {
    const bob = await house.person('bob');
    const mine = await tokensFor(house, config, ada, { parameters });
    const his = await tokensFor(house, config, bob, { parameters });
    await house.house.store.write((tx) => house.house.acts.disable(tx, bob.id, { door: 'cli' }));
    await assert.rejects(oidc.refreshTokenGrant(config, his.refresh_token ?? ''), {
      error: 'invalid_grant',
    });
    assert.ok((await oidc.refreshTokenGrant(config, mine.refresh_token ?? '')).access_token);
  });

  it('is refused once a policy forbids what it is for', async () => {
    const { refresh_token: refresh = '' } = await tokensFor(house, config, ada, { parameters });
    const { policies, store } = house.house;
    const closed =
      '@id("closed") @because("It is closed.") forbid (principal, action == Action::"enter", resource is Application);';
    const prepared = await policies.prepare({ ...shippedPolicies(), 'closed.cedar': closed });
    const done = await store.write((tx) =>
      policies.activate(tx, prepared, { by: { door: 'cli' }, administrators: [] }),
    );
    assert.equal(done.state, 'activated', JSON.stringify(done));
    const seen = await eventsOf(house, () =>
      assert.rejects(oidc.refreshTokenGrant(config, refresh), { error: 'invalid_grant' }),
    );
    const [refused] = seen.filter(({ type }) => type === 'entry.refused');
    assert.deepEqual(refused?.data.policies, ['closed']);
  });
});
