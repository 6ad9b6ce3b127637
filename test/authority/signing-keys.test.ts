/** The keys that tokens are signed with: a rotation is seen by nobody who verifies. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { LONGEST_LIFE } from '../../server/authority/signing-key-life.ts';
import {
  createSigningKeys,
  JWKS_MAX_AGE,
  type SigningKeys,
} from '../../server/authority/signing-keys.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../server/kernel/clock.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';

/** A node of its own on the database of a house. */
function nodeOf({ house, clock }: TestHouse): SigningKeys {
  const { store, vault, record } = house;
  const [later, notice] = [() => () => {}, () => {}];
  return createSigningKeys({ store, vault, record, clock, random: systemRandom(), later, notice });
}

async function rotate({ house }: TestHouse, at: 'overlap' | 'once' = 'overlap') {
  const prepared = await house.signing.prepare(at);
  return house.store.write((tx) => house.signing.rotate(tx, prepared, { door: 'cli' }));
}

describe('the keys for tokens', () => {
  let test_: TestHouse;
  let signing: SigningKeys;
  before(async () => {
    test_ = await openTestHouse();
    signing = test_.house.signing;
    await signing.ready();
  });
  after(() => test_.close());

  test('sign with each algorithm what others verify (RFC 7515, RFC 8037)', async () => {
    for (const alg of ['ES256', 'EdDSA', 'RS256'] as const) {
      await signing.ready(alg);
      const jwt = signing.sign(alg, { typ: 'at+jwt' }, { sub: 'someone', iat: 1 });
      const found = await jwtVerify(jwt, createLocalJWKSet({ keys: [...signing.jwks().keys] }));
      assert.equal(found.payload.sub, 'someone');
      assert.deepEqual([found.protectedHeader.alg, found.protectedHeader.typ], [alg, 'at+jwt']);
      const own = signing.verify(jwt);
      assert.ok(own.ok && own.value.claims.sub === 'someone');
    }
  });

  test('publish nothing but public numbers', () => {
    for (const jwk of signing.jwks().keys) {
      const secret = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].filter((name) => name in jwk);
      assert.deepEqual(secret, []);
    }
  });

  test('two hundred signatures of ES256 have the one form that JOSE gives them', () => {
    for (let i = 0; i < 200; i++) {
      const jwt = signing.sign('ES256', { typ: 'at+jwt' }, { i });
      assert.equal(Buffer.from(jwt.split('.')[2] ?? '', 'base64url').length, 64);
      assert.ok(signing.verify(jwt).ok);
    }
  });

  test('refuse what is not theirs, by whichever trick', async () => {
    const jwt = signing.sign('ES256', { typ: 'at+jwt' }, { sub: 'someone' });
    const [head = '', body = '', tail = ''] = jwt.split('.');
    const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString());
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const eddsa = signing.jwks().keys.find(({ alg }) => alg === 'EdDSA')?.kid;
    const bad: readonly (readonly [string, string])[] = [
      [`${header({ alg: 'none', kid })}.${body}.`, 'malformed'],
      [`${header({ alg: 'none', kid })}.${body}.${tail}`, 'wrong'],
      [`${header({ alg: 'HS256', kid })}.${body}.${tail}`, 'wrong'],
      [`${header({ alg: 'ES256', kid: eddsa })}.${body}.${tail}`, 'wrong'],
      [`${header({ alg: 'ES256', kid: '../key' })}.${body}.${tail}`, 'unknown-key'],
      [`${header({ alg: 'ES256' })}.${body}.${tail}`, 'unknown-key'],
      [`${header({ alg: 'ES256', kid, crit: ['x'] })}.${body}.${tail}`, 'malformed'],
      [`${header({ alg: 'ES256', kid, jku: 'https://a.example' })}.${body}.${tail}`, 'malformed'],
      [`${head}.${header({ sub: 'another' })}.${tail}`, 'wrong'],
      [`${head}.${body}.${'A'.repeat(86)}`, 'wrong'],
      [`${head}.${body}.${tail}=`, 'malformed'],
      [`${jwt}.`, 'malformed'],
      ['', 'malformed'],
    ];
    for (const [text, reason] of bad) {
      assert.deepEqual(signing.verify(text), { ok: false, error: reason }, text);
    }
    assert.ok(signing.verify(jwt).ok);
  });

  test('rotate without one verification failing at a client that keeps the set', async () => {
    const other = nodeOf(test_);
    await other.ready();
    const live: { jwt: string; until: number }[] = [];
    let kept = createLocalJWKSet({ keys: [...signing.jwks().keys] });
    let keptAt = test_.clock.now();
    const kids = new Set<string>();
    const begun = test_.clock.now();
    await rotate(test_);
    assert.equal((await rotate(test_)).state, 'under-way');
    let verified = 0;
    while (test_.clock.now() < begun + 30 * HOUR) {
      test_.clock.advance(5 * MINUTE);
      const now = test_.clock.now();
      for (const node of [signing, other]) {
        await node.ready();
        const jwt = node.sign('ES256', { typ: 'at+jwt' }, { at: now });
        kids.add(node.kidOf('ES256'));
        // Now and then one of the longest kind.
        live.push({ jwt, until: now + (live.length % 7 === 0 ? LONGEST_LIFE : 10 * MINUTE) });
      }
      if (now - keptAt > JWKS_MAX_AGE) {
        kept = createLocalJWKSet({ keys: [...other.jwks().keys] });
        keptAt = now;
      }
      for (const each of live.filter(({ until }) => until > now).slice(-12)) {
        await jwtVerify(each.jwt, kept);
        assert.ok(other.verify(each.jwt).ok);
        verified += 1;
      }
    }
    const oldest = live.filter(({ until }) => until > test_.clock.now())[0];
    assert.ok(oldest && signing.verify(oldest.jwt).ok);
    assert.equal(kids.size, 2);
    assert.ok(verified > 1000);
  });

  test('end, and their secrets are destroyed on record', async () => {
    await test_.house.signing.keep();
    const states = async () =>
      (await test_.house.store.read((q) => signing.list(q)))
        .filter(({ alg }) => alg === 'ES256')
        .map(({ state }) => state);
    assert.deepEqual(await states(), ['active', 'gone']);
    assert.equal(signing.jwks().keys.filter(({ alg }) => alg === 'ES256').length, 1);
  });

  test('in wrong hands are void at once, on every node', async () => {
    const other = nodeOf(test_);
    await other.ready();
    const stolen = other.sign('ES256', { typ: 'at+jwt' }, { sub: 'someone' });
    await rotate(test_, 'once');
    test_.clock.advance(5 * SECOND);
    await Promise.all([signing.ready(), other.ready()]);
    for (const node of [signing, other]) {
      assert.deepEqual(node.verify(stolen), { ok: false, error: 'unknown-key' });
      assert.ok(node.verify(node.sign('ES256', { typ: 'at+jwt' }, {})).ok);
    }
  });

  test('rotate by themselves when they are old', async () => {
    const before = signing.kidOf('ES256');
    test_.clock.advance(90 * DAY);
    await signing.keep();
    test_.clock.advance(2 * HOUR);
    await signing.ready();
    assert.notEqual(signing.kidOf('ES256'), before);
  });

  test('are made once by two nodes that start together', async () => {
    const fresh = await openTestHouse();
    const nodes = [nodeOf(fresh), nodeOf(fresh)];
    await Promise.all(nodes.map((node) => node.ready()));
    const kids = nodes.map((node) => node.kidOf('ES256'));
    assert.equal(new Set(kids).size, 1);
    await fresh.close();
  });
});
