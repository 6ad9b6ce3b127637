import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeText, otpKey } from '../../../server/proofs/totp/hotp.ts';

const SECRET = new TextEncoder().encode('12345678901234567890');

// RFC 4226 appendix D: count, truncated value in decimal, HOTP.
const VECTORS: readonly (readonly [number, number, string])[] = [
  [0, 1284755224, '755224'],
  [1, 1094287082, '287082'],
  [2, 137359152, '359152'],
  [3, 1726969429, '969429'],
  [4, 1640338314, '338314'],
  [5, 868254676, '254676'],
  [6, 1918287922, '287922'],
  [7, 82162583, '162583'],
  [8, 673399871, '399871'],
  [9, 645520489, '520489'],
];

test('each count of appendix D gives its six digits', () => {
  const key = otpKey(SECRET, 'SHA1', 6);
  for (const [count, , code] of VECTORS) assert.equal(codeText(key.code(count), 6), code);
});

test('eight digits are the last eight of the truncated value', () => {
  const key = otpKey(SECRET, 'SHA1', 8);
  for (const [count, truncated] of VECTORS) {
    assert.equal(codeText(key.code(count), 8), String(truncated).padStart(8, '0').slice(-8));
  }
});

test('a key gives the same codes in any order of counts', () => {
  const key = otpKey(SECRET, 'SHA1', 6);
  for (const [count, , code] of VECTORS.toReversed()) {
    assert.equal(codeText(key.code(count), 6), code);
  }
});
