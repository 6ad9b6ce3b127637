/** What a sign-in to an application left on one node is over on the other at once, and what is used once is used once by both. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { createAppStates } from '../../server/gate/use-cases/apps/app-states.ts';
import { type OidcHouse, openOidcHouse, tokensFor } from '../support/oidc-house.ts';
import type { TestPerson } from '../support/people.ts';
import { isPostgres } from '../support/store.ts';

const OFFLINE = { scope: 'openid offline_access' };

describe('two nodes, one sign-in', { skip: !isPostgres() && 'runs with STORE=postgres' }, () => {
  let house: OidcHouse;
  let config: oidc.Configuration;
  let ada: TestPerson;
  let other: ReturnType<typeof createAppStates>;
  before(async () => {
    house = await openOidcHouse();
    config = await (await house.addApp('wiki')).config();
    ada = await house.person('ada');
    const { vault } = house.house;
    other = createAppStates({ store: house.test.another(), vault, clock: house.clock });
  });
  after(() => house.close());

  it('a session that ends on one is over on the other', async () => {
    const browser = house.browser();
    const { access_token: token } = await tokensFor(house, config, ada, { browser });
    assert.ok(await other.find('AccessToken', token));
    await browser.get('/me');
    await browser.post('/signout', {});
    assert.equal(await other.find('AccessToken', token), undefined);
  });

  it('what is taken back on one is over on the other', async () => {
    const tokens = await tokensFor(house, config, ada, { parameters: OFFLINE });
    const refresh = tokens.refresh_token ?? '';
    assert.ok(await other.find('RefreshToken', refresh));
    await oidc.tokenRevocation(config, refresh);
    assert.equal(await other.find('RefreshToken', refresh), undefined);
    assert.equal(await other.find('AccessToken', tokens.access_token), undefined);
  });

  it('what is used once is used once by both together', async () => {
    const { states } = house.house.apps;
    const state = { model: 'AuthorizationCode', id: 'a-code', payload: {}, lifetime: 60 };
    await states.put(state);
    const both = [states, other, states, other, states, other];
    const first = await Promise.all(both.map((each) => each.consume(state.model, state.id)));
    assert.equal(first.filter(Boolean).length, 1);
  });
});
