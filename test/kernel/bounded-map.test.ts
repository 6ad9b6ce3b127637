import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  createBoundedMap,
  LONGEST_REMEMBERED,
  remembered,
} from '../../server/kernel/bounded-map.ts';

const KEYS = 12;
/** In the place of a key that was deleted. */
const GONE = -1;

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), key: fc.nat(KEYS - 1) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get' as const), key: fc.nat(KEYS - 1) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('delete' as const), key: fc.nat(KEYS - 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const), key: fc.constant(0) }) },
);

describe('A bounded map', () => {
  it('holds no more than it may, gives what was set last, and keeps the half that was used last', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.array(step, { maxLength: 60 }),
        (most, steps) => {
          const map = createBoundedMap<number, number>(most);
          const values = new Map<number, number>();
          /** Keys by their use, the last one at the end. */
          let used: number[] = [];
          const use = (key: number) => {
            used = [...used.filter((other) => other !== key), key];
          };
          steps.forEach(({ do: what, key }, at) => {
            if (what === 'set') {
              map.set(key, at);
              values.set(key, at);
              use(key);
            } else if (what === 'get') {
              const found = map.get(key);
              if (used.slice(-Math.ceil(most / 2)).includes(key)) assert.notEqual(found, undefined);
              if (found !== undefined) {
                assert.equal(found, values.get(key));
                use(key);
              }
            } else if (what === 'delete') {
              map.delete(key);
              values.delete(key);
              // Its place stays taken: what was pushed out before does not come back for it.
              used = used.map((other) => (other === key ? GONE : other));
            } else {
              map.clear();
              values.clear();
              used = [];
            }
            assert.ok(map.size <= most);
          });
          for (const key of used.slice(-Math.ceil(most / 2)).reverse()) {
            if (key !== GONE) assert.equal(map.get(key), values.get(key));
          }
        },
      ),
    );
  });

  it('keeps what is used all the time, however many others pass', () => {
    const map = createBoundedMap<number, string>(10);
    map.set(-1, 'used');
    for (let key = 0; key < 1000; key++) {
      map.set(key, 'passing');
      assert.equal(map.get(-1), 'used');
    }
    assert.equal(map.get(0), undefined);
  });
});

describe('What is remembered', () => {
  it('is made once for each text, while there are no more than it may keep', () => {
    const made: string[] = [];
    const length = remembered(2, (text) => made.push(text) && text.length);
    assert.deepEqual([length('ab'), length('ab'), length('abc')], [2, 2, 3]);
    assert.deepEqual(made, ['ab', 'abc']);
    for (const text of ['d', 'e', 'f']) length(text);
    assert.equal(length('ab'), 2);
    assert.equal(made.filter((text) => text === 'ab').length, 2);
  });

  it('is not made of texts that strangers have written long', () => {
    let asked = 0;
    const length = remembered(2, (text) => {
      asked++;
      return text.length;
    });
    const long = 'x'.repeat(LONGEST_REMEMBERED + 1);
    assert.deepEqual([length(long), length(long)], [long.length, long.length]);
    assert.equal(asked, 2);
    for (let again = 0; again < 2; again++) length(long.slice(1));
    assert.equal(asked, 3);
  });

  it('remembers false and nothing as well as any other answer', () => {
    let asked = 0;
    const no = remembered(2, () => {
      asked++;
      return false;
    });
    assert.deepEqual([no('a'), no('a')], [false, false]);
    assert.equal(asked, 1);
  });
});
