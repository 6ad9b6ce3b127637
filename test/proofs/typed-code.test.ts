import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hashTypedCode, makeTypedCode, readTypedCode } from '../../server/proofs/typed-code.ts';
import { seededRandom } from '../support/random.ts';

/** What people do to a code between the paper and the keyboard. */
const SLIPS: readonly ((code: string) => string)[] = [
  (code) => code.toLowerCase(),
  (code) => code.replaceAll('-', ''),
  (code) => code.replaceAll('-', ' '),
  (code) => code.replaceAll('-', '–'),
  (code) => [...code].join(' '),
  (code) => code.replaceAll('0', 'O').replaceAll('1', 'l'),
  (code) => code.replaceAll('0', 'o').replaceAll('1', 'I'),
  (code) => ` ${code}\n`,
];

test('a code is read whatever people do to it on the way', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom(...SLIPS),
      (seed, groups, size, slip) => {
        const code = makeTypedCode(seededRandom(seed), groups, size);
        assert.equal(readTypedCode(slip(code), groups * size), code.replaceAll('-', ''));
      },
    ),
  );
});

test('what is not a code of that length is not read, whatever it is', () => {
  fc.assert(fc.property(fc.anything(), (value) => readTypedCode(value, 10) === undefined));
  const code = makeTypedCode(seededRandom('x'), 2, 5);
  for (const bad of [
    `${code}0`,
    code.slice(1),
    `U${code.slice(1)}`,
    `é${code.slice(1)}`,
    'x'.repeat(1e6),
  ]) {
    assert.equal(readTypedCode(bad, 10), undefined);
  }
});

test('every letter is as likely as any other', () => {
  const counts = new Map<string, number>();
  const random = seededRandom('letters');
  for (let i = 0; i < 3200; i++) {
    for (const letter of makeTypedCode(random, 1, 10))
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
  }
  assert.equal(counts.size, 32);
  for (const [letter, count] of counts)
    assert.ok(count > 850 && count < 1150, `${letter}: ${count}`);
});

test('one code has another hash in each row', () => {
  assert.notDeepEqual(hashTypedCode('0123456789', 'a'), hashTypedCode('0123456789', 'b'));
});
