/** What many commands read alike (terminal/typed.ts). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { byEndOfId, durationTyped, usesTyped } from '../../server/main/terminal/typed.ts';

const MINUTE = 60_000;

describe('the end of an id', () => {
  const items = [
    { id: '019b8d62-aaaa-c0ffee' },
    { id: '019b8d62-bbbb-c0ffee' },
    { id: 'x-decade' },
  ];

  it('means the one that it belongs to', () => {
    assert.deepEqual(byEndOfId(items, 'decade'), { ok: true, value: items[2] });
    assert.deepEqual(byEndOfId(items, 'aaaa-c0ffee'), { ok: true, value: items[0] });
  });

  it('means nothing where it belongs to none', () => {
    assert.deepEqual(byEndOfId(items, 'facade'), { ok: true, value: undefined });
  });

  it('is not taken where it belongs to several, or has fewer than six characters', () => {
    for (const [typed, says] of [
      ['c0ffee', /end of several ids/],
      ['ecade', /too short/],
      ['e', /too short/],
      ['', /too short/],
    ] as const) {
      const read = byEndOfId(items, typed);
      assert.ok(!read.ok);
      assert.match(read.error.what, says);
    }
  });
});

describe('a time that is typed', () => {
  it('is read in milliseconds, within its bounds', () => {
    assert.deepEqual(durationTyped('--lifetime', '90s'), { ok: true, value: 90_000 });
    assert.deepEqual(durationTyped('--overlap', '0s', { none: true }), { ok: true, value: 0 });
    assert.deepEqual(durationTyped('--l', '1h', { most: 60 * MINUTE }), {
      ok: true,
      value: 3_600_000,
    });
    for (const [typed, bounds, says] of [
      ['soon', {}, '--l is a time, and not “soon”.'],
      ['0s', {}, '--l is a time, and not “0s”.'],
      ['61m', { most: 60 * MINUTE }, '--l is a time up to 1 hour, and not “61m”.'],
      ['90s', { minutes: true }, '--l is a time of whole minutes, and not “90s”.'],
    ] as const) {
      const read = durationTyped('--l', typed, bounds);
      assert.equal(!read.ok && read.error.what, says);
    }
  });
});

describe('a number of uses that is typed', () => {
  it('is a whole one, from 1 to as many as there can be', () => {
    assert.deepEqual(usesTyped('20', 20), { ok: true, value: 20 });
    for (const typed of ['21', '0', '', ' 1', '1e1', '-1', '1.0', 'abc']) {
      const read = usesTyped(typed, 20);
      assert.equal(
        !read.ok && read.error.what,
        `--uses is a number from 1 to 20, and not “${typed}”.`,
      );
    }
  });
});
