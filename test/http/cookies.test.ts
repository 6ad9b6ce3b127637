import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCookieJar } from '../../server/http/cookies.ts';
import { createSealedCookie } from '../../server/http/sealed-cookie.ts';
import { manualClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

const secure = createCookieJar(true);
const plain = createCookieJar(false);

test('over HTTPS a cookie of ours has the __Host- prefix and all that it demands', () => {
  assert.equal(
    secure.set('session', 'abc'),
    '__Host-sallyport-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure',
  );
  assert.match(secure.set('device', 'abc', 60), /; Secure; Max-Age=60$/);
  assert.match(secure.clear('flow'), /^__Host-sallyport-flow=; .*; Max-Age=0$/);
});

test('on plain loopback only the prefix and the Secure flag are left out', () => {
  assert.equal(
    plain.set('session', 'abc'),
    'sallyport-session=abc; Path=/; HttpOnly; SameSite=Lax',
  );
});

test('a value that would write a header of its own is never set', () => {
  for (const value of ['a\r\nset-cookie: b=c', 'a;b', 'a b', 'a"b', 'ä']) {
    assert.throws(() => secure.set('session', value), TypeError);
  }
});

test('cookies of others are passed over, ours are read', () => {
  const read = secure.read(
    'a=1; flag; __Host-sallyport-session=tok.en; b="x y"; sallyport-device=z',
  );
  assert.ok(read.ok);
  assert.deepEqual([...read.value], [['session', 'tok.en']]);
});

test('a cookie of ours that comes twice refuses the request', () => {
  const doubled = '__Host-sallyport-session=a; x=1; __Host-sallyport-session=b';
  assert.deepEqual(secure.read(doubled), { ok: false, error: 'doubled' });
  assert.deepEqual(secure.read('__Host-sallyport-flow=; __Host-sallyport-flow='), {
    ok: false,
    error: 'doubled',
  });
});

test('a header that is too long or a value with forbidden bytes is malformed', () => {
  assert.deepEqual(secure.read('__Host-sallyport-session=a b'), { ok: false, error: 'malformed' });
  assert.deepEqual(secure.read(`x=${'y'.repeat(9000)}`), { ok: false, error: 'malformed' });
});

test('no header makes the jar throw, and what was set is what is read', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (header) => void secure.read(header)));
  const value = fc.stringMatching(/^[A-Za-z0-9_.-]{0,80}$/);
  fc.assert(
    fc.property(value, (text) => {
      const read = secure.read(secure.set('flow', text).split(';')[0]);
      assert.ok(read.ok && read.value.get('flow') === text);
    }),
  );
});

function sealedCookie(purpose: string, clock = manualClock(), key = new Uint8Array(32)) {
  return createSealedCookie({ clock, random: seededRandom('cookie'), key }, purpose);
}

test('a sealed cookie opens to what was sealed, until its end', () => {
  const clock = manualClock();
  const sealed = sealedCookie('flow', clock);
  const text = sealed.seal({ to: '/me', deep: [1, 'ö'] }, 1000);
  assert.deepEqual(sealed.open(text), { to: '/me', deep: [1, 'ö'] });
  clock.advance(1000);
  assert.equal(sealed.open(text), undefined);
});

test('a sealed cookie of another purpose or key, or changed in any character, does not open', () => {
  const sealed = sealedCookie('flow');
  const text = sealed.seal({ to: '/me' }, 1000);
  assert.equal(sealedCookie('other').open(text), undefined);
  assert.equal(
    sealedCookie('flow', manualClock(), new Uint8Array(32).fill(1)).open(text),
    undefined,
  );
  for (let at = 0; at < text.length; at++) {
    const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
    assert.equal(sealed.open(changed), undefined, `character ${at}`);
  }
  fc.assert(fc.property(fc.string(), (any) => assert.equal(sealed.open(any), undefined)));
});
