/** Certificates, lists, requests and questions of OCSP: the RFC's examples, cut and changed at every octet, and back as they were written. */
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { readOne, readUnsigned } from '../../server/wire/der/der-reader.ts';
import { integer, oid, sequence } from '../../server/wire/der/der-writer.ts';
import {
  addressBytes,
  type NamesToWrite,
  readAlternativeNames,
  writeAlternativeNames,
} from '../../server/wire/x509/alternative-names.ts';
import { readCertificate, writeCertificate } from '../../server/wire/x509/certificate.ts';
import { commonNameOf, readName, writeName } from '../../server/wire/x509/distinguished-name.ts';
import { extension, written } from '../../server/wire/x509/extensions.ts';
import { readOcspQuestion } from '../../server/wire/x509/ocsp.ts';
import { extensions, keyUsageBits, keyUses } from '../../server/wire/x509/oids.ts';
import { readRequest } from '../../server/wire/x509/request.ts';
import { readRevocationList, writeRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { leaf, made } from './openssl-made.ts';
import { AUTHORITY, DSA_LEAF, LEAF, LIST } from './rfc5280-vectors.ts';

const { request, list, question } = made();
const hex = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString('hex');
const SHA1_RSA = '1.2.840.113549.1.1.5';
const SHA1_DSA = '1.2.840.10040.4.3';

test('The certificates of RFC 5280 Appendix C say what is printed beside them', () => {
  const authority = readCertificate(AUTHORITY);
  const key = '0868af8533c8394a7af882938e706a4a20842c32';
  assert.ok(authority);
  assert.deepEqual(
    [authority.serial, authority.commonName, authority.signature.algorithm],
    ['11', 'Example CA', SHA1_RSA],
  );
  assert.equal(authority.notBefore, Date.UTC(2004, 3, 30, 14, 25, 34));
  assert.equal(authority.notAfter, Date.UTC(2005, 3, 30, 14, 25, 34));
  assert.equal(authority.constraints.ca, true);
  assert.deepEqual(authority.keyUsage, new Set([keyUsageBits.keyCertSign, keyUsageBits.crlSign]));
  assert.equal(hex(authority.subjectKeyId), key);
  const mail = readCertificate(LEAF);
  assert.ok(mail);
  assert.deepEqual(
    [mail.serial, mail.commonName, mail.constraints.ca],
    ['12', 'End Entity', false],
  );
  assert.deepEqual(mail.names.email, ['end.entity@example.com']);
  assert.equal(hex(mail.authorityKeyId), key);
  assert.deepEqual(mail.issuer, authority.subject);
  const dsa = readCertificate(DSA_LEAF);
  assert.ok(dsa);
  assert.deepEqual(
    [dsa.serial, dsa.commonName, dsa.signature.algorithm],
    ['0100', 'DSA End Entity', SHA1_DSA],
  );
  assert.deepEqual(dsa.names.uri, ['http://www.example.com/users/DSAendentity.html']);
  assert.deepEqual(dsa.policies, ['2.16.840.1.101.3.2.1.48.9']);
});

test('The list of RFC 5280 Appendix C.4 says what is printed beside it', () => {
  const read = readRevocationList(LIST);
  assert.ok(read);
  assert.deepEqual([...read.revoked], ['12']);
  assert.equal(read.thisUpdate, Date.UTC(2005, 1, 5, 12));
  assert.equal(read.nextUpdate, Date.UTC(2005, 1, 6, 12));
  assert.equal(read.number, '0c');
  assert.deepEqual(read.issuer, readCertificate(AUTHORITY)?.subject);
  assert.deepEqual(read.critical, []);
});

const READERS = [
  ['a certificate', readCertificate, LEAF],
  ['a certificate with an extended use', readCertificate, leaf.der],
  ['a list', readRevocationList, LIST],
  ["OpenSSL's list", readRevocationList, list],
  ['a request', readRequest, request],
  ['a question of OCSP', readOcspQuestion, question],
] as const;

for (const [what, read, whole] of READERS) {
  test(`${what} that is cut off at any octet, or has one more, is none`, () => {
    assert.ok(read(whole));
    for (let length = 0; length < whole.length; length++) {
      assert.equal(read(whole.subarray(0, length)), undefined, String(length));
    }
    assert.equal(read(Uint8Array.of(...whole, 0)), undefined);
  });
}

test('A certificate or a list with any octet changed is none, or not what was signed', () => {
  const authority = readCertificate(AUTHORITY);
  assert.ok(authority);
  const by = createPublicKey({
    key: Buffer.from(authority.publicKey),
    format: 'der',
    type: 'spki',
  });
  for (const [read, whole] of [
    [readCertificate, AUTHORITY],
    [readCertificate, LEAF],
    [readRevocationList, LIST],
  ] as const) {
    const good = read(whole);
    assert.ok(good && verify('sha1', good.body, by, good.signature.value));
    for (let at = 0; at < whole.length; at++) {
      const changed = whole.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      const one = read(changed);
      const isSigned = one !== undefined && verify('sha1', one.body, by, one.signature.value);
      assert.equal(isSigned, false, `octet ${at}`);
    }
  }
});

const signer = { algorithm: sequence(oid('1.3.101.112')), sign: () => new Uint8Array(64).fill(7) };
const seconds = (from: number, to: number) =>
  fc.integer({ min: from / 1000, max: to / 1000 }).map((second) => second * 1000);
const time = seconds(Date.UTC(1950, 0), Date.UTC(9999, 11));
const serial = fc
  .bigInt({ min: 1n, max: 2n ** 159n })
  .map((value) => readUnsigned(readOne(integer(value))) ?? '');
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).map((one) => {
  return one.replaceAll(/\p{Cc}/gu, '') || 'a';
});
const label = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const name = fc.record({ commonName: text });
const many = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 3 });
const names: fc.Arbitrary<NamesToWrite> = fc.record({
  dns: many(fc.tuple(label, label).map((parts) => parts.join('.'))),
  ip: many(fc.oneof(fc.ipV4(), fc.ipV6())),
  uri: many(label.map((one) => `urn:test:${one}`)),
  email: many(fc.tuple(label, label).map((parts) => parts.join('@'))),
  upn: many(fc.tuple(label, label).map((parts) => parts.join('@'))),
});

