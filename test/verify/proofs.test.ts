import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createNonces } from '../../verify/src/nonces.ts';
import { createReplayMemory } from '../../verify/src/replay-memory.ts';
import { createVerifier } from '../../verify/src/verifier.ts';
import { AUDIENCE, makeHolder, startIssuer } from './issuer.ts';

describe('the memory of spent proofs', () => {
  const proof = (key: string, id: string, until = 60_000) => ({ key, id, until });

  it('lets a proof pass once for a key, until it is too old anyway', () => {
    const memory = createReplayMemory({ most: 10, mostPerKey: 10 });
    assert.equal(memory.spend(proof('a', '1'), 0), 'spent');
    assert.equal(memory.spend(proof('a', '1'), 59_999), 'known');
    assert.equal(memory.spend(proof('b', '1'), 59_999), 'spent');
  });

  it('is closed when it is full, to one key first, and opens when proofs are too old', () => {
    const memory = createReplayMemory({ most: 3, mostPerKey: 2 });
    assert.equal(memory.spend(proof('a', '1'), 0), 'spent');
    assert.equal(memory.spend(proof('a', '2'), 0), 'spent');
    assert.equal(memory.spend(proof('a', '3'), 0), 'key-full');
    assert.equal(memory.spend(proof('b', '1'), 0), 'spent');
    assert.equal(memory.spend(proof('c', '1'), 0), 'full');
    assert.equal(memory.spend(proof('a', '1'), 0), 'known');
    assert.equal(memory.spend(proof('c', '1', 120_000), 60_000), 'spent');
  });

  it('never lets one pass twice while it counts, and never holds more than it may', () => {
    const step = fc.record({
      key: fc.constantFrom('a', 'b', 'c'),
      id: fc.constantFrom('1', '2', '3', '4'),
      wait: fc.nat(3_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const memory = createReplayMemory({ most: 6, mostPerKey: 3 });
        const until = new Map<string, number>();
        let now = 0;
        for (const { key, id, wait } of steps) {
          now += wait;
          const name = `${key} ${id}`;
          const counts = (until.get(name) ?? 0) > now;
          const verdict = memory.spend({ key, id, until: now + 5_000 }, now);
          if (counts) assert.equal(verdict, 'known');
          if (verdict === 'spent') until.set(name, now + 5_000);
          assert.ok([...until.values()].filter((end) => end > now).length <= 6);
        }
      }),
    );
  });
});

describe('nonces', () => {
  const nonces = createNonces(new Uint8Array(32).fill(1));
  const others = createNonces(new Uint8Array(32).fill(2));

  it('are good in their span, age in the next, and are bad after it and before it', async () => {
    const nonce = await nonces.issue(1_000_000_000_000);
    const judged = (after: number) => nonces.judge(nonce, 1_000_000_000_000 + after);
    assert.equal(await judged(0), 'good');
    assert.equal(await judged(120_000), 'ageing');
    assert.equal(await judged(240_000), 'bad');
    assert.equal(await judged(-120_000), 'bad');
  });

  it('are good for every process that shares the secret, and for no other', async () => {
    const nonce = await nonces.issue(0);
    assert.equal(await createNonces(new Uint8Array(32).fill(1)).judge(nonce, 0), 'good');
    assert.equal(await others.judge(nonce, 0), 'bad');
  });

  it('can not be made up or changed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (made) => {
        assert.equal(await nonces.judge(made, 0), 'bad');
      }),
    );
    const nonce = await nonces.issue(0);
    assert.equal(await nonces.judge(nonce.replace(/^0/, '1'), 120_000), 'bad');
    assert.equal(await nonces.judge(`${nonce}A`, 0), 'bad');
  });

  it('need a secret that can not be guessed', () => {
    assert.throws(() => createNonces(new Uint8Array(16)), /32 bytes/);
  });
});

describe('a proof sent many times at once', () => {
  it('lets one request in, and only one', async (t) => {
    const issuer = await startIssuer();
    t.after(() => issuer.stop());
    const { clock } = issuer;
    const verifier = createVerifier({
      issuer: issuer.issuer,
      audience: AUDIENCE,
      now: clock.now,
    });
    const holder = await makeHolder();
    const token = await issuer.token({ cnf: { jkt: holder.jkt } });
    const dpop = await holder.proof({ token, at: clock.now() });
    const request = {
      method: 'GET',
      url: '/keys',
      headers: { authorization: `DPoP ${token}`, dpop },
    };
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verifier.verify(request)));
    const told = verdicts.map((verdict) =>
      verdict.state === 'granted' ? 'granted' : verdict.reason,
    );
    assert.equal(told.filter((each) => each === 'granted').length, 1);
    assert.equal(told.filter((each) => each === 'proof-replayed').length, 19);
  });
});
