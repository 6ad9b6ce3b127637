/** DER (X.690): what is written is read back, in one spelling; what is not DER is nothing, and never a fault. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  readBits,
  readDer,
  readNamedBits,
  readOid,
  readOne,
  readText,
  readTime,
  readUnsigned,
  within,
} from '../../server/wire/der/der-reader.ts';
import * as write from '../../server/wire/der/der-writer.ts';
import { addressBytes } from '../../server/wire/x509/alternative-names.ts';
import { readCertificate } from '../../server/wire/x509/certificate.ts';
import { readOcspQuestion } from '../../server/wire/x509/ocsp.ts';
import { readRequest } from '../../server/wire/x509/request.ts';
import { readRevocationList } from '../../server/wire/x509/revocation-list.ts';
import { makeCertificate } from '../support/certificates.ts';

describe('DER', () => {
  test('integers, identifiers, texts, bits and times come back as they were written', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 160n }), (value) => {
        const digits = readUnsigned(readOne(write.integer(value)));
        assert.equal(BigInt(`0x${digits}`), value);
        assert.deepEqual(write.unsigned(digits ?? ''), write.integer(value));
      }),
    );
    const arc = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 0, max: 39 }),
        fc.array(arc, { maxLength: 8 }),
        (a, b, rest) => {
          const dotted = [a, b, ...rest].join('.');
          assert.equal(readOid(readOne(write.oid(dotted))), dotted);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const plain = text.replaceAll(/\p{Cc}/gu, '');
        assert.equal(readText(readOne(write.utf8String(plain))), plain);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000 }), (bytes) => {
        assert.deepEqual(
          Buffer.from(readBits(readOne(write.bits(bytes))) ?? []),
          Buffer.from(bytes),
        );
      }),
      { numRuns: 30 },
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 15 })), (set) => {
        assert.deepEqual(readNamedBits(readOne(write.namedBits(...set))), new Set(set.sort()));
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1950, 0), max: Date.UTC(9999, 11) }), (at) => {
        const second = at - (((at % 1000) + 1000) % 1000);
        assert.equal(readTime(readOne(write.time(second))), second);
        assert.equal(readTime(readOne(write.generalizedTime(second))), second);
      }),
    );
  });

  test('has one spelling: longer lengths, other truths and padded numbers are none', () => {
    const wrong = [
      '048100',
      '04820001aa',
      '3080',
      '0481',
      '04',
      '1f8100',
      '0500ff05',
      '0484000000010a',
    ];
    for (const hex of wrong) assert.equal(readOne(Buffer.from(hex, 'hex')), undefined, hex);
    for (const hex of ['02020001', '0200', '0201ff', '020200007f']) {
      assert.equal(readUnsigned(readOne(Buffer.from(hex, 'hex'))), undefined, hex);
    }
    assert.equal(readOid(readOne(Buffer.from('0603802a03', 'hex'))), undefined);
    assert.equal(readTime(readOne(write.tagged(0x17, Buffer.from('260230120000Z')))), undefined);
    assert.equal(
      readTime(readOne(write.tagged(0x18, Buffer.from('20260101120000.5Z')))),
      undefined,
    );
    assert.equal(readText(readOne(write.utf8String('a\u0000b'))), undefined);
    // A right to sign certificates in bits that are said to be unused: OpenSSL takes it for none.
    for (const hex of ['03020704', '03020601', '030101', '03020801', '0300']) {
      assert.equal(readNamedBits(readOne(Buffer.from(hex, 'hex'))), undefined, hex);
    }
    assert.deepEqual([...(readNamedBits(readOne(Buffer.from('030205a0', 'hex'))) ?? [])], [0, 2]);
    assert.deepEqual([...(readNamedBits(readOne(Buffer.from('030100', 'hex'))) ?? [])], []);
  });

  test('of strangers, turned over or cut off, is read or is nothing: no fault, no wait', () => {
    const ca = makeCertificate({ subject: { CN: 'ca' }, authority: true });
    const { der } = makeCertificate(
      {
        subject: { CN: 'a' },
        authority: false,
        alternative: { dns: 'a.example', uri: 'urn:a' },
        forClients: true,
      },
      ca,
    );
    assert.equal(readCertificate(der)?.commonName, 'a');
    for (let at = 0; at < der.length; at++) readCertificate(der.subarray(0, at));
    const readers = [readCertificate, readRequest, readRevocationList, readOcspQuestion];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(der.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        (changes) => {
          const spoilt = Uint8Array.from(der);
          for (const [at, byte] of changes) spoilt[at] = byte;
          for (const read of readers) read(spoilt);
        },
      ),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        readDer(bytes);
        within(readOne(bytes), 0x30);
        for (const read of readers) assert.equal(read(bytes), undefined);
      }),
      { numRuns: 1000 },
    );
  });

  test('addresses are the bytes that they are', () => {
    const plain = {
      '10.0.0.1': '0a000001',
      '::1': '00000000000000000000000000000001',
      'fe80::1:2': 'fe800000000000000000000000010002',
    };
    for (const [address, hex] of Object.entries(plain)) {
      assert.equal(Buffer.from(addressBytes(address)).toString('hex'), hex);
    }
  });
});
