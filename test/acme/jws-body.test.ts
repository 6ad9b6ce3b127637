/** Bodies of ACME (RFC 8555 §6.2): one form, and nothing that could be read in two ways. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readInnerBody, readJwsBody } from '../../server/doors/acme/jws-body.ts';
import { parseJson } from '../../server/http/json-body.ts';

const b64 = (text: string) => Buffer.from(text).toString('base64url');
const HEAD = { alg: 'ES256', nonce: 'AAAA', url: 'https://localhost/acme/x', kid: 'https://k' };

/** The example of RFC 8555 §7.4, with signs in place of a signature. */
const body = (head: object = HEAD, payload: string = b64('{"a":1}'), more: object = {}) => ({
  protected: b64(JSON.stringify(head)),
  payload,
  signature: b64('signature'),
  ...more,
});
const { nonce: _nonce, kid: _kid, ...PLAIN } = HEAD;
const JWK = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };

test('a request is read with all that was signed', () => {
  const read = readJwsBody(body());
  assert.equal(read?.alg, 'ES256');
  assert.equal(read?.kid, HEAD.kid);
  assert.equal(read?.nonce, 'AAAA');
  assert.deepEqual(read?.payload, { a: 1 });
  assert.equal(read?.signed, `${b64(JSON.stringify(HEAD))}.${b64('{"a":1}')}`);
  assert.equal(read?.empty, false);
});

test('POST-as-GET has an empty payload, and that is not an empty object (§6.3)', () => {
  assert.equal(readJwsBody(body(HEAD, ''))?.empty, true);
  assert.equal(readJwsBody(body(HEAD, b64('{}')))?.empty, false);
});

test('what has another form is nothing', () => {
  const { alg: _alg, ...noAlg } = HEAD;
  const { url: _url, ...noUrl } = HEAD;
  const wrong: unknown[] = [
    undefined,
    null,
    'text',
    [],
    {},
    body({ ...PLAIN, kid: HEAD.kid }), // No nonce.
    body(noAlg),
    body(noUrl),
    body({ ...HEAD, jwk: JWK }), // Both.
    body({ ...PLAIN, nonce: 'AAAA' }), // Neither.
    body({ ...HEAD, kid: 1 }),
    body({ ...HEAD, crit: ['exp'] }),
    body({ ...HEAD, b64: false }),
    body({ ...HEAD, x5u: 'https://evil.example' }),
    body({ ...HEAD, jku: 'https://evil.example' }),
    body({ ...HEAD, url: 'x'.repeat(2049) }),
    body(HEAD, b64('{"a":1,"a":2}')),
    body(HEAD, b64('{"__proto__":1}')),
    body(HEAD, '='),
    body(HEAD, 'e30='),
    body(HEAD, undefined, { header: {} }),
    body(HEAD, undefined, { signatures: [] }),
    body(HEAD, undefined, { signature: 'a' }),
    { ...body(), protected: b64('{"alg":"ES256","alg":"none"}') },
    { ...body(), protected: b64('[]') },
    { ...body(), protected: Buffer.of(0xff, 0xfe).toString('base64url') },
  ];
  for (const [at, each] of wrong.entries()) assert.equal(readJwsBody(each), undefined, String(at));
});

test('one inside of another has no nonce, and says something', () => {
  assert.ok(readInnerBody(body({ ...PLAIN, jwk: JWK })));
  assert.ok(readInnerBody(body({ ...PLAIN, alg: 'HS256', kid: 'pass' })));
  assert.equal(readInnerBody(body({ ...PLAIN, jwk: JWK, nonce: 'AAAA' })), undefined);
  assert.equal(readInnerBody(body({ ...PLAIN, jwk: JWK }, '')), undefined);
});

test('cut off at any character it is nothing', () => {
  const text = JSON.stringify(body());
  for (let length = 0; length < text.length; length++) {
    const parsed = parseJson(text.slice(0, length));
    assert.equal(parsed.ok && readJwsBody(parsed.value.value), false, String(length));
  }
});

test('whatever comes is read or is nothing, and nothing is thrown', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => void readJwsBody(value)));
  const part = fc.oneof(
    fc.string(),
    fc.base64String(),
    fc.jsonValue().map((v) => b64(JSON.stringify(v))),
  );
  fc.assert(
    fc.property(part, part, part, (head, payload, signature) => {
      readJwsBody({ protected: head, payload, signature });
    }),
  );
});
