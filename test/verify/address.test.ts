import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { normalAddress, requestAddresses } from '../../verify/src/address.ts';

const ORIGIN = 'https://api.example.com';

describe('addresses of requests and proofs', () => {
  it('are one in every form that RFC 3986 §6.2.2 and §6.2.3 call equivalent', () => {
    for (const same of [
      'https://api.example.com/keys/~ada',
      'HTTPS://API.Example.COM/keys/~ada',
      'https://api.example.com:443/keys/~ada',
      'https://api.example.com/keys/%7Eada',
      'https://api.example.com/keys/%7eada',
      'https://api.example.com/ke%79s/~ada',
      'https://api.example.com/keys/~ada?page=2',
      'https://api.example.com/keys/~ada#top',
    ]) {
      assert.equal(normalAddress(same), `${ORIGIN}/keys/~ada`, same);
    }
    assert.equal(normalAddress(ORIGIN), `${ORIGIN}/`);
    assert.equal(normalAddress(`${ORIGIN}/a%2fb`), `${ORIGIN}/a%2Fb`);
  });

  it('are others where a server may tell them apart', () => {
    for (const other of ['/Keys', '/keys/', '//keys', '/a%2Fkeys', '/keys%00', '/keys;x']) {
      assert.notEqual(normalAddress(ORIGIN + other), `${ORIGIN}/keys`, other);
    }
    assert.notEqual(normalAddress(`${ORIGIN}/a%2Fb`), normalAddress(`${ORIGIN}/a/b`));
  });

  it('are none where two readers may see two', () => {
    for (const wrong of [
      '/keys',
      '//api.example.com/keys',
      'javascript:alert(1)',
      'https:/api.example.com/keys',
      'https:\\\\api.example.com/keys',
      'https://api.example.com\\@evil.example/keys',
      'https://ada@api.example.com/keys',
      'https://api.example.com/a/../keys',
      'https://api.example.com/a/%2e%2E/keys',
      'https://api.example.com/a/./keys',
      'https://api.example.com/ke\tys',
      'https://api.example.com/ke ys',
      'https://api.example.com/kéys',
      'https://api.example.com/%zz',
      'https://api.example.com/%',
      'https://',
      '',
    ]) {
      assert.equal(normalAddress(wrong), undefined, wrong);
    }
  });

  it('take the origin from the settings, never from the request', () => {
    const at = `${ORIGIN}/keys`;
    assert.deepEqual(requestAddresses('/keys?x', [ORIGIN]), [at]);
    assert.deepEqual(requestAddresses('https://evil.example/keys', [ORIGIN]), [at]);
    assert.deepEqual(requestAddresses('//evil.example/keys', [ORIGIN]), [
      `${ORIGIN}//evil.example/keys`,
    ]);
    assert.deepEqual(requestAddresses('.evil.example/keys', [ORIGIN]), []);
    assert.deepEqual(requestAddresses('@evil.example/keys', [ORIGIN]), []);
    assert.deepEqual(requestAddresses(':80/keys', [ORIGIN]), []);
    assert.deepEqual(requestAddresses('*', [ORIGIN]), []);
  });

  it('keep their form when they are normalised again', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const once = normalAddress(url);
        if (once === undefined) return;
        assert.equal(normalAddress(once), once);
        assert.doesNotMatch(once, /[?#]/);
        assert.equal(new URL(once).origin, new URL(url).origin);
      }),
    );
  });

  it('never lead to another origin than that of the settings, whatever stands in the request line', () => {
    const line = fc.oneof(fc.string(), fc.webUrl(), fc.webPath(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(line, (url) => {
        for (const address of requestAddresses(url, [ORIGIN])) {
          assert.equal(new URL(address).origin, ORIGIN);
          assert.ok(address.startsWith(`${ORIGIN}/`));
        }
      }),
      { numRuns: 500 },
    );
  });
});
