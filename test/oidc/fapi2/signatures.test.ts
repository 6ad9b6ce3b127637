/**
 * FAPI 2.0 Security Profile (Final, February 2025): what clients sign, what the server tells of itself, and who can be a client at all.
 * Its flows are in profile.test.ts.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { requestOf, signedIn } from '../../support/code-client.ts';
import { count, eventsOf } from '../../support/events.ts';
import { type TestApp, wander } from '../../support/oidc-house.ts';
import type { TestPerson } from '../../support/people.ts';
import { addProof, makeKey } from '../../support/processes.ts';
import type { WebClient } from '../../support/web-client.ts';
import { API, type Fapi2Client, type Fapi2House, keyClient, openFapi2House } from './clients.ts';
import { createRawClient, type RawClient } from './raw-client.ts';

describe('the FAPI 2.0 Security Profile', () => {
  let house: Fapi2House;
  let client: Fapi2Client;
  let ada: TestPerson;
  let browser: WebClient;
  let raw: RawClient;
  before(async () => {
    house = await openFapi2House();
    client = await keyClient(house, 'bank');
    ada = await house.person('ada');
    browser = await signedIn(house, await house.addApp('wiki'), ada);
    raw = createRawClient(house, browser);
  });
  after(() => house?.close());

  describe('of what a client signs', () => {
    const start = () => Math.floor(house.clock.now() / 1000);

    const pushedWith = async (change: Record<string, unknown>) =>
      (await raw.push(client, raw.asserted(client, change))).status;

    it('takes the issuer as a string for the audience, and nothing else (§5.3.2.1 8)', async () => {
      assert.equal(await pushedWith({}), 201);
      for (const aud of [
        `${house.issuer}/token`,
        `${house.issuer}/par`,
        `${house.issuer}/`,
        [house.issuer],
        [house.issuer, 'https://other.example'],
        house.origin,
        undefined,
      ]) {
        assert.equal(await pushedWith({ aud }), 401, JSON.stringify(aud));
      }
    });

    it('takes what is ten seconds ahead, and nothing that is more than a minute ahead (§5.3.2.1 13)', async () => {
      for (const name of ['iat', 'nbf']) {
        const ahead = (by: number) => ({ [name]: start() + by, exp: start() + by + 60 });
        assert.equal(await pushedWith(ahead(10)), 201, `${name} 10`);
        assert.equal(await pushedWith(ahead(61)), 401, `${name} 61`);
      }
      const ahead = (by: number) => {
        const dpop = raw.proof(client.key, { iat: Math.floor(Date.now() / 1000) + by }, '/par');
        return raw.push(client, {}, { dpop });
      };
      assert.equal((await ahead(10)).status, 201);
      // The house is ahead of this machine, where people's codes have taken it.
      const lead = start() - Math.floor(Date.now() / 1000);
      const late = await ahead(lead + 65);
      assert.deepEqual([late.status, late.body.error], [400, 'invalid_dpop_proof']);
    });

    it('takes PS256, ES256 and EdDSA, and neither RS256, none nor a shared key (§5.4.1)', async () => {
      for (const [alg, status] of [
        ['PS256', 201],
        ['EdDSA', 201],
        ['RS256', 401],
      ] as const) {
        const other = { ...client, key: makeKey(alg) };
        await addProof(house, client.app.process, 'key', { jwk: other.key.jwk });
        assert.equal((await raw.push(client, raw.asserted(other))).status, status, alg);
      }
      for (const alg of ['none', 'HS256', 'RS512']) {
        const header = raw.asserted(client, {}, client.key, { alg });
        assert.equal((await raw.push(client, header)).status, 401, alg);
      }
    });

    it('takes no key that is too short, from the start (§5.4.1)', async () => {
      const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
      const jwk = { ...publicKey.export({ format: 'jwk' }), alg: 'PS256' };
      await assert.rejects(addProof(house, client.app.process, 'key', { jwk }), /shorter/);
    });

    it('binds a code to a key where the request names one or shows it (§5.3.2.1 12)', async () => {
      const thief = makeKey();
      const jkt = await calculateJwkThumbprint(client.key.jwk as JWK);
      const named = () => raw.codeOf(client, { dpop_jkt: jkt });
      const showing = () => raw.codeOf(client, {}, { dpop: raw.proof(client.key, {}, '/par') });
      for (const bound of [named, showing]) {
        const stolen = await raw.redeem(client, await bound(), {}, { dpop: raw.proof(thief) });
        assert.deepEqual([stolen.status, stolen.body.error], [400, 'invalid_grant']);
        const held = await raw.redeem(client, await bound(), {}, { dpop: raw.proof(client.key) });
        assert.equal(held.status, 200, JSON.stringify(held.body));
      }
      const differs = await raw.push(
        client,
        { dpop_jkt: jkt },
        { dpop: raw.proof(thief, {}, '/par') },
      );
      assert.equal(differs.status, 400);
    });

    it('takes each assertion and each proof once (§5.3.2.1 6, RFC 9449 §11.1)', async () => {
      const once = raw.asserted(client);
      assert.deepEqual(
        [(await raw.push(client, once)).status, (await raw.push(client, once)).status],
        [201, 401],
      );
      const dpop = raw.proof(client.key);
      assert.equal((await raw.redeem(client, await raw.codeOf(client), {}, { dpop })).status, 200);
      const again = await raw.redeem(client, await raw.codeOf(client), {}, { dpop });
      assert.equal(again.status, 400);
    });
  });

  async function hold(id: TestApp['id'], profile: 'fapi2') {
    const { store, resources } = house.house;
    const changed = await store.write(async (tx) => {
      const app = await resources.get(tx, id);
      assert.ok(app?.kind === 'application');
      return resources.change(tx, id, { detail: { ...app.detail, profile } }, { door: 'cli' });
    });
    assert.ok(changed.ok);
  }

  describe('of the server', () => {
    let told: Record<string, unknown>;
    beforeEach(async () => {
      const { json } = await house.send({ path: '/oidc/.well-known/openid-configuration' });
      told = json;
    });

    it('tells what it can do, at an address of its own (§5.3.2.1 1)', async () => {
      assert.equal(told.issuer, house.issuer);
      assert.ok(house.issuer.startsWith('https://'));
      assert.equal(told.pushed_authorization_request_endpoint, `${house.issuer}/par`);
      assert.equal(told.authorization_response_iss_parameter_supported, true);
      assert.ok((told.code_challenge_methods_supported as string[]).includes('S256'));
    });

    it('gives a client no token that is bound to nothing for itself either (§5.3.2.1 4)', async () => {
      const { house: inside } = house;
      const entries = [{ resource: house.payments, scopes: ['read'] }];
      const { id } = client.app.process;
      const listed = await inside.store.write((tx) =>
        inside.processes.change(tx, id, { entries }, { door: 'cli' }),
      );
      assert.ok(listed.ok);
      const form = { grant_type: 'client_credentials', resource: API, scope: 'read' };
      const seen = await eventsOf(house, async () => {
        const bare = await raw.post('/token', { ...form, ...raw.asserted(client) });
        assert.deepEqual([bare.status, bare.body], [400, { error: 'invalid_dpop_proof' }]);
        const nonce = inside.oauth.dpop.nonce();
        const iat = Math.floor(house.clock.now() / 1000);
        const dpop = raw.proof(client.key, { nonce, iat });
        const held = { ...form, ...raw.asserted(client) };
        const bound = await raw.post('/token', held, undefined, { dpop });
        assert.deepEqual([bound.status, bound.body.token_type], [200, 'DPoP']);
      });
      assert.deepEqual([count(seen, 'entry.refused'), count(seen, 'entry.granted')], [1, 1]);
    });

    it('takes no password of a person (§5.3.2.1 2)', async () => {
      const password = { grant_type: 'password', username: 'ada', password: ada.password };
      const form = { ...password, client_id: client.app.id, ...raw.asserted(client) };
      const { status, body } = await raw.post('/token', form, undefined, raw.bindingOf(client));
      assert.deepEqual([status, body.error], [400, 'unsupported_grant_type']);
      assert.ok(!(told.grant_types_supported as string[]).includes('password'));
    });

    it('has clients of this profile that can keep a secret, by a key or a certificate, and sign well (§5.3.2.1 3 and 6, §5.4.1)', async () => {
      for (const [name, detail] of [
        ['weak-none', { clientAuth: 'none' }],
        ['weak-secret', { clientAuth: 'secret' }],
        ['weak-workload', { clientAuth: 'workload' }],
        ['weak-alg', { clientAuth: 'key', idTokenAlg: 'RS256' }],
      ] as const) {
        const strict = { profile: 'fapi2' as const, ...detail };
        await assert.rejects(house.addApp(name, strict), /with the profile fapi2/);
        // Nor is one a client that got there before this was asked.
        const app = await house.addApp(name, detail);
        await hold(app.id, 'fapi2');
        const query = new URLSearchParams(requestOf(app));
        const { left, page } = await wander(house, browser, `/oidc/auth?${query}`);
        assert.equal(left, undefined, name);
        assert.equal(page.status, 400, name);
      }
    });

    it('sends nobody to an address without TLS, but on their own computer (§5.3.2.2 8)', async () => {
      for (const uri of ['http://app.example.com/callback', 'http://localhost.evil.example/']) {
        const detail = {
          profile: 'fapi2' as const,
          clientAuth: 'key' as const,
          redirectUris: [uri],
        };
        await assert.rejects(house.addApp('plain', detail), uri);
      }
    });
  });
});
