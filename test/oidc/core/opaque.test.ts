/** Access tokens that say nothing: what they are worth is told to the application that they were given to, while they are good. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as oidc from 'openid-client';
import { type OidcHouse, openOidcHouse, tokensFor } from '../../support/oidc-house.ts';
import { addProof } from '../../support/processes.ts';

const API = 'https://pay.example.com/';
const parameters = { scope: 'openid read', resource: API };

describe('an opaque access token of a person', () => {
  let house: OidcHouse;
  before(async () => {
    house = await openOidcHouse();
    const scopes = [{ name: 'read', says: 'See your payments.' }];
    await house.addApi('payments', { audience: API, scopes });
  });
  after(() => house.close());

  async function client(name: string): Promise<oidc.Configuration> {
    const app = await house.addApp(name, {
      clientAuth: 'secret',
      accessTokenFormat: 'opaque',
      apis: [{ audience: API, scopes: ['read'] }],
    });
    const { shownOnce } = await addProof(house, app.process, 'secret', {});
    return app.config(oidc.ClientSecretBasic(shownOnce?.[0] ?? ''));
  }

  it('is told of to its application, to no other, and ends with its person at once', async () => {
    const [config, other] = [await client('wiki'), await client('other')];
    const ada = await house.person('ada');
    const { access_token: token } = await tokensFor(house, config, ada, { parameters });
    assert.match(token, /^[A-Za-z0-9_-]{43}$/);
    const told = await oidc.tokenIntrospection(config, token);
    assert.deepEqual([told.active, told.sub, told.aud, told.scope], [true, ada.id, API, 'read']);
    assert.equal((await oidc.tokenIntrospection(other, token)).active, false);
    await house.house.store.write((tx) => house.house.acts.disable(tx, ada.id, { door: 'cli' }));
    assert.equal((await oidc.tokenIntrospection(config, token)).active, false);
  });
});
