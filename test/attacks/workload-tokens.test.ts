/**
 * A token of a trusted issuer that is not for us, or of another workload of the same issuer (T1528, T1199; RFC 7523 §3; the
 * misread trust policies of CI systems: a repository whose name begins like the right one, a missing condition on `sub`).
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { DAY, MINUTE } from '../../server/kernel/clock.ts';
import { ok } from '../../server/kernel/result.ts';
import { listProcessProofs } from '../../server/proofs/process-held.ts';
import type { Process } from '../../server/subjects/process.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addApi,
  addProcess,
  addProof,
  enter,
  entered,
  ISSUER,
  makeKey,
  refusal,
  type SigningKey,
  signJws,
} from '../support/processes.ts';

const CI = 'https://ci.example.com';
const SUB = 'repo:acme/shop:ref:refs/heads/main';

describe('a workload’s token', () => {
  let test: TestHouse;
  let api: Resource;
  let deploy: Process;
  const ci = makeKey('RS256', 'ci-1');
  const fetched: string[] = [];
  before(async () => {
    test = await openTestHouse(
      {},
      {
        fetch: async (url) => {
          fetched.push(url);
          return url.endsWith('/openid-configuration')
            ? ok(JSON.stringify({ issuer: CI, jwks_uri: `${CI}/keys` }))
            : ok(JSON.stringify({ keys: [ci.jwk] }));
        },
      },
    );
    api = await addApi(test);
    const entries = [{ resource: api.id, scopes: ['read'] }];
    deploy = await addProcess(test, 'deploy', entries);
    const claims = { sub: { begins: 'repo:acme/shop:' }, environment: { is: 'production' } };
    await addProof(test, deploy, 'workload', { issuer: CI, claims });
    const once = await addProcess(test, 'once', entries);
    const rule = { issuer: CI, claims: { sub: { is: SUB } }, jwks: { keys: [ci.jwk] }, once: true };
    await addProof(test, once, 'workload', rule);
  });
  after(() => test.close());
  beforeEach(() => test.clock.advance(MINUTE));

  let made = 0;
  let addresses = 0;
  function token(
    change: Record<string, unknown> = {},
    header: Record<string, unknown> = {},
    key: SigningKey = ci,
  ) {
    const now = Math.floor(test.clock.now() / 1000);
    made += 1;
    const claims = {
      iss: CI,
      sub: SUB,
      aud: ISSUER,
      environment: 'production',
      iat: now,
      nbf: now,
      exp: now + 600,
      jti: `ci-${made}`,
      ...change,
    };
    const assertion = signJws(key, { alg: key.alg, kid: 'ci-1', typ: 'JWT', ...header }, claims);
    return { kind: 'workload', data: { assertion } } as const;
  }

  async function refused(offer: ReturnType<typeof token>, because: string, as = 'deploy') {
    const address = `198.51.100.${(addresses++ % 250) + 1}`;
    const from = { address, network: address };
    const seen = await eventsOf(test, async () => {
      assert.equal(refusal(await enter(test, { as, offers: [offer] }, from)), 'wrong');
      entered(await enter(test, { as, offers: [token()] }, from));
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    assert.deepEqual(
      seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason),
      [because],
    );
  }

  it('lets in the workload that the rule is about, by the keys that its issuer publishes', async () => {
    entered(await enter(test, { as: 'deploy', offers: [token()] }));
    assert.deepEqual(
      new Set(fetched),
      new Set([`${CI}/.well-known/openid-configuration`, `${CI}/keys`]),
    );
  });

  it('of another workload of the same issuer is refused, however alike their names are', async () => {
    for (const sub of [
      'repo:acme/shop-evil:ref:refs/heads/main',
      'repo:acme/shop',
      'repo:acme/shop:',
      'repo:ACME/shop:ref:refs/heads/main',
      'xrepo:acme/shop:ref:refs/heads/main',
      ['repo:acme/shop:ref:refs/heads/main'],
      { toString: SUB },
      7,
      undefined,
    ]) {
      await refused(token({ sub }), 'wrong');
    }
    for (const environment of ['staging', 'production ', ['production'], undefined, true]) {
      await refused(token({ environment }), 'wrong');
    }
  });

  it('for somebody else is refused', async () => {
    for (const aud of [
      'https://other.example.com',
      [ISSUER, 'https://other.example.com'],
      [],
      null,
    ]) {
      await refused(token({ aud }), 'wrong');
    }
  });

  it('of another issuer, or signed by another, is refused', async () => {
    await refused(token({ iss: `${CI}/` }), 'wrong');
    await refused(token({ iss: 'https://evil.example.com' }), 'wrong');
    await refused(token({}, {}, makeKey('RS256', 'ci-1')), 'wrong');
    await refused(token({}, { kid: 'another' }), 'wrong');
    await refused(token({}, { jku: 'https://evil.example.com/keys' }), 'malformed');
    await refused(token({}, { typ: 'at+jwt' }), 'malformed');
  });

  it('of another time is refused', async () => {
    const now = () => Math.floor(test.clock.now() / 1000);
    await refused(token({ exp: now() - 1 }), 'expired');
    await refused(token({ exp: now() + DAY / 1000 + 60 }), 'wrong');
    await refused(token({ nbf: now() + 60 }), 'wrong');
    await refused(token({ exp: undefined }), 'malformed');
  });

  it('makes us fetch nothing for whom the rule is not about', async () => {
    const before = fetched.length;
    const strange = token({ iss: 'https://evil.example.com' });
    assert.equal(refusal(await enter(test, { as: 'deploy', offers: [strange] })), 'wrong');
    assert.equal(fetched.length, before);
  });

  it('that is to be shown once is refused the second time, also at once', async () => {
    const offer = token();
    const seen = await eventsOf(test, async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () => enter(test, { as: 'once', offers: [offer] })),
      );
      assert.equal(outcomes.filter(({ state }) => state === 'granted').length, 1);
      assert.equal(
        refusal(await enter(test, { as: 'once', offers: [token({ jti: undefined })] })),
        'wrong',
      );
      entered(await enter(test, { as: 'once', offers: [token()] }));
    });
    assert.equal(count(seen, 'entry.granted'), 2);
    const reasons = seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason);
    assert.deepEqual(
      [reasons.length, reasons.filter((reason) => reason === 'used').length],
      [10, 9],
    );
  });

  it('is believed by no rule that leaves open whose it is', async () => {
    const loose: readonly unknown[] = [
      { issuer: CI, claims: {} },
      { issuer: CI, claims: { environment: { is: 'production' } } },
      { issuer: CI, claims: { sub: { begins: 'repo:acme/shop' } } },
      { issuer: CI, claims: { sub: { begins: '' } } },
      { issuer: CI, claims: { sub: { is: '' } } },
      { issuer: CI, claims: { sub: 'anything' } },
      { issuer: 'ci.example.com', claims: { sub: { is: SUB } } },
      { issuer: 'http://ci.example.com', claims: { sub: { is: SUB } } },
      { issuer: CI, claims: { sub: { is: SUB } }, jwksUri: 'http://ci.example.com/keys' },
      { issuer: CI, claims: { sub: { is: SUB } }, jwks: { keys: [] } },
      { issuer: CI, claims: { sub: { is: SUB } }, jwks: { keys: [{ kty: 'oct', k: 'AAAA' }] } },
    ];
    for (const settings of loose) {
      const added = await test.house.store.write(async (tx) => {
        const held = await listProcessProofs(tx, deploy.id);
        const adding = { process: deploy.id, name: 'loose', held, settings };
        return test.house.processProofs.workload.add(tx, adding);
      });
      assert.equal(added.ok, false, JSON.stringify(settings));
    }
  });

  it('of an issuer whose discovery document is another’s is not believed', async () => {
    const process = await addProcess(test, 'mixed', [{ resource: api.id, scopes: ['read'] }]);
    // The document there says that it is of CI.
    const issuer = 'https://mixed.example.com';
    await addProof(test, process, 'workload', { issuer, claims: { sub: { is: SUB } } });
    const seen = await eventsOf(test, async () => {
      const offer = token({ iss: issuer });
      assert.equal(refusal(await enter(test, { as: 'mixed', offers: [offer] })), 'busy');
      entered(await enter(test, { as: 'deploy', offers: [token()] }));
    });
    assert.equal(count(seen, 'entry.refused', 'refused'), 1);
    assert.equal(count(seen, 'entry.granted'), 1);
  });
});
