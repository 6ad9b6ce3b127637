import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCsrfTokens, startedFrom } from '../../server/http/csrf.ts';

const tokens = createCsrfTokens(new Uint8Array(32).fill(7));
const own = 'https://signin.example.com';

test('a token holds for the session or browser that it was made for and for no other', () => {
  const binding = fc.oneof(
    fc.record({ session: fc.string({ minLength: 1 }) }),
    fc.record({ browser: fc.string({ minLength: 1 }) }),
  );
  fc.assert(
    fc.property(binding, binding, (one, other) => {
      const token = tokens.issue(one);
      assert.ok(tokens.accepts(one, token));
      const same = JSON.stringify(one) === JSON.stringify(other);
      assert.equal(tokens.accepts(other, token), same);
    }),
  );
});

test('a token of another key, a part of one or anything else is refused', () => {
  const token = tokens.issue({ session: 's' });
  const foreign = createCsrfTokens(new Uint8Array(32)).issue({ session: 's' });
  for (const wrong of [
    '',
    foreign,
    token.slice(1),
    `${token}=`,
    `${token} `,
    token.toUpperCase(),
  ]) {
    assert.equal(tokens.accepts({ session: 's' }, wrong), false, wrong);
  }
  fc.assert(
    fc.property(fc.string(), (any) => assert.equal(tokens.accepts({ session: 's' }, any), false)),
  );
});

test('what a browser says of where a request began is believed in the stricter sense', () => {
  const from = (origin?: string, site?: string) =>
    startedFrom({ origin, 'sec-fetch-site': site }, own);
  assert.equal(from(own, 'same-origin'), 'own');
  assert.equal(from(own), 'own');
  assert.equal(from(undefined, 'same-origin'), 'own');
  assert.equal(from(), 'unsaid');
  assert.equal(from(undefined, 'none'), 'unsaid');
  for (const site of ['same-site', 'cross-site', '', 'Same-Origin']) {
    assert.equal(from(own, site), 'foreign', site);
  }
  for (const origin of [
    'null',
    'http://signin.example.com',
    `${own}:8443`,
    'https://evil.example',
    '',
  ]) {
    assert.equal(from(origin, 'same-origin'), 'foreign', origin);
  }
});