test('Names come back as they were written', () => {
  fc.assert(
    fc.property(name, (given) => {
      const read = readName(readOne(writeName(given)));
      assert.ok(read);
      assert.equal(commonNameOf(read), given.commonName);
    }),
  );
  fc.assert(
    fc.property(names, (given) => {
      const value = writeAlternativeNames(given);
      const none = Object.values(given).every((each) => each.length === 0);
      assert.equal(value === undefined, none);
      const read = value && readAlternativeNames(value);
      if (none) return;
      assert.ok(read);
      for (const kind of ['dns', 'uri', 'email', 'upn'] as const) {
        assert.deepEqual(read[kind], given[kind], kind);
      }
      // One address can be spelt in many ways.
      const bytes = (all: readonly string[] = []) => all.map((each) => hex(addressBytes(each)));
      assert.deepEqual(bytes(read.ip), bytes(given.ip));
      assert.equal(read.others, 0);
    }),
  );
});

test('A certificate comes back as it was written', () => {
  const uses = Object.values(keyUses);
  const given = fc.record({
    serial,
    issuer: name.map(writeName),
    subject: name,
    notBefore: time,
    notAfter: time,
    names,
    usage: fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1 }),
    uses: fc.uniqueArray(fc.constantFrom(...uses), { minLength: 1, maxLength: 3 }),
    keyId: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    ca: fc.boolean(),
  });
  const publicKey = readCertificate(LEAF)?.publicKey ?? new Uint8Array();
  fc.assert(
    fc.property(given, (one) => {
      const alternative = writeAlternativeNames(one.names);
      const der = writeCertificate(
        {
          ...one,
          subject: writeName(one.subject),
          publicKey,
          extensions: [
            written.basicConstraints(one.ca),
            written.keyUsage(...one.usage),
            written.extendedKeyUsage(...one.uses),
            written.subjectKeyId(one.keyId),
            written.authorityKeyId(one.keyId),
            alternative && extension(extensions.subjectAltName, alternative),
          ],
        },
        signer,
      );
      const read = readCertificate(der);
      assert.ok(read);
      assert.deepEqual(
        [read.serial, read.commonName, read.notBefore, read.notAfter, read.constraints.ca],
        [one.serial, one.subject.commonName, one.notBefore, one.notAfter, one.ca],
      );
      assert.deepEqual(read.keyUsage, new Set(one.usage.toSorted((a, b) => a - b)));
      assert.deepEqual(read.extendedKeyUsage, one.uses);
      assert.deepEqual(
        [hex(read.subjectKeyId), hex(read.authorityKeyId)],
        [hex(one.keyId), hex(one.keyId)],
      );
      assert.deepEqual([hex(read.issuer), hex(read.publicKey)], [hex(one.issuer), hex(publicKey)]);
      assert.deepEqual(read.names.dns, one.names.dns ?? []);
      assert.equal(hex(read.signature.value), hex(signer.sign()));
    }),
  );
});

test('A list comes back as it was written', () => {
  const entry = fc.record({
    serial,
    at: time,
    reason: fc.constantFrom(0, 1, 2, 3, 4, 5, 6, 8, 9, 10),
  });
  const given = fc.record({
    issuer: name.map(writeName),
    authorityKeyId: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    number: fc.bigInt({ min: 0n, max: 2n ** 100n }),
    thisUpdate: time,
    nextUpdate: time,
    revoked: fc.array(entry, { maxLength: 20 }),
  });
  fc.assert(
    fc.property(given, (one) => {
      const read = readRevocationList(writeRevocationList(one, signer));
      assert.ok(read);
      assert.deepEqual(read.revoked, new Set(one.revoked.map((each) => each.serial)));
      assert.deepEqual(
        [read.thisUpdate, read.nextUpdate, hex(read.issuer), hex(read.authorityKeyId)],
        [one.thisUpdate, one.nextUpdate, hex(one.issuer), hex(one.authorityKeyId)],
      );
      assert.equal(BigInt(`0x${read.number}`), one.number);
      assert.deepEqual(read.critical, []);
    }),
  );
});
