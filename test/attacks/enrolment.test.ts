/**
 * Certificates for whoever should have none (T1649): by a pass that was used, lent or found, by a request in another's name or for
 * more than a device has, and by a certificate that was revoked.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type EnrolmentHouse, openEnrolmentHouse } from '../support/enrolment.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';

const EST = '/.well-known/est';
const refused = (seen: readonly TestEvent[]) =>
  seen.filter(({ type }) => type === 'device.enrolment-refused');

describe('enrolling', () => {
  let house: EnrolmentHouse;
  before(async () => {
    house = await openEnrolmentHouse();
  });
  after(() => house.close());

  const enrol = (name: string, pass: string) =>
    house.curl(
      `${EST}/simpleenroll`,
      ...['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${name}.b64`],
      ...['-u', `device:${pass}`],
    );
  /** What the record says of who got none: whose it was to be, by what, and why. Of what is alike, one a minute is told. */
  const refusals = (seen: readonly TestEvent[]) =>
    refused(seen).map(({ outcome, reason, subject, door, data }) => {
      assert.deepEqual([outcome, door], ['refused', 'est']);
      return [subject, data.pass ?? data.serial, data.why ?? reason];
    });
  /** And of who got one. */
  const enrolled = (seen: readonly TestEvent[]) =>
    seen
      .filter(({ type }) => type === 'device.enrolled')
      .map(({ outcome, subject, door, data }) => {
        assert.deepEqual([outcome, door], ['done', 'est']);
        return [subject, data.pass ?? data.replaces];
      });
  async function gets(work: () => Promise<{ readonly status: number }>, wanted = 200) {
    house.clock.advance(60_000);
    return eventsOf(house, async () => assert.equal((await work()).status, wanted));
  }
  const renew = (name: string, shown: string, path = 'simplereenroll') =>
    house.curl(
      `${EST}/${path}`,
      ...['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${name}.b64`],
      ...['--cert', `${shown}.pem`, '--key', `${shown}.key`],
    );

  it('with a pass a second time gets nothing, also of many at once', async () => {
    const device = await house.addDevice('reuse');
    const pass = await house.issuePass(device);
    house.request('reuse', '/CN=reuse');
    house.request('thief', '/CN=reuse');
    const seen = await eventsOf(house, async () => {
      const all = await Promise.all(
        ['reuse', 'thief', 'reuse', 'thief'].map((name) => enrol(name, pass.secret)),
      );
      assert.deepEqual(all.map(({ status }) => status).sort(), [200, 401, 401, 401]);
    });
    assert.equal(count(seen, 'certificate.issued'), 1);
    assert.deepEqual(enrolled(seen), [[device.id, pass.id]]);
    assert.deepEqual(refusals(seen), [[device.id, pass.id, 'used']]);
    const later = await gets(() => enrol('thief', pass.secret), 401);
    assert.deepEqual(refusals(later), [[device.id, pass.id, 'used']]);
    assert.equal(count(later, 'certificate.issued'), 0);
  });

  it('in another’s name gets nothing, and leaves the pass for the device itself', async () => {
    const device = await house.addDevice('own-name');
    const other = await house.addDevice('boss-laptop');
    const pass = await house.issuePass(device, { names: ['own-name.example.com'] });
    const requests = {
      'cn-of-other': ['/CN=boss-laptop'],
      'id-of-other': [`/CN=${other.id}`],
      'two-names': ['/CN=own-name/CN=boss-laptop'],
      'san-of-other': ['/CN=own-name', '-addext', 'subjectAltName=DNS:boss.example.com'],
      'san-beside': [
        '/CN=own-name',
        '-addext',
        'subjectAltName=DNS:own-name.example.com,DNS:boss.example.com',
      ],
      wildcard: ['/CN=own-name', '-addext', 'subjectAltName=DNS:*.example.com'],
      address: ['/CN=own-name', '-addext', 'subjectAltName=IP:192.0.2.1'],
      'urn-of-other': [
        '/CN=own-name',
        '-addext',
        `subjectAltName=URI:urn:sallyport:device:${other.id}`,
      ],
      mail: ['/CN=own-name', '-addext', 'subjectAltName=email:boss@example.com'],
      upn: [
        '/CN=own-name',
        '-addext',
        'subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:boss@example.com',
      ],
      'of-no-kind': ['/CN=own-name', '-addext', 'subjectAltName=RID:1.2.3.4'],
    };
    for (const [name, [subject = '', ...more]] of Object.entries(requests)) {
      house.request(name, subject, ...more);
      const seen = await gets(() => enrol(name, pass.secret), 400);
      assert.deepEqual(refusals(seen), [[device.id, pass.id, 'foreign-name']], name);
      assert.equal(count(seen, 'certificate.issued'), 0, name);
    }
    house.request('rightly', '/CN=own-name', '-addext', 'subjectAltName=DNS:own-name.example.com');
    const seen = await gets(() => enrol('rightly', pass.secret));
    assert.deepEqual(enrolled(seen), [[device.id, pass.id]]);
  });

  it('as an authority gets nothing', async () => {
    const device = await house.addDevice('would-be-ca');
    const pass = await house.issuePass(device);
    const wanted = {
      'ca-flag': ['basicConstraints=critical,CA:TRUE'],
      'ca-usage': ['keyUsage=keyCertSign'],
    };
    for (const [name, [extension = '']] of Object.entries(wanted)) {
      house.request(name, '/CN=would-be-ca', '-addext', extension);
      const seen = await gets(() => enrol(name, pass.secret), 400);
      assert.deepEqual(refusals(seen), [[device.id, pass.id, 'asks-for-ca']], name);
      assert.deepEqual(enrolled(seen), []);
    }
    house.request('no-ca', '/CN=would-be-ca');
    const seen = await eventsOf(house, async () => {
      const answer = await enrol('no-ca', pass.secret);
      assert.equal(answer.status, 200);
      assert.equal(new X509Certificate(house.unpack('no-ca', answer.body)).ca, false);
    });
    assert.deepEqual(enrolled(seen), [[device.id, pass.id]]);
  });

  it('with a request that somebody else signed gets nothing', async () => {
    const device = await house.addDevice('no-key');
    const pass = await house.issuePass(device, { uses: 2 });
    house.request('no-key', '/CN=no-key');
    const csr = house.file('no-key.csr');
    // The last byte is of the signature.
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1;
    house.write('forged.b64', csr.toString('base64'));
    const forged = await gets(() => enrol('forged', pass.secret), 400);
    assert.deepEqual(refusals(forged), [[device.id, pass.id, 'bad-signature']]);
    const right = await gets(() => enrol('no-key', pass.secret));
    assert.deepEqual(enrolled(right), [[device.id, pass.id]]);
  });

  it('with the key of another device gets nothing', async () => {
    const first = await house.issuePass(await house.addDevice('key-owner'));
    const thief = await house.addDevice('key-thief');
    const second = await house.issuePass(thief);
    house.request('key-owner', '/CN=key-owner');
    assert.equal((await enrol('key-owner', first.secret)).status, 200);
    house.run(
      ...(['openssl', 'req', '-new', '-key', 'key-owner.key', '-subj', '/CN=key-thief'] as const),
      ...['-outform', 'DER', '-out', 'same-key.csr'],
    );
    house.run('openssl', 'base64', '-in', 'same-key.csr', '-out', 'same-key.b64');
    const seen = await gets(() => enrol('same-key', second.secret), 400);
    assert.deepEqual(refusals(seen), [[thief.id, second.id, 'key-of-another']]);
    house.request('own-key', '/CN=key-thief');
    const right = await gets(() => enrol('own-key', second.secret));
    assert.deepEqual(enrolled(right), [[thief.id, second.id]]);
  });

  it('with a weak key gets nothing, and leaves the pass for a strong one', async () => {
    const device = await house.addDevice('weak-key');
    const pass = await house.issuePass(device);
    const keys = {
      rsa: ['-newkey', 'rsa:1024'],
      curve: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
    };
    for (const [name, words] of Object.entries(keys)) {
      house.run(
        ...(['openssl', 'req', '-new', '-nodes', '-keyout', `${name}.key`, ...words] as const),
        ...['-subj', '/CN=weak-key', '-outform', 'DER', '-out', `${name}.csr`],
      );
      house.run('openssl', 'base64', '-in', `${name}.csr`, '-out', `${name}.b64`);
      const seen = await gets(() => enrol(name, pass.secret), 400);
      assert.deepEqual(refusals(seen), [[device.id, pass.id, 'weak-key']], name);
      assert.equal(count(seen, 'certificate.issued'), 0);
    }
    house.request('strong-key', '/CN=weak-key');
    const seen = await gets(() => enrol('strong-key', pass.secret));
    assert.deepEqual(enrolled(seen), [[device.id, pass.id]]);
  });

  it('with a certificate that was revoked, or of a device that is disabled, gets nothing', async () => {
    const device = await house.addDevice('renewing');
    const pass = await house.issuePass(device, { uses: 2 });
    house.request('renewing', '/CN=renewing');
    house.unpack('renewing', (await enrol('renewing', pass.secret)).body);
    house.request('renewing-2', '/CN=renewing');
    house.unpack('renewing-2', (await enrol('renewing-2', pass.secret)).body);
    house.request('next', '/CN=renewing');
    const serialOf = (name: string) =>
      new X509Certificate(house.file(`${name}.pem`)).serialNumber.toLowerCase();
    const { store, authority, devices } = house.house;
    await store.write((tx) =>
      authority.revoke(tx, serialOf('renewing'), 'superseded', { door: 'cli' }),
    );
    for (const path of ['simplereenroll', 'simpleenroll']) {
      const seen = await gets(async () => {
        const answer = await renew('next', 'renewing', path);
        assert.match(answer.body, /revoked/);
        return answer;
      }, 403);
      assert.equal(count(seen, 'certificate.renewed') + count(seen, 'certificate.issued'), 0);
      assert.deepEqual(refusals(seen), [[device.id, serialOf('renewing'), 'revoked']], path);
    }

    const right = await gets(() => renew('next', 'renewing-2'));
    assert.equal(count(right, 'certificate.renewed'), 1);
    assert.deepEqual(enrolled(right), [[device.id, serialOf('renewing-2')]]);

    await store.write((tx) => devices.disable(tx, device.id, { door: 'cli' }));
    house.request('after', '/CN=renewing');
    const disabled = await gets(() => renew('after', 'renewing-2'), 403);
    assert.deepEqual(refusals(disabled), [[device.id, serialOf('renewing-2'), 'not-active']]);
    await store.write((tx) => devices.enable(tx, device.id, { door: 'cli' }));
    const again = await gets(() => renew('after', 'renewing-2'));
    assert.deepEqual(enrolled(again), [[device.id, serialOf('renewing-2')]]);
  });

  it('with a certificate of one’s own making gets nothing', async () => {
    // OpenSSL asks nobody what time it is.
    house.clock.advance(Date.now() - house.clock.now());
    const device = await house.addDevice('self-made');
    const pass = await house.issuePass(device);
    house.request('ours', '/CN=self-made');
    house.unpack('ours', (await enrol('ours', pass.secret)).body);
    const { serialNumber } = new X509Certificate(house.file('ours.pem'));
    house.request('by-self', '/CN=self-made');
    // By another number than that of ours, and by the same.
    for (const serial of ['0x01', `0x${serialNumber}`]) {
      house.run(
        ...(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt'] as const),
        ...['ec_paramgen_curve:P-256', '-nodes', '-keyout', 'self.key', '-out', 'self.pem'],
        ...['-subj', '/CN=self-made', '-days', '30', '-set_serial', serial],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
        ...['-addext', 'extendedKeyUsage=clientAuth'],
      );
      const seen = await gets(() => renew('by-self', 'self'), 403);
      assert.deepEqual(refusals(seen), [[undefined, undefined, 'unknown-authority']]);
      assert.deepEqual(enrolled(seen), []);
    }
    // The same request, and one of ours.
    const right = await gets(() => renew('by-self', 'ours'));
    assert.deepEqual(
      enrolled(right).map(([subject]) => subject),
      [device.id],
    );
  });

  it('goes over TLS alone, except from this computer to itself (RFC 7030 §3.2.3)', async () => {
    const plain = await openEnrolmentHouse({
      listener: { origin: 'http://localhost', trustedProxies: ['127.0.0.1'] },
    });
    try {
      const pass = await plain.issuePass(await plain.addDevice('plain'));
      const body = plain.request('plain', '/CN=plain');
      const send = (from?: string) =>
        plain.send({
          method: 'POST',
          path: `${EST}/simpleenroll`,
          headers: {
            'content-type': 'application/pkcs10',
            authorization: `Basic ${Buffer.from(`x:${pass.secret}`).toString('base64')}`,
            ...(from === undefined ? {} : { 'x-forwarded-for': from }),
          },
          body,
        });
      const outside = await send('192.0.2.7');
      assert.equal(outside.status, 403);
      assert.match(outside.text, /HTTPS/);
      const seen = await eventsOf(plain, async () => {
        assert.equal((await send('127.0.0.2')).status, 200);
      });
      assert.equal(count(seen, 'device.enrolled'), 1);
    } finally {
      await plain.close();
    }
  });

  it('with a pass of a device that is disabled gets nothing', async () => {
    const device = await house.addDevice('forbidden');
    const pass = await house.issuePass(device);
    house.request('forbidden', '/CN=forbidden');
    await house.house.store.write((tx) =>
      house.house.devices.disable(tx, device.id, { door: 'cli' }),
    );
    const seen = await gets(() => enrol('forbidden', pass.secret), 401);
    assert.deepEqual(refusals(seen), [[device.id, pass.id, 'disabled']]);
    await house.house.store.write((tx) =>
      house.house.devices.enable(tx, device.id, { door: 'cli' }),
    );
    const right = await gets(() => enrol('forbidden', pass.secret));
    assert.deepEqual(enrolled(right), [[device.id, pass.id]]);
  });
});
