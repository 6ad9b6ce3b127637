import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { nearest } from '../../server/config/nearest.ts';

const NAMES = ['listen', 'database', 'port', 'host', 'trustedProxies', 'freshFor'];

describe('the nearest name', () => {
  for (const [typed, meant] of [
    ['lsiten', 'listen'],
    ['prot', 'port'],
    ['hsot', 'host'],
    ['Database', 'database'],
    ['trusted_proxies', 'trustedProxies'],
    ['freshfor', 'freshFor'],
  ] as const) {
    it(`to ${typed} is ${meant}`, () => assert.equal(nearest(typed, NAMES), meant));
  }

  it('is none when nothing is near', () => {
    assert.equal(nearest('completely', NAMES), undefined);
    assert.equal(nearest('', NAMES), undefined);
    assert.equal(nearest('x', []), undefined);
  });

  it('is found through any one slip of the finger', () => {
    const slip = fc.record({
      name: fc.constantFrom(...NAMES),
      at: fc.nat(20),
      letter: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'),
      kind: fc.constantFrom('insert', 'drop', 'replace', 'swap'),
    });
    fc.assert(
      fc.property(slip, ({ name, at, letter, kind }) => {
        const i = at % name.length;
        const [before, here, after] = [name.slice(0, i), name[i]!, name.slice(i + 1)];
        const typed = {
          insert: before + letter + here + after,
          drop: before + after,
          replace: before + letter + after,
          swap: before + (after[0] ?? '') + here + after.slice(1),
        }[kind];
        // These two are so near each other that a slip in one can be as near to the other.
        const found = nearest(typed, NAMES);
        assert.ok(found === name || ['port', 'host'].includes(name), `${typed}: ${found}`);
      }),
    );
  });
});
