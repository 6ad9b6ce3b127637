import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aboutWords } from '../../server/main/terminal/amounts.ts';

test('what is left of a time is told in whole units', () => {
  for (const [milliseconds, words] of [
    [299_602, '5 minutes'],
    [119_400, '119 seconds'],
    [499, '1 second'],
    [1000, '1 second'],
    [-5, '1 second'],
    [7_190_000, '2 hours'],
    [7_080_000, '118 minutes'],
  ] as const) {
    assert.equal(aboutWords(milliseconds), words);
  }
});
