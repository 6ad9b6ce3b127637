/** Certificates as EST hands them out (RFC 7030 §4.1.3, RFC 5652 §5), against OpenSSL, cut off at every byte, and round trip. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { readBase64Body, writeBase64Body } from '../../server/wire/cms/base64-body.ts';
import { readCertsOnly, writeCertsOnly } from '../../server/wire/cms/certs-only.ts';
import { writeCsrAttrs } from '../../server/wire/cms/csr-attrs.ts';
import { sequence, unsigned } from '../../server/wire/der/der-writer.ts';
import { openOpenssl } from '../support/openssl.ts';

const openssl = openOpenssl();
after(() => openssl.remove());
const certificates = ['one', 'two'].map(
  (name) => new Uint8Array(new X509Certificate(openssl.selfSigned(name).pem).raw),
);
const sorted = (list: readonly Uint8Array[]) => list.toSorted(Buffer.compare);
const bytes = (list: readonly Uint8Array[] | undefined) => list?.map((each) => Buffer.from(each));

test('OpenSSL finds in it what was put in', () => {
  const pem = execFileSync('openssl', ['pkcs7', '-inform', 'DER', '-print_certs'], {
    input: writeCertsOnly(certificates),
  }).toString();
  const found = pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
  const raw = found.map((one) => new Uint8Array(new X509Certificate(one).raw));
  assert.deepEqual(bytes(sorted(raw)), bytes(sorted(certificates)));
});

test('what OpenSSL writes is read', () => {
  const pem = certificates.map((der) => new X509Certificate(der).toString()).join('');
  const file = join(mkdtempSync(join(tmpdir(), 'sallyport-cms-')), 'certs.pem');
  writeFileSync(file, pem);
  const words = ['crl2pkcs7', '-nocrl', '-outform', 'DER', '-certfile', file];
  const der = execFileSync('openssl', words);
  assert.deepEqual(bytes(sorted(readCertsOnly(der) ?? [])), bytes(sorted(certificates)));
});

test('cut off at any byte, or with one more, it is nothing', () => {
  const whole = writeCertsOnly(certificates.slice(0, 1));
  for (let length = 0; length < whole.length; length++) {
    assert.equal(readCertsOnly(whole.subarray(0, length)), undefined, String(length));
  }
  assert.equal(readCertsOnly(Buffer.concat([whole, Buffer.of(0)])), undefined);
});

test('it comes back as it went in', () => {
  const one = fc.uint8Array({ minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.array(one, { maxLength: 8 }), (contents) => {
      const list = contents.map((each) => sequence(unsigned(Buffer.from(each).toString('hex'))));
      assert.deepEqual(bytes(readCertsOnly(writeCertsOnly(list))), bytes(sorted(list)));
    }),
  );
});

test('whatever comes is read or is nothing, and nothing is thrown', () => {
  const whole = writeCertsOnly(certificates.slice(0, 1));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ flip;
      const read = readCertsOnly(changed);
      assert.ok(read === undefined || Array.isArray(read));
    }),
  );
});

test('the attributes are those of RFC 7030 §4.5.2, byte for byte', () => {
  const wanted = [
    '3021',
    ...['3015', '06072a8648ce3d0201', '310a', '06082a8648ce3d030107'],
    '06082a8648ce3d040302',
  ].join('');
  assert.equal(Buffer.from(writeCsrAttrs()).toString('hex'), wanted);
  const told = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], {
    input: writeCsrAttrs(),
  }).toString();
  assert.match(told, /id-ecPublicKey[\s\S]*prime256v1[\s\S]*ecdsa-with-SHA256/);
});

test('base64 has one reading, with line breaks or without (RFC 8951 §3.1)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 500 }), (some) => {
      assert.deepEqual(readBase64Body(Buffer.from(writeBase64Body(some))), some);
    }),
  );
  const read = (text: string) => readBase64Body(Buffer.from(text));
  assert.deepEqual(read(' aGV\r\nsbG8=\t'), new Uint8Array(Buffer.from('hello')));
  for (const wrong of ['', '\n', 'aGVsbG8', 'aGVsbG8==', 'aGVsbG9=', 'aGVs-G8=', 'é', '=', 'a']) {
    assert.equal(read(wrong), undefined, wrong);
  }
  assert.equal(readBase64Body(Uint8Array.of(0xff, 0xfe)), undefined);
});
