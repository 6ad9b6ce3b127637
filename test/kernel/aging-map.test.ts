import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createAgingMap } from '../../server/kernel/aging-map.ts';

const KEYS = 8;

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('set' as const), number: fc.nat(KEYS - 1) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('delete' as const), number: fc.nat(KEYS - 1) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), number: fc.nat(7) }) },
);

interface Entry {
  readonly key: number;
  readonly value: number;
  readonly at: number;
}

describe('A map whose entries age', () => {
  for (const keep of [10, 'for-ever'] as const) {
    it(`is as a list that is searched each time says (kept ${keep === 10 ? 'for a while' : 'for ever'})`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 5 }),
          fc.array(step, { maxLength: 80 }),
          (most, steps) => {
            let now = 0;
            const gone: number[] = [];
            const map = createAgingMap<number, number>({
              most,
              keep: keep === 'for-ever' ? keep : { clock: { now: () => now }, for: keep },
              onForgotten: (value) => gone.push(value),
            });
            let list: Entry[] = [];
            const expected: number[] = [];
            const drop = (count: number) => {
              expected.push(...list.slice(0, count).map(({ value }) => value));
              list = list.slice(count);
            };
            const age = () => {
              if (keep !== 'for-ever') drop(list.filter(({ at }) => now - at >= keep).length);
            };
            steps.forEach(({ do: what, number }, value) => {
              if (what === 'wait') now += number;
              else if (what === 'delete') {
                age();
                assert.equal(map.size, list.length);
                map.delete(number);
                list = list.filter(({ key }) => key !== number);
              } else {
                age();
                map.set(number, value);
                list = list.filter(({ key }) => key !== number);
                drop(Math.max(0, list.length - most + 1));
                list.push({ key: number, value, at: now });
              }
              age();
              for (let key = 0; key < KEYS; key++) {
                assert.equal(map.get(key), list.find((one) => one.key === key)?.value);
              }
              assert.equal(map.size, list.length);
              assert.deepEqual(gone, expected);
            });
          },
        ),
      );
    });
  }
});
