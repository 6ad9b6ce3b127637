/** OpenSSH's formats (PROTOCOL.certkeys, PROTOCOL.krl, PROTOCOL.key; RFC 4251 §5, RFC 4253 §6.6), against what ssh-keygen wrote. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromBase64 } from '../../server/kernel/bytes.ts';
import {
  type CertificateBody,
  readCertificate,
  readCertificateLine,
  writeCertificate,
} from '../../server/wire/ssh/certificate.ts';
import { readKrl, revokes, writeKrl } from '../../server/wire/ssh/krl.ts';
import {
  fingerprint,
  keyLine,
  publicKeyOf,
  readKeyLine,
} from '../../server/wire/ssh/public-key.ts';
import { NotSsh, sshReader } from '../../server/wire/ssh/ssh-reader.ts';
import { mpint, string, uint64 } from '../../server/wire/ssh/ssh-writer.ts';
import { certificateLines, keyLines, krls } from './vectors.ts';

function keyAt(name: string) {
  const read = readKeyLine(keyLines[name] ?? '');
  assert.ok(read.ok, name);
  return read.value.key;
}

function certificateAt(name: string) {
  const read = readCertificateLine(certificateLines[name] ?? '');
  assert.ok(read.ok, `${name}: ${read.ok ? '' : read.error}`);
  return read.value;
}

function krlAt(name: string) {
  const bytes = fromBase64(krls[name] ?? '') ?? new Uint8Array();
  const read = readKrl(bytes);
  assert.ok(read.ok, name);
  return { bytes, krl: read.value };
}

test('every kind of key that ssh-keygen makes is read, and written again letter by letter', () => {
  for (const [name, line] of Object.entries(keyLines)) {
    const read = readKeyLine(line);
    assert.ok(read.ok, name);
    assert.equal(keyLine(read.value.key, read.value.comment), line);
    const again = publicKeyOf(read.value.key.key);
    assert.deepEqual(again?.blob, read.value.key.blob, name);
  }
  assert.equal(
    fingerprint(keyAt('k_ed').blob),
    'SHA256:wRxOSh1XRD5rVoflTWCdgtn5JNtS+3O/cn5OR+v1GKs',
  );
  assert.equal(keyAt('k_rsa').bits, 2048);
  assert.equal(keyAt('k_ec521').bits, 521);
});

test('a certificate of each kind of key, signed by each kind of CA, says what ssh-keygen was told', () => {
  for (const ca of ['ed', 'ec', 'rsa']) {
    for (const key of ['ed', 'ec', 'rsa']) {
      const read = certificateAt(`c_${ca}_${key}`);
      assert.equal(read.kind, 'user');
      assert.equal(read.serial, 4711n);
      assert.equal(read.keyId, 'person:1');
      assert.deepEqual(read.principals, ['root@web1', 'deploy@web1']);
      assert.equal(read.validBefore - read.validAfter, 3600n);
      assert.deepEqual(read.criticalOptions, [
        { name: 'force-command', value: '/usr/bin/uptime' },
        { name: 'source-address', value: '10.0.0.0/8,192.0.2.1' },
      ]);
      assert.deepEqual(
        read.extensions.map(({ name }) => name),
        ['permit-X11-forwarding', 'permit-pty', 'permit-user-rc'],
      );
      assert.deepEqual(read.key.blob, keyAt(`k_${key}`).blob);
      assert.deepEqual(read.signedBy.blob, keyAt(`ca_${ca}`).blob);
    }
  }
  const host = certificateAt('h');
  assert.equal(host.kind, 'host');
  assert.equal(host.serial, 2n ** 64n - 1n);
  assert.equal(host.validBefore, 2n ** 64n - 1n);
});

test('a certificate with any one byte changed, cut off or added is none', () => {
  for (const name of ['c_ed_ed', 'c_ec_ec', 'c_rsa_rsa', 'h']) {
    const { blob } = certificateAt(name);
    for (let at = 0; at < blob.length; at += name === 'c_rsa_rsa' ? 7 : 1) {
      const changed = Uint8Array.from(blob);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.equal(readCertificate(changed).ok, false, `${name}: byte ${at}`);
      assert.equal(readCertificate(blob.subarray(0, at)).ok, false, `${name}: ${at} bytes`);
    }
    assert.equal(readCertificate(Uint8Array.of(...blob, 0)).ok, false);
  }
});

test('a certificate with any one byte changed is refused for its form even where its signature is made anew', () => {
  // Not refused by the signature alone: options out of order, a kind that is none, a text with NUL.
  const pair = generateKeyPairSync('ed25519');
  const publicKey = publicKeyOf(pair.publicKey);
  assert.ok(publicKey);
  const ca = { publicKey, privateKey: pair.privateKey };
  const body = bodyOf({ criticalOptions: [], extensions: [] });
  const twice = [
    { name: 'permit-pty', value: '' },
    { name: 'permit-pty', value: '' },
  ];
  assert.equal(readCertificate(writeCertificate(body, ca)).ok, true);
  for (const wrong of [
    { extensions: twice },
    { criticalOptions: twice },
    { keyId: 'a\0b' },
    { principals: ['root', 'a\0b'] },
    { kind: 'neither' as never },
  ]) {
    assert.equal(readCertificate(writeCertificate({ ...body, ...wrong }, ca)).ok, false);
  }
  assert.throws(() => writeCertificate({ ...body, principals: [] }, ca), RangeError);
});

function bodyOf(rest: Partial<CertificateBody>): CertificateBody {
  return {
    key: keyAt('k_ed'),
    nonce: new Uint8Array(32),
    serial: 1n,
    kind: 'user',
    keyId: 'person:1',
    principals: ['root@web1'],
    validAfter: 1n,
    validBefore: 2n,
    criticalOptions: [],
    extensions: [],
    ...rest,
  };
}

const pairs = {
  ed25519: generateKeyPairSync('ed25519'),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
const line = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !text.includes('\0'));
const uint64s = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const options = fc.uniqueArray(fc.record({ name: line, value: line }, { noNullPrototype: true }), {
  selector: ({ name }) => name,
  maxLength: 5,
});

test('whatever is written into a certificate is read out of it', () => {
  const body = fc.record({
    key: fc.constantFrom(...['k_ed', 'k_ec', 'k_ec384', 'k_ec521', 'k_rsa'].map(keyAt)),
    nonce: fc.uint8Array({ minLength: 16, maxLength: 32 }),
    serial: uint64s,
    kind: fc.constantFrom('user' as const, 'host' as const),
    keyId: line,
    principals: fc.array(line, { minLength: 1, maxLength: 8 }),
    validAfter: uint64s,
    validBefore: uint64s,
    criticalOptions: options,
    extensions: options,
  });
  const by = fc.constantFrom(...Object.values(pairs));
  fc.assert(
    fc.property(body, by, (given, pair) => {
      const publicKey = publicKeyOf(pair.publicKey);
      assert.ok(publicKey);
      const written = writeCertificate(given, { publicKey, privateKey: pair.privateKey });
      const read = readCertificate(written);
      assert.ok(read.ok, read.ok ? '' : read.error);
      const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
      assert.deepEqual(read.value.criticalOptions, given.criticalOptions.toSorted(byName));
      assert.deepEqual(read.value.extensions, given.extensions.toSorted(byName));
      for (const part of [
        'serial',
        'kind',
        'keyId',
        'principals',
        'validAfter',
        'validBefore',
      ] as const) {
        assert.deepEqual(read.value[part], given[part]);
      }
      assert.deepEqual(read.value.key.blob, given.key.blob);
      assert.deepEqual(read.value.signedBy.blob, publicKey.blob);
    }),
    { numRuns: 60 },
  );
});

test('no bytes make a reader throw, hang or take more than they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      readCertificate(bytes);
      readKrl(bytes);
      const { blob } = certificateAt('c_ed_ed');
      const mixed = Uint8Array.from(blob);
      bytes.forEach((each, at) => {
        mixed[(at * 7 + each) % mixed.length] = each;
      });
      readCertificate(mixed);
      const { bytes: krl } = krlAt('krl2');
      const bent = Uint8Array.from(krl);
      bytes.forEach((each, at) => {
        bent[(at * 11 + each) % bent.length] = each;
      });
      readKrl(bent);
    }),
    { numRuns: 300 },
  );
  // A range of 2^64 serials in 20 bytes is not made into a list.
  assert.equal(readKrl(huge()).ok, false);
});

function huge(): Uint8Array {
  const written = writeKrl({
    version: 1n,
    generatedAt: 1n,
    comment: '',
    certificates: [{ ca: undefined, serials: [1n, 2n], keyIds: [] }],
    keys: [],
  });
  const changed = Uint8Array.from(written);
  const at = changed.lastIndexOf(0x20);
  changed[at] = 0x21;
  changed.fill(0xff, changed.length - 8);
  return changed;
}

test('numbers have one form (RFC 4251 §5)', () => {
  const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  assert.equal(hexOf(mpint(Uint8Array.of())), '00000000');
  assert.equal(hexOf(mpint(Uint8Array.of(0, 0x80))), '000000020080');
  assert.equal(hexOf(mpint(Buffer.from('09a378f9b2e332a7', 'hex'))), '0000000809a378f9b2e332a7');
  for (const wrong of ['0000000180', '000000020001', '0000000100', '0000000500']) {
    assert.throws(() => sshReader(Buffer.from(wrong, 'hex')).mpint(), NotSsh, wrong);
  }
  assert.throws(() => sshReader(string('a\0b')).text(), NotSsh);
  assert.throws(() => sshReader(string(Uint8Array.of(0xff))).text(), NotSsh);
  assert.equal(sshReader(uint64(2n ** 64n - 1n)).uint64(), 2n ** 64n - 1n);
});

test('revocation lists of ssh-keygen are read: lists, ranges, bitmaps, key ids and keys', () => {
  const { krl: first, bytes } = krlAt('krl1');
  assert.equal(first.version, 9n);
  const [of] = first.certificates;
  assert.deepEqual(of?.serials.toSorted(), [100n, 101n, 102n, 103n, 2n ** 64n - 2n, 5n].toSorted());
  assert.deepEqual(of?.keyIds, ['person:7']);
  assert.deepEqual(of?.ca, keyAt('ca_ed').blob);
  for (let at = 0; at < bytes.length; at += 1) {
    const cut = readKrl(bytes.subarray(0, at));
    // Between two sections a list may end: it is then a shorter one, and version and date are there.
    assert.ok(!cut.ok || cut.value.certificates.length === 0, `${at} bytes`);
  }
  const [bits] = krlAt('krl2').krl.certificates;
  const wanted = [...range(1, 40), 42, 44, 50, ...range(60, 200).filter((each) => each % 2 === 0)];
  assert.deepEqual(
    bits?.serials.map(Number).sort((a, b) => a - b),
    wanted,
  );
  const { krl: keys } = krlAt('krl3');
  assert.equal(keys.keys.length, 2);
  const mine = certificateAt('c_ec_ed');
  assert.equal(revokes(keys, mine), true);
  assert.equal(revokes(keys, certificateAt('c_ec_ec')), false);
});

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

test('a list of ours is read again as it was written, and revokes what it names and nothing else', () => {
  const certificate = certificateAt('c_ed_ed');
  const other = certificateAt('c_ec_ed');
  const ca = certificate.signedBy.blob;
  const of = (one: object) => ({
    version: 7n,
    generatedAt: 8n,
    comment: 'ours',
    certificates: [{ ca, serials: [], keyIds: [], ...one }],
    keys: [],
  });
  for (const [krl, says] of [
    [of({ serials: [4711n, 1n, 4711n] }), true],
    [of({ serials: [4710n, 4712n] }), false],
    [of({ keyIds: ['person:1'] }), true],
    [of({ keyIds: ['person:10'] }), false],
    [{ ...of({}), keys: [certificate.key.blob] }, true],
    [{ ...of({}), keys: [ca] }, true],
  ] as const) {
    const read = readKrl(writeKrl(krl));
    assert.ok(read.ok);
    assert.equal(revokes(read.value, certificate), says);
    const both = says && krl.keys[0] === certificate.key.blob;
    assert.equal(revokes(read.value, other), both, 'another CA’s certificates are left alone');
  }
});
