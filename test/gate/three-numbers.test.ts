import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { numbersBeside, numberToType } from '../../server/gate/three-numbers.ts';
import { seededRandom } from '../support/random.ts';

describe('the number that a person types', () => {
  it('has two digits, and favours none of the ninety', () => {
    const random = seededRandom('typed');
    const seen = new Map<number, number>();
    for (let i = 0; i < 9000; i++) {
      const number = numberToType(random);
      seen.set(number, (seen.get(number) ?? 0) + 1);
    }
    const numbers = [...seen.keys()];
    assert.deepEqual([seen.size, Math.min(...numbers), Math.max(...numbers)], [90, 10, 99]);
    for (const [number, times] of seen) assert.ok(Math.abs(times - 100) < 60, `${number} ${times}`);
  });
});

describe('the numbers that a person chooses from', () => {
  it('are three, of two digits, and none of them stands in the message', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 8 }),
        fc.string({ unit: fc.constantFrom(...'0123456789 '), maxLength: 64 }),
        (seed, text) => {
          const { right, all } = numbersBeside(seededRandom(seed), text);
          assert.equal(new Set(all).size, 3);
          assert.ok(all.includes(right));
          for (const number of all) {
            assert.ok(number >= 10 && number <= 99);
            assert.ok(!text.includes(String(number)), `${number} in ${text}`);
          }
        },
      ),
    );
  });

  it('favour no place and no number', () => {
    const random = seededRandom('fair');
    const places = [0, 0, 0];
    const seen = new Map<number, number>();
    const rounds = 9000;
    for (let i = 0; i < rounds; i++) {
      const { right, all } = numbersBeside(random, '');
      const place = all.indexOf(right);
      places[place] = (places[place] ?? 0) + 1;
      seen.set(right, (seen.get(right) ?? 0) + 1);
    }
    // Six standard deviations on either side.
    for (const times of places) assert.ok(Math.abs(times - rounds / 3) < 270, String(places));
    assert.equal(seen.size, 90);
    for (const [number, times] of seen) assert.ok(Math.abs(times - 100) < 60, `${number} ${times}`);
  });
});
