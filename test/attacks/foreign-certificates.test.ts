/**
 * Certificates that should not be: asked for in another's name, with a CA's powers, with keys and signatures that anyone can break, or
 * renewed after they were revoked. Each has three legs: what is right goes through, the attack is refused, and the refusal is on
 * record with its reason. RFC 5280 §4.2.1, RFC 2986 §3; D4, P8.
 */
import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type {
  Issued,
  IssueErrorCode,
  IssueRequest,
} from '../../server/authority/x509/authority-words.ts';
import { eventsOf } from '../support/events.ts';
import { CLI, openX509House, type X509House } from '../x509/x509-house.ts';

const EXT = (text: string) => ['-addext', text];

describe('a certificate request', () => {
  let x: X509House;
  before(async () => {
    x = await openX509House();
  });
  after(() => x.close());

  async function refused(request: IssueRequest, code: IssueErrorCode): Promise<void> {
    const seen = await eventsOf(x.served, async () => {
      const answer = await x.issue(request);
      assert.ok(!answer.ok, 'it was issued');
      assert.equal(answer.error.code, code, JSON.stringify(answer.error));
    });
    const told = seen.filter(({ type }) => type.startsWith('certificate.'));
    const { profile, subject } = request;
    assert.deepEqual(
      told.map(({ type, outcome, door, data }) => [type, outcome, door, data.why, data.profile]),
      [['certificate.refused', 'refused', CLI.door, code, profile]],
    );
    if (subject.kind === 'device') assert.equal(told[0]?.subject, subject.id);
  }

  /** The same asked for rightly: it is issued, and on record as whose. */
  async function good(request: IssueRequest): Promise<Issued> {
    let issued: Issued | undefined;
    const seen = await eventsOf(x.served, async () => {
      issued = await x.good(request);
    });
    const told = seen.filter(({ type }) => type.startsWith('certificate.'));
    assert.deepEqual(
      told.map(({ type, outcome, door, data }) => [type, outcome, door, data.serial, data.profile]),
      [['certificate.issued', 'done', CLI.door, issued?.serial, request.profile]],
    );
    assert.equal(told[0]?.subject, request.subject.id);
    assert.ok(issued);
    return issued;
  }

  test('in another’s name is refused, whichever name it is put in', async () => {
    const subject = x.device('plc-1');
    const right = await x.request('right', '-subj', '/CN=plc-1');
    const wrong: readonly (readonly string[])[] = [
      ['-subj', '/CN=plc-2'],
      ['-subj', '/CN=plc-1/CN=plc-2'],
      ['-subj', '/CN=plc-1', ...EXT('subjectAltName=DNS:plc-2.example')],
      ['-subj', '/CN=plc-1', ...EXT('subjectAltName=URI:urn:sallyport:device:another')],
      ['-subj', '/CN=plc-1', ...EXT('subjectAltName=IP:10.0.0.1')],
      ['-subj', '/CN=plc-1', ...EXT('subjectAltName=email:root@example.com')],
      // Of kinds that nothing here knows.
      ['-subj', '/CN=plc-1', ...EXT('subjectAltName=RID:1.2.3.4')],
      ['-subj', '/CN=plc-1', ...EXT('subjectAltName=otherName:1.2.3.4;UTF8:root@corp')],
      [
        '-subj',
        '/CN=plc-1',
        ...EXT('subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@corp'),
      ],
    ];
    for (const words of wrong) {
      const csr = await x.request('wrong', ...words);
      await refused({ profile: 'device', csr, subject }, 'foreign-name');
    }
    const issued = await good({ profile: 'device', csr: right, subject });
    x.keep('right.pem', issued.certificate);
    const { said } = await x.openssl(
      'x509',
      '-in',
      'right.pem',
      '-noout',
      '-subject',
      '-ext',
      'subjectAltName',
    );
    assert.match(said, /subject=CN = plc-1\n/);
    assert.match(said, new RegExp(`URI:urn:sallyport:device:${subject.id}\\n`));
  });

  test('gets names that were judged, and no others', async () => {
    const subject = x.device('plc-3');
    const words = ['-subj', '/CN=plc-3', ...EXT('subjectAltName=DNS:plc-3.plant.example')];
    const csr = await x.request('named', ...words);
    await refused({ profile: 'device', csr, subject }, 'foreign-name');
    const names = { dns: ['plc-3.plant.example'] };
    await good({ profile: 'device', csr, subject, names });
    for (const name of [
      '*.example',
      'a b',
      '',
      '-x.example',
      '127.0.0.1',
      'plc\u0000.example',
      `${'a'.repeat(64)}.x`,
    ]) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      await refused(
        { profile: 'device', publicKey, subject, names: { dns: [name] } },
        'name-not-allowed',
      );
    }
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await refused({ profile: 'process', publicKey, subject }, 'not-in-profile');
    await refused({ profile: 'server', publicKey, subject }, 'name-missing');
    await refused(
      { profile: 'device', publicKey, subject, lifetime: 500 * 86_400_000 },
      'too-long',
    );
  });

  test('for a CA is refused, and so is one for uses beyond the profile', async () => {
    const subject = x.device('plc-4');
    for (const text of [
      'basicConstraints=critical,CA:TRUE',
      'basicConstraints=CA:TRUE,pathlen:0',
      'keyUsage=keyCertSign',
      'keyUsage=digitalSignature,cRLSign',
    ]) {
      const csr = await x.request('ca', '-subj', '/CN=plc-4', ...EXT(text));
      await refused({ profile: 'device', csr, subject }, 'asks-for-ca');
    }
    for (const text of [
      'extendedKeyUsage=serverAuth',
      'extendedKeyUsage=OCSPSigning',
      '1.2.3.4=critical,DER:0500',
    ]) {
      const csr = await x.request('beyond', '-subj', '/CN=plc-4', ...EXT(text));
      await refused({ profile: 'device', csr, subject }, 'not-in-profile');
    }
    const words = [
      '-subj',
      '/CN=plc-4',
      ...EXT('basicConstraints=critical,CA:FALSE'),
      ...EXT('keyUsage=digitalSignature'),
    ];
    const issued = await good({
      profile: 'device',
      csr: await x.request('leaf', ...words),
      subject,
    });
    x.keep('leaf.pem', issued.certificate);
    const { said } = await x.openssl('x509', '-in', 'leaf.pem', '-noout', '-text');
    assert.match(said, /CA:FALSE/);
    assert.match(said, /X509v3 Key Usage: critical\n\s+Digital Signature\n/);
    assert.match(said, /X509v3 Extended Key Usage: \n\s+TLS Web Client Authentication\n/);
  });

  test('with a weak key or signature is refused (RSA 1024 and 16384, exponent 3, P-192, secp256k1, SHA-1)', async () => {
    const subject = x.device('plc-5');
    const keys: readonly (readonly string[])[] = [
      ['-newkey', 'rsa:1024'],
      ['-newkey', 'rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'],
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime192v1'],
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
    ];
    for (const key of keys) {
      const csr = await x.request('weak', ...key, '-subj', '/CN=plc-5');
      await refused({ profile: 'device', csr, subject }, 'weak-key');
    }
    // None takes minutes to make that nobody has to have.
    const n = randomBytes(2048);
    n[0] = 0xff;
    n[n.length - 1] = 0xff;
    const jwk = { kty: 'RSA', n: n.toString('base64url'), e: 'AQAB' };
    const huge = createPublicKey({ key: jwk, format: 'jwk' });
    await refused({ profile: 'device', publicKey: huge, subject }, 'weak-key');
    const sha1 = await x.request('sha1', '-newkey', 'rsa:2048', '-sha1', '-subj', '/CN=plc-5');
    await refused({ profile: 'device', csr: sha1, subject }, 'weak-signature');
    for (const key of [
      ['-newkey', 'rsa:2048'],
      ['-newkey', 'ed25519'],
      ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
    ]) {
      const csr = await x.request('strong', ...key, '-subj', '/CN=plc-5');
      await good({ profile: 'device', csr, subject });
    }
    const ed = await x.request('ed', '-newkey', 'ed25519', '-subj', '/CN=a.example');
    const server = { kind: 'server', id: 'a.example', name: 'a.example' } as const;
    await refused(
      { profile: 'server', csr: ed, subject: server, names: { dns: ['a.example'] } },
      'key-not-for-profile',
    );
  });

  test('that somebody else signed, or changed since, is refused', async () => {
    const subject = x.device('plc-6');
    const csr = await x.request('mine', '-subj', '/CN=plc-6');
    for (let at = 0; at < csr.length; at += 7) {
      const spoilt = Uint8Array.from(csr);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      const answer = await x.issue({ profile: 'device', csr: spoilt, subject });
      assert.ok(!answer.ok, `a bit of byte ${at} was turned over`);
    }
    for (let length = 0; length < csr.length; length += 11) {
      const answer = await x.issue({ profile: 'device', csr: csr.subarray(0, length), subject });
      assert.ok(!answer.ok && answer.error.code === 'malformed');
    }
    await refused(
      { profile: 'device', csr: Buffer.concat([csr, Buffer.of(0)]), subject },
      'malformed',
    );
    await good({ profile: 'device', csr, subject });
  });

  test('with the key of another subject, or one that was given away, is refused', async () => {
    const subject = x.device('plc-7');
    const csr = await x.request('key', '-subj', '/CN=plc-7');
    const first = await good({ profile: 'device', csr, subject });
    const other = { ...x.device('plc-7') };
    await refused({ profile: 'device', csr, subject: other }, 'key-of-another');
    const { store, authority } = x.served.house;
    await store.write((tx) => authority.revoke(tx, first.serial, 'key-compromise', CLI));
    await refused({ profile: 'device', csr, subject }, 'key-revoked');
  });

  test('with one that was given away is refused in whatever form it is written', async () => {
    const { store, authority } = x.served.house;
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const whole = publicKey.export({ format: 'der', type: 'spki' });
    const [odd, at] = [(whole.at(-1) ?? 0) & 1, whole.subarray(-64, -32)];
    // RFC 5480 §2.2: a point without its second half. SEC 1 §2.3.3: with both, and told twice.
    const half = Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex');
    const twice = Buffer.from(whole);
    twice[whole.length - 65] = 6 + odd;
    const forms = [whole, Buffer.concat([half, Buffer.of(2 + odd), at]), twice];
    const keys = forms.map((key) => createPublicKey({ key, format: 'der', type: 'spki' }));
    const [first, ...others] = keys;
    const subject = x.device('plc-8');
    const { serial } = await good({ profile: 'device', publicKey: first as KeyObject, subject });
    for (const key of others) {
      assert.ok(key.equals(first as KeyObject), 'it is that key');
      const other = { profile: 'device', publicKey: key, subject: x.device('plc-9') } as const;
      await refused(other, 'key-of-another');
      await good({ profile: 'device', publicKey: key, subject });
    }
    await store.write((tx) => authority.revoke(tx, serial, 'key-compromise', CLI));
    for (const key of keys) {
      await refused({ profile: 'device', publicKey: key, subject }, 'key-revoked');
    }
  });

  test('is given to one of two who ask for the same key at once', async () => {
    for (let i = 0; i < 8; i++) {
      const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const asked = ['plc-10', 'plc-11', 'plc-12'].map((name) =>
        x.issue({ profile: 'device', publicKey, subject: x.device(name) }),
      );
      const errors = (await Promise.all(asked)).flatMap((one) => (one.ok ? [] : [one.error.code]));
      assert.deepEqual(errors, ['key-of-another', 'key-of-another']);
    }
  });
});

