/** Resource indicators (RFC 8707): a token is for one API, and its form is that API's choice. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { API, claimsIn, type Keyed, type OAuthHouse, openOAuthHouse } from '../oauth-house.ts';

const QUIET = 'https://quiet.example/';

describe('resource indicators (RFC 8707)', () => {
  let house: OAuthHouse;
  let both: Keyed;
  before(async () => {
    house = await openOAuthHouse();
    const api = await house.api();
    const quiet = await house.api('quiet', {
      audience: QUIET,
      tokenFormat: 'opaque',
      tokenSeconds: 60,
    });
    both = await house.keyed('both', [
      [api, 'read'],
      [quiet, 'read', 'write'],
    ]);
  });
  after(() => house.close());

  test('the audience of a token is what was asked for (§2.2)', async () => {
    const { body } = await house.token(both, { resource: API });
    assert.equal(claimsIn(body.access_token).aud, API);
  });

  test('one API may take tokens that say nothing, and that live shorter', async () => {
    const { body } = await house.token(both, { resource: QUIET });
    assert.match(body.access_token, /^spo_/);
    assert.deepEqual([body.expires_in, body.scope], [60, 'read write']);
  });

  test('whoever may enter two says which (§2)', async () => {
    const { status, body } = await house.token(both);
    assert.deepEqual([status, body], [400, { error: 'invalid_target' }]);
  });

  test('one that nobody knows, and two that differ, are invalid_target (§2)', async () => {
    for (const form of [
      { resource: 'https://nobody.example/' },
      { resource: `${API}#fragment` },
      { resource: API.toUpperCase() },
      { resource: API, audience: QUIET },
    ]) {
      const { status, body } = await house.token(both, form);
      assert.deepEqual([status, body], [400, { error: 'invalid_target' }], JSON.stringify(form));
    }
  });
});
