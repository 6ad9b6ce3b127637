import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { createVerifier, type VerifierOptions } from '../../verify/src/verifier.ts';
import { AUDIENCE, type Issuer, makeKey, type SigningKey, startIssuer } from './issuer.ts';

describe('the keys of the issuer', () => {
  let issuer: Issuer;
  const faults: unknown[] = [];
  beforeEach(async () => {
    faults.length = 0;
    issuer = await startIssuer();
  });
  afterEach(() => issuer.stop());

  const verifierOf = (options: Partial<VerifierOptions> = {}) =>
    createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      now: issuer.clock.now,
      status: false,
      onFault: (fault) => faults.push(fault),
      ...options,
    });
  const asker = (verifier = verifierOf()) => {
    return async (by: SigningKey = issuer.key) => {
      const headers = { authorization: `Bearer ${await issuer.token({}, {}, by)}` };
      const verdict = await verifier.verify({ method: 'GET', url: '/', headers });
      return verdict.state === 'granted' ? 'granted' : verdict.reason;
    };
  };
  const fetches = () => issuer.served.asked.length;

  it('are fetched once for many requests at once', async () => {
    const ask = asker();
    const verdicts = await Promise.all(Array.from({ length: 50 }, () => ask()));
    assert.deepEqual(new Set(verdicts), new Set(['granted']));
    assert.equal(fetches(), 1);
  });

  it('are fetched again for a new kid, once in a cooldown, however many are made up', async () => {
    const ask = asker();
    assert.equal(await ask(), 'granted');
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => makeKey(`made up ${n}`)));
    const flood = async () => new Set(await Promise.all(made.map((key) => ask(key))));
    assert.deepEqual(await flood(), new Set(['unknown-key']));
    assert.equal(fetches(), 1, 'The cooldown began with the first fetch.');

    const added = await makeKey('next');
    issuer.served.keys.push(added);
    issuer.clock.advance(30_000);
    assert.deepEqual(await flood(), new Set(['unknown-key']));
    assert.equal(fetches(), 2);
    assert.equal(await ask(added), 'granted');
    assert.equal(await ask(), 'granted', 'Those that were known are not slowed down.');
    assert.equal(fetches(), 2);
  });

  it('are no longer believed once the issuer withdrew them', async () => {
    const ask = asker();
    assert.equal(await ask(), 'granted');
    issuer.served.keys = [await makeKey('next')];
    issuer.clock.advance(600_000);
    assert.equal(await ask(), 'unknown-key');
  });

  it('are used for a bounded while when the issuer is gone, then nothing is granted', async () => {
    const ask = asker();
    assert.equal(await ask(), 'granted');
    issuer.served.down.add('/oidc/jwks');
    issuer.clock.advance(3_000_000);
    assert.equal(await ask(), 'granted');
    assert.equal(faults.length, 1);
    issuer.clock.advance(1_200_000);
    assert.equal(await ask(), 'keys-unavailable');

    issuer.served.down.clear();
    assert.equal(await ask(), 'keys-unavailable', 'Not tried again at once.');
    issuer.clock.advance(5_000);
    assert.equal(await ask(), 'granted');
  });

  it('are used on though the log of the API fails', async () => {
    const onFault = () => {
      throw new Error('No log.');
    };
    const ask = asker(verifierOf({ onFault }));
    assert.equal(await ask(), 'granted');
    issuer.served.down.add('/oidc/jwks');
    issuer.clock.advance(400_000);
    assert.equal(await ask(), 'granted');
    issuer.clock.advance(400_000);
    assert.equal(await ask(), 'granted');
  });

  it('are not believed any longer because a clock was set back', async () => {
    const ask = asker();
    assert.equal(await ask(), 'granted');
    issuer.served.down.add('/oidc/jwks');
    issuer.clock.advance(-86_400_000);
    assert.equal(await ask(), 'keys-unavailable');
  });

  it('are asked for while an issuer is down no more than every few seconds', async () => {
    issuer.served.down.add('/oidc/jwks');
    const ask = asker();
    for (let second = 0; second < 20; second += 1) {
      assert.equal(await ask(), 'keys-unavailable');
      issuer.clock.advance(1_000);
    }
    assert.equal(fetches(), 4);
  });

  it('can be given, and then nothing is fetched', async () => {
    const ask = asker(verifierOf({ jwks: { keys: [issuer.key.jwk] } }));
    assert.equal(await ask(), 'granted');
    assert.equal(fetches(), 0);
  });

  for (const { says, set } of [
    { says: 'a page of HTML', set: '<html></html>' },
    { says: 'no list', set: '{"keys":{}}' },
    { says: 'null', set: 'null' },
    { says: 'more than any set takes', set: JSON.stringify({ keys: ['x'.repeat(300_000)] }) },
    { says: 'a thousand keys', set: JSON.stringify({ keys: Array(1000).fill({}) }) },
  ]) {
    it(`are none, if what is fetched is ${says}`, async () => {
      const ask = asker(verifierOf({ fetch: async () => new Response(set) }));
      assert.equal(await ask(), 'keys-unavailable');
      assert.equal(faults.length, 1);
    });
  }

  it('are none, if two have one kid: which is meant can not be known', async () => {
    const twin = await makeKey('now');
    const keys = [issuer.key.jwk, twin.jwk];
    assert.equal(await asker(verifierOf({ jwks: { keys } }))(), 'keys-unavailable');
  });

  it('are not those for encryption, those without an algorithm, or shared ones', async () => {
    const { kid = '', kty = '', crv = '', x = '', y = '' } = issuer.key.jwk;
    for (const jwk of [
      { kid, kty, crv, x, y, alg: 'ES256', use: 'enc' },
      { kid, kty, crv, x, y },
      { kid, kty: 'oct', k: 'AAAA', alg: 'ES256' },
    ]) {
      assert.equal(await asker(verifierOf({ jwks: { keys: [jwk] } }))(), 'unknown-key');
    }
  });

  it('are fetched without following anyone elsewhere', async () => {
    const seen: RequestInit[] = [];
    const fetch = async (address: string, init: RequestInit) => {
      seen.push(init);
      return globalThis.fetch(address, init);
    };
    assert.equal(await asker(verifierOf({ fetch }))(), 'granted');
    assert.equal(seen[0]?.redirect, 'error');
    assert.ok(seen[0]?.signal);
  });

  it('are fetched over TLS, or from this machine', () => {
    for (const wrong of ['http://id.example.com/oidc', 'http://127.0.0.1.evil.example', 'id']) {
      assert.throws(() => verifierOf({ issuer: wrong }), /https/);
      assert.throws(() => verifierOf({ jwks: wrong }), /https/);
    }
    for (const alg of ['none', 'HS256', 'RSA1_5']) {
      assert.throws(() => verifierOf({ algorithms: [alg] }), /asymmetric/);
      assert.throws(() => verifierOf({ dpop: { algorithms: [alg] } }), /asymmetric/);
    }
    assert.throws(() => verifierOf({ audience: [] }), /audience/);
  });
});
