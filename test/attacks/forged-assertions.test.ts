/**
 * Assertions that are not what they seem: for someone else, of another time, signed by nobody or by a key that came along
 * (CVE-2015-9235: `none` and key confusion; CVE-2018-0114: embedded `jwk`; CVE-2016-10555; RFC 8725 §2 and §3; the audience
 * injection of CVE-2025-27370).
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import type { ProcessOffer } from '../../server/proofs/process-proof.ts';
import type { Resource } from '../../server/subjects/resource.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addApi,
  addProcess,
  addProof,
  assertionBy,
  claimsFor,
  encode,
  enter,
  entered,
  ISSUER,
  keyedProcess,
  makeKey,
  refusal,
  type SigningKey,
  signJws,
} from '../support/processes.ts';

describe('a forged assertion', () => {
  let test: TestHouse;
  let api: Resource;
  let key: SigningKey;
  let addresses = 0;
  before(async () => {
    test = await openTestHouse();
    api = await addApi(test);
    ({ key } = await keyedProcess(test, api, 'billing'));
  });
  after(() => test.close());
  beforeEach(() => test.clock.advance(MINUTE));

  /** Refused, and told so on record for this reason; the same done rightly goes through. */
  async function refused(offer: ProcessOffer, because: string, as?: string): Promise<void> {
    // Each from a place of its own: what is slowed down for many failures is another test's.
    const address = `198.51.100.${(addresses++ % 250) + 1}`;
    const from = { address, network: address };
    const seen = await eventsOf(test, async () => {
      assert.equal(refusal(await enter(test, { as, offers: [offer] }, from)), 'wrong');
      entered(await enter(test, { as, offers: [assertionBy(test, key, 'billing')] }, from));
    });
    assert.equal(count(seen, 'entry.granted'), 1);
    assert.deepEqual(
      seen.filter(({ type }) => type === 'entry.refused').map(({ reason }) => reason),
      [because],
    );
  }
  const by = (change: Record<string, unknown> = {}, header: Record<string, unknown> = {}) =>
    assertionBy(test, key, 'billing', change, header);
  const now = () => Math.floor(test.clock.now() / 1000);

  const AUDIENCES: readonly unknown[] = [
    'https://other.example.com/oidc',
    `${ISSUER}/`,
    `${ISSUER}/token/`,
    ISSUER.toUpperCase(),
    `${ISSUER}.evil.example`,
    [ISSUER, 'https://other.example.com'],
    ['https://other.example.com', ISSUER],
    [],
    [[ISSUER]],
    { 0: ISSUER },
    null,
    undefined,
    true,
  ];
  for (const aud of AUDIENCES) {
    it(`is refused when it is for ${JSON.stringify(aud)}`, () => refused(by({ aud }), 'not-here'));
  }

  it('is accepted for our issuer and for our token endpoint, as a text or as a list of it alone', async () => {
    for (const aud of [ISSUER, `${ISSUER}/token`, [ISSUER]]) {
      entered(await enter(test, { offers: [by({ aud })] }));
    }
  });

  const TIMES: readonly (readonly [string, () => Record<string, unknown>, string])[] = [
    ['expired a second ago', () => ({ exp: now() - 1 }), 'expired'],
    ['expires this second', () => ({ exp: now() }), 'expired'],
    ['is good for six minutes', () => ({ exp: now() + 360 }), 'wrong'],
    ['is good for ever', () => ({ exp: 9_999_999_999 }), 'wrong'],
    ['has no end', () => ({ exp: undefined }), 'malformed'],
    ['has an end in words', () => ({ exp: String(now() + 60) }), 'malformed'],
    ['ends before time began', () => ({ exp: -1 }), 'malformed'],
    ['ends beyond all numbers', () => ({ exp: 1e300 }), 'malformed'],
    ['begins in a minute', () => ({ nbf: now() + 60 }), 'wrong'],
    ['was made in a minute', () => ({ iat: now() + 60 }), 'wrong'],
    ['was made last week', () => ({ iat: now() - 604_800 }), 'wrong'],
    ['was made after its end', () => ({ iat: now() + 20, exp: now() + 10 }), 'wrong'],
    ['begins at a date in words', () => ({ nbf: 'now' }), 'malformed'],
  ];
  for (const [words, change, because] of TIMES) {
    it(`is refused when it ${words}`, () => refused(by(change()), because));
  }

  it('is refused without an identifier, and with one that tells nothing', async () => {
    for (const jti of [undefined, '', 7, ['a'], 'x'.repeat(257)]) {
      await refused(by({ jti }), 'malformed');
    }
  });

  it('is refused when it is signed by nobody', async () => {
    const claims = claimsFor(test, 'billing');
    for (const alg of ['none', 'None', 'NONE', '']) {
      const header = encode({ alg, typ: 'JWT' });
      const unsigned = { assertion: `${header}.${encode(claims)}.` };
      await refused({ kind: 'key', data: unsigned }, 'wrong');
    }
  });

  it('is refused when the public key was taken for a shared secret', async () => {
    const secrets = [
      key.publicKey.export({ format: 'pem', type: 'spki' }),
      key.publicKey.export({ format: 'der', type: 'spki' }),
      JSON.stringify(key.jwk),
    ];
    for (const secret of secrets) {
      const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claimsFor(test, 'billing'))}`;
      const mac = createHmac('sha256', secret).update(signed).digest('base64url');
      await refused({ kind: 'key', data: { assertion: `${signed}.${mac}` } }, 'wrong');
    }
  });

  it('is refused when it names another algorithm than the key has', async () => {
    for (const alg of ['ES384', 'RS256', 'EdDSA', 'es256', 'ES256 ']) {
      await refused(by({}, { alg }), 'wrong');
    }
    const rsa = makeKey('PS256');
    const process = await addProcess(test, 'salted', [{ resource: api.id, scopes: ['read'] }]);
    await addProof(test, process, 'key', { jwk: rsa.jwk });
    const other = { ...rsa, alg: 'RS256' } as const;
    const from = { address: '203.0.113.9', network: '203.0.113.9' };
    const plain = { offers: [assertionBy(test, other, 'salted')] };
    assert.equal(refusal(await enter(test, plain, from)), 'wrong');
    entered(await enter(test, { offers: [assertionBy(test, rsa, 'salted')] }, from));
  });

  it('is refused when another key signed it, whatever its kid says', async () => {
    const stranger = makeKey();
    const known = await keyedProcess(test, api, 'neighbour');
    for (const signer of [stranger, known.key]) {
      await refused(assertionBy(test, signer, 'billing'), 'wrong');
      for (const kid of [
        '../../../../dev/null',
        "x' union select '",
        'https://evil.example/key',
        '\u0000',
        known.proof.proof,
      ]) {
        await refused(assertionBy(test, signer, 'billing', {}, { kid }), 'wrong');
      }
    }
    await refused(by({}, { kid: 'x'.repeat(257) }), 'malformed');
    await refused(by({}, { kid: { toString: 'x' } }), 'malformed');
  });

  it('is refused when it brings its own key, or says where there is one', async () => {
    const stranger = makeKey();
    for (const header of [
      { jwk: stranger.jwk },
      { jku: 'https://evil.example/jwks' },
      { x5u: 'https://evil.example/cert' },
      { x5c: ['MIIB'] },
      { crit: ['exp'], exp: 1 },
      { crit: [] },
      { b64: false, crit: ['b64'] },
      { zip: 'DEF' },
      { enc: 'A256GCM' },
    ]) {
      await refused(assertionBy(test, stranger, 'billing', {}, header), 'malformed');
      await refused(by({}, header), 'malformed');
    }
  });

  it('is refused when it is a token of another kind', async () => {
    for (const typ of ['dpop+jwt', 'at+jwt', 'application/at+jwt', 'logout+jwt', 'secevent+jwt']) {
      await refused(by({}, { typ }), 'malformed');
    }
    for (const typ of ['JWT', 'client-authentication+jwt', 'application/jwt', undefined]) {
      entered(await enter(test, { offers: [by({}, { typ })] }));
    }
  });

  it('is refused when issuer, subject and client are not one', async () => {
    await refused(by({ iss: 'neighbour' }), 'wrong');
    await refused(by({ iss: undefined }), 'wrong');
    await refused(by({ iss: ['billing'] }), 'wrong');
    assert.equal(refusal(await enter(test, { as: 'neighbour', offers: [by()] })), 'wrong');
    assert.equal(refusal(await enter(test, { offers: [by({ sub: 'neighbour' })] })), 'wrong');
    assert.equal(refusal(await enter(test, { offers: [by({ sub: 7 })] })), 'wrong');
  });

  it('is refused in another spelling', async () => {
    const { assertion } = by().data as { assertion: string }; // As assertionBy makes it.
    const [header = '', claims = '', signature = ''] = assertion.split('.');
    const spelt = [
      `${header}=.${claims}.${signature}`,
      `${header}.${claims}.${signature}=`,
      `${header}.${claims}\n.${signature}`,
      `${header}.${claims}.${signature}.`,
      `${header}..${signature}`,
      ` ${assertion}`,
      `${header}.${claims}.${signature.replaceAll('-', '+').replaceAll('_', '/')}.`,
      signJws(key, ['ES256'], claimsFor(test, 'billing')),
      signJws(key, { alg: 'ES256' }, [claimsFor(test, 'billing')]),
      `${assertion}${'A'.repeat(9000)}`,
    ];
    for (const text of spelt) {
      await refused({ kind: 'key', data: { assertion: text } }, 'malformed', 'billing');
    }
  });

  it('is refused beside a second proof, which is one too many', async () => {
    const offers = [by(), { kind: 'secret', data: { secret: 'x' } } as const];
    assert.equal(refusal(await enter(test, { as: 'billing', offers })), 'malformed');
    assert.equal(refusal(await enter(test, { as: 'billing', offers: [] })), 'malformed');
    entered(await enter(test, { as: 'billing', offers: [by()] }));
  });
});

describe('many forged assertions', () => {
  let test: TestHouse;
  let api: Resource;
  before(async () => {
    test = await openTestHouse();
    api = await addApi(test);
  });
  after(() => test.close());

  const from = (address: string) => ({ address, network: address });

  it('slow down who sends them, and neither a neighbour at the same address nor the same process elsewhere', async () => {
    const broken = await keyedProcess(test, api, 'broken');
    const { key } = await keyedProcess(test, api, 'neighbour');
    const stranger = makeKey();
    const nat = '198.51.100.77';
    const answers: string[] = [];
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 60; i++) {
        const offers = [assertionBy(test, stranger, 'broken')];
        answers.push(refusal(await enter(test, { offers }, from(nat))));
      }
    });
    assert.equal(answers[0], 'wrong');
    assert.equal(answers.at(-1), 'throttled');
    assert.equal(count(seen, 'throttle.engaged'), 1);
    assert.equal(count(seen, 'entry.refused'), 51, 'a wait is on record once');
    entered(await enter(test, { offers: [assertionBy(test, key, 'neighbour')] }, from(nat)));
    const right = { offers: [assertionBy(test, broken.key, 'broken')] };
    entered(await enter(test, right, from('198.51.100.78')));
  });

  it('slow it down at another node as well, which has let it in before and has seen nothing of them', async () => {
    const { key } = await keyedProcess(test, api, 'two-nodes');
    const beside = await test.beside();
    const place = from('198.51.100.80');
    const right = { offers: [assertionBy(test, key, 'two-nodes')] };
    for (const node of [test, beside]) {
      entered(await enter(node, { offers: [assertionBy(test, key, 'two-nodes')] }, place));
    }
    const stranger = makeKey();
    for (let i = 0; i < 51; i++) {
      await enter(test, { offers: [assertionBy(test, stranger, 'two-nodes')] }, place);
    }
    const seen = await eventsOf(test, async () => {
      assert.equal(refusal(await enter(beside, right, place)), 'throttled');
      assert.equal(refusal(await enter(beside, right, place)), 'throttled');
    });
    assert.deepEqual(
      seen.map(({ type, reason }) => [type, reason]),
      [['entry.refused', 'throttled']],
    );
    const last = await enter(beside, right, from('198.51.100.81'));
    assert.ok(entered(last), 'what it showed was not spent, and elsewhere it is let in');
  });

  it('are told to wait where another node has seen too many, and are not counted again', async () => {
    const { key } = await keyedProcess(test, api, 'two-nodes-wrong');
    const beside = await test.beside();
    const place = from('198.51.100.82');
    entered(await enter(beside, { offers: [assertionBy(test, key, 'two-nodes-wrong')] }, place));
    const stranger = makeKey();
    const forged = () => ({ offers: [assertionBy(test, stranger, 'two-nodes-wrong')] });
    for (let i = 0; i < 51; i++) await enter(test, forged(), place);
    assert.equal(refusal(await enter(beside, forged(), place)), 'throttled');
  });

  it('keep nobody waiting who comes rightly, though a hundred come at once from one address', async () => {
    const { key } = await keyedProcess(test, api, 'crowd');
    const all = await Promise.all(
      Array.from({ length: 100 }, () =>
        enter(test, { offers: [assertionBy(test, key, 'crowd')] }, from('198.51.100.79')),
      ),
    );
    assert.ok(all.every(({ state }) => state === 'granted'));
  });
});
