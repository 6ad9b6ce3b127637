/** What TPMs write (TPM 2.0 Library, Part 2), from swtpm: read whole, cut off at every byte, and changed at random. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCbor } from '../../server/wire/cbor/cbor-reader.ts';
import {
  readTpmCertify,
  readTpmPublic,
  readTpmSignature,
} from '../../server/wire/tpm/tpm-reader.ts';
import { type Cbor, cbor } from '../support/cbor.ts';
import { bytes, CERTIFY, PUBLIC, RSA, SIGNATURE } from './tpm-vectors.ts';

const READERS = [
  ['a public area', readTpmPublic, PUBLIC],
  ['a public area of RSA', readTpmPublic, RSA],
  ['a statement', readTpmCertify, CERTIFY],
  ['a signature', readTpmSignature, SIGNATURE],
] as const;

test('a public area gives the key, its name and what may become of it', () => {
  const read = readTpmPublic(PUBLIC);
  assert.ok(read);
  const key = createPublicKey({ key: Buffer.from(read.key), format: 'der', type: 'spki' });
  assert.equal(key.asymmetricKeyDetails?.namedCurve, 'prime256v1');
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  assert.equal(
    Buffer.from(x, 'base64url').toString('hex'),
    Buffer.from(PUBLIC.subarray(-66, -34)).toString('hex'),
  );
  assert.equal(
    Buffer.from(y, 'base64url').toString('hex'),
    Buffer.from(PUBLIC.subarray(-32)).toString('hex'),
  );
  const digest = createHash('sha256').update(PUBLIC).digest('hex');
  assert.equal(Buffer.from(read.name).toString('hex'), `000b${digest}`);
  assert.deepEqual([read.fixedTpm, read.fixedParent, read.sensitiveDataOrigin], [true, true, true]);
  const rsa = readTpmPublic(RSA);
  assert.ok(rsa);
  const other = createPublicKey({ key: Buffer.from(rsa.key), format: 'der', type: 'spki' });
  assert.equal(other.asymmetricKeyDetails?.modulusLength, 2048);
  assert.equal(other.asymmetricKeyDetails?.publicExponent, 65_537n);
});

test('a statement names the key that it is about, and says what it was given to say', () => {
  const read = readTpmCertify(CERTIFY);
  assert.deepEqual(Buffer.from(read?.name ?? []), Buffer.from(readTpmPublic(PUBLIC)?.name ?? [1]));
  assert.deepEqual(Buffer.from(read?.extraData ?? []), Buffer.alloc(32, 7));
});

test('a signature is one of ECDSA in DER', () => {
  const read = readTpmSignature(SIGNATURE);
  assert.equal(read?.alg, 'ES256');
  assert.equal(read?.value[0], 0x30);
});

for (const [name, read, whole] of READERS) {
  test(`${name} cut off at any byte, or with one more, is nothing`, () => {
    assert.ok(read(whole));
    for (let length = 0; length < whole.length; length++) {
      assert.equal(read(whole.subarray(0, length)), undefined, String(length));
    }
    assert.equal(read(Uint8Array.of(...whole, 0)), undefined);
  });

  test(`${name} that was changed throws nothing`, () => {
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(changes, (list) => {
        const changed = whole.slice();
        for (const [at, byte] of list) changed[at] = byte;
        read(changed);
      }),
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (some) => void read(some)));
  });
}

test('what is no statement about a key is nothing', () => {
  const at = (offset: number, ...values: number[]) => {
    const changed = CERTIFY.slice();
    changed.set(values, offset);
    return readTpmCertify(changed);
  };
  assert.equal(at(0, 0), undefined); // Not made by a TPM.
  assert.equal(at(4, 0x80, 0x18), undefined); // A quote.
});

/** RFC 8949 Appendix A, as far as it is read here. */
const EXAMPLES: readonly (readonly [string, unknown])[] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['20', -1],
  ['3903e7', -1000],
  ['f4', false],
  ['f6', null],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
  ['60', ''],
  ['62c3bc', 'ü'],
  ['83010203', [1, 2, 3]],
  [
    'a26161016162820203',
    new Map<string, unknown>([
      ['a', 1],
      ['b', [2, 3]],
    ]),
  ],
];
const NONE = [
  '',
  '0000',
  '1817', // Longer than it need be.
  '190017',
  '1a0000ffff',
  '1b000000e8d4a51000',
  'f97e00',
  'fb3ff199999999999a',
  'f7',
  'ff',
  '5f42010243030405ff',
  '9fff',
  'bf61610161629f0203ffff',
  'c074323031332d30332d32315432303a30343a30305a',
  'a2616101616102', // The same name twice.
  'a10102', // A number for a name.
  '62c328', // Not UTF-8.
  '818181818181818181818100', // Too deep.
  '9affffffff',
  '5affffffff',
];

test('CBOR is read as RFC 8949 Appendix A has it, and nothing else is', () => {
  for (const [hex, value] of EXAMPLES) {
    const read = readCbor(bytes(hex));
    assert.deepEqual(read instanceof Uint8Array ? new Uint8Array(read) : read, value, hex);
    for (let length = 0; length < hex.length / 2; length++) {
      assert.equal(readCbor(bytes(hex).subarray(0, length)), undefined, `${hex} ${length}`);
    }
  }
  for (const hex of NONE) assert.equal(readCbor(bytes(hex)), undefined, hex);
});

test('CBOR comes back as it went in, and whatever comes throws nothing', () => {
  const leaf = fc.oneof(
    fc.nat(0xffff),
    fc.string({ maxLength: 20 }),
    fc.boolean(),
    fc.uint8Array({ maxLength: 40 }),
  );
  const map = fc
    .dictionary(fc.string({ maxLength: 8 }), fc.oneof(leaf, fc.array(leaf, { maxLength: 4 })), {
      maxKeys: 5,
    })
    .map((entries) => new Map<string, Cbor>(Object.entries(entries)));
  fc.assert(
    fc.property(map, (value) => {
      const read = readCbor(cbor(value));
      assert.ok(read instanceof Map);
      assert.deepEqual(cbor(read as unknown as Cbor), cbor(value));
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (some) => void readCbor(some)));
});
