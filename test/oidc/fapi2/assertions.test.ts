/**
 * FAPI 2.0 Security Profile (Final, February 2025) §5.3.2.1 (6 and 8), §5.4.1: how a client shows who it is, at every endpoint at which
 * one does, whether oidc-provider answers there or we do.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { Change } from '../../support/code-client.ts';
import { eventsOf } from '../../support/events.ts';
import type { TestApp } from '../../support/oidc-house.ts';
import { addProof, makeKey, type SigningKey } from '../../support/processes.ts';
import { API, type Fapi2Client, type Fapi2House, keyClient, openFapi2House } from './clients.ts';
import { createRawClient, type RawClient } from './raw-client.ts';

/** As oidc-provider makes them, and as none is. */
const THEIRS = 'A'.repeat(43);

/** What is asked, and with which answers it is taken where all is well but for what is asked about. */
const ENDPOINTS: Readonly<
  Record<string, readonly [path: string, form: Change, taken: readonly number[]]>
> = {
  'a pushed request': ['/par', {}, [400]],
  'a code': ['/token', { grant_type: 'authorization_code', code: THEIRS }, [400]],
  'a refresh': ['/token', { grant_type: 'refresh_token', refresh_token: THEIRS }, [400]],
  'client credentials': ['/token', { grant_type: 'client_credentials', resource: API }, [400]],
  introspection: ['/introspect', { token: 'none' }, [200]],
  'revocation of ours': ['/revoke', { token: 'none' }, [200]],
  'revocation of theirs': ['/revoke', { token: THEIRS }, [200]],
};

describe('how a client of FAPI 2.0 shows who it is', () => {
  let house: Fapi2House;
  let client: Fapi2Client;
  let raw: RawClient;
  let weakKey: SigningKey;
  before(async () => {
    house = await openFapi2House();
    client = await keyClient(house, 'bank');
    raw = createRawClient(house, house.browser());
    weakKey = makeKey('RS256');
    await addProof(house, client.app.process, 'key', { jwk: weakKey.jwk });
  });
  after(() => house?.close());
  // Else whoever is wrong so often is asked to wait.
  beforeEach(() => house.clock.advance(60 * 60_000));

  /** Past what is asked of an administrator who does so. */
  async function hold({ id }: TestApp) {
    const { store, resources } = house.house;
    const changed = await store.write(async (tx) => {
      const now = await resources.get(tx, id);
      assert.ok(now?.kind === 'application');
      const detail = { ...now.detail, profile: 'fapi2' as const };
      return resources.change(tx, id, { detail }, { door: 'cli' });
    });
    assert.ok(changed.ok);
  }

  for (const [what, [path, form, taken]] of Object.entries(ENDPOINTS)) {
    describe(`with ${what}`, () => {
      const ask = (shown: Change) =>
        raw.post(path, { client_id: client.app.id, ...form, ...shown });

      it('is by an assertion for the issuer as a string, and no other address of ours', async () => {
        const right = await ask(raw.asserted(client));
        assert.ok(taken.includes(right.status), JSON.stringify(right));
        assert.notEqual(right.body.error, 'invalid_client');
        for (const aud of [
          `${house.issuer}/token`,
          house.issuer + path,
          `${house.issuer}/`,
          [house.issuer],
          [house.issuer, 'https://other.example'],
          house.origin,
          undefined,
        ]) {
          const seen = await eventsOf(house, async () => {
            const { status, body } = await ask(raw.asserted(client, { aud }));
            const told = JSON.stringify([aud, status, body]);
            assert.deepEqual([status, body], [401, { error: 'invalid_client' }], told);
          });
          const [refused] = seen.filter(({ type }) => type === 'entry.refused');
          assert.deepEqual([refused?.subject, refused?.reason], [client.app.id, 'not-here']);
        }
      });

      it('is never by RS256, though its key be held', async () => {
        const { status, body } = await ask(raw.asserted({ ...client, key: weakKey }));
        assert.deepEqual([status, body.error], [401, 'invalid_client']);
      });

      it('is for no longer than the one minute that clocks may differ, and used once', async () => {
        const now = Math.floor(house.clock.now() / 1000);
        for (const change of [
          { iat: now + 61, exp: now + 120 },
          { nbf: now + 61, exp: now + 120 },
          { exp: now - 1 },
          { exp: now + 3600 },
        ]) {
          const { status } = await ask(raw.asserted(client, change));
          assert.equal(status, 401, JSON.stringify(change));
        }
        const once = raw.asserted(client);
        assert.ok(taken.includes((await ask(once)).status));
        assert.equal((await ask(once)).status, 401);
      });
    });
  }

  it('is by no secret at any endpoint, though one be held', async () => {
    const weak = await house.addApp('weak', { clientAuth: 'secret' });
    await hold(weak);
    const plain = await house.addApp('plain', { clientAuth: 'secret' });
    for (const [path, form] of [
      ['/introspect', { token: 'none' }],
      ['/revoke', { token: 'none' }],
    ] as const) {
      for (const [app, status] of [
        [weak, 401],
        [plain, 200],
      ] as const) {
        const { shownOnce } = await addProof(house, app.process, 'secret', undefined);
        const shown = { client_id: app.id, client_secret: shownOnce?.[0] };
        assert.equal((await raw.post(path, { ...form, ...shown })).status, status, path);
      }
    }
  });

  it('is asked of nobody else: another client may address the token endpoint', async () => {
    const app = await house.addApp('ordinary', { clientAuth: 'key' });
    const key = makeKey('ES256', 'k1');
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    const ordinary = { ...client, app, key };
    const shown = raw.asserted(ordinary, { aud: `${house.issuer}/token` });
    assert.equal((await raw.post('/introspect', { token: 'none', ...shown })).status, 200);
  });

  it('holds from the moment on at which an application is held to it', async () => {
    const app = await house.addApp('turned', { clientAuth: 'key' });
    const key = makeKey('ES256', 'k1');
    await addProof(house, app.process, 'key', { jwk: key.jwk });
    const turned = { ...client, app, key };
    const ask = () =>
      raw.post('/introspect', {
        token: 'none',
        ...raw.asserted(turned, { aud: `${house.issuer}/token` }),
      });
    assert.equal((await ask()).status, 200);
    await hold(app);
    assert.equal((await ask()).status, 401);
  });
});