describe('a renewal', () => {
  let x: X509House;
  before(async () => {
    x = await openX509House();
  });
  after(() => x.close());

  test('keeps the subject and its names, and is refused for a revoked or expired certificate', async () => {
    const { store, authority } = x.served.house;
    const subject = x.device('ap-1');
    const names = { dns: ['ap-1.example'] };
    const csr = await x.request('one', '-subj', '/CN=ap-1');
    const first = await x.good({ profile: 'device', csr, subject, names });
    const renew = (serial: string, key: { csr?: Uint8Array } = {}) =>
      store.write((tx) => authority.renew(tx, serial, key, CLI));

    x.served.clock.advance(60 * 86_400_000);
    assert.ok(first.renewAt <= x.served.clock.now());
    const second = await renew(first.serial, { csr: await x.request('two', '-subj', '/CN=ap-1') });
    assert.ok(second.ok);
    const judged = await store.read((q) =>
      authority.judge(q, [second.value.certificate], 'client'),
    );
    assert.ok(judged.ok);
    assert.deepEqual(judged.subject, { kind: 'device', id: subject.id });
    assert.deepEqual(judged.sans.dns, ['ap-1.example']);
    const foreign = await renew(first.serial, {
      csr: await x.request('three', '-subj', '/CN=ap-2'),
    });
    assert.ok(!foreign.ok && foreign.error.code === 'foreign-name');

    await store.write((tx) => authority.revoke(tx, second.value.serial, 'superseded', CLI));
    const seen = await eventsOf(x.served, async () => {
      const third = await renew(second.value.serial);
      assert.ok(!third.ok && third.error.code === 'revoked');
    });
    assert.deepEqual(
      seen.map(({ type, outcome, subject, data }) => [type, outcome, subject, data.why]),
      [['certificate.refused', 'refused', subject.id, 'revoked']],
    );
    const renewed = await eventsOf(x.served, async () => {
      const again = await renew(first.serial);
      assert.ok(again.ok, 'the one before it, which nobody revoked');
    });
    assert.deepEqual(
      renewed.map(({ type, outcome, subject, data }) => [type, outcome, subject, data.renews]),
      [['certificate.renewed', 'done', subject.id, first.serial]],
    );
    x.served.clock.advance(40 * 86_400_000);
    const late = await renew(first.serial);
    assert.ok(!late.ok && late.error.code === 'expired');
    assert.ok(
      (await store.read((q) => authority.judge(q, [first.certificate], 'client'))).ok === false,
    );
  });

  test('of a subject that is gone goes with its key: nothing of a person is readable then', async () => {
    const { store, authority, acts } = x.served.house;
    const { enrolledPerson } = await import('../support/people.ts');
    const ada = await enrolledPerson(x.served, 'ada');
    const csr = await x.request('card', '-subj', '/CN=Ada');
    const subject = { kind: 'person', id: ada.id, name: 'Ada' } as const;
    const issued = await x.good({
      profile: 'person',
      csr,
      subject,
      names: { upn: ['ada@example.com'] },
    });
    const before_ = await store.read((q) => authority.get(q, issued.serial));
    assert.deepEqual(before_?.subjectName, 'Ada');
    await store.write((tx) => acts.erase(tx, ada.id, CLI));
    const after_ = await store.read((q) => authority.get(q, issued.serial));
    assert.deepEqual([after_?.subjectName, after_?.certificate], [undefined, undefined]);
    assert.equal(after_?.reason, 'cessation-of-operation', 'others learn of it by the list');
    const renewed = await store.write((tx) => authority.renew(tx, issued.serial, {}, CLI));
    assert.ok(!renewed.ok && renewed.error.code === 'unknown-subject');
  });
});
