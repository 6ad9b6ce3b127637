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
    assert.equal(count(seen, 'device.enrolled'), 1);
    assert.equal(count(seen, 'certificate.issued'), 1);
    assert.equal(refused(seen)[0]?.reason, 'used');
    assert.equal(refused(seen)[0]?.subject, device.id);
    assert.equal(refused(seen)[0]?.data.pass, pass.id);
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
    };
    for (const [name, [subject = '', ...more]] of Object.entries(requests)) {
      house.request(name, subject, ...more);
      const seen = await eventsOf(house, async () => {
        const answer = await enrol(name, pass.secret);
        assert.equal(answer.status, 400, `${name}: ${answer.body}`);
      });
      assert.equal(count(seen, 'certificate.issued'), 0, name);
    }
    house.clock.advance(60_000);
    const told = await eventsOf(house, () => enrol('cn-of-other', pass.secret));
    assert.equal(refused(told)[0]?.data.why, 'foreign-name');
    house.request('rightly', '/CN=own-name', '-addext', 'subjectAltName=DNS:own-name.example.com');
    const seen = await eventsOf(house, async () => {
      assert.equal((await enrol('rightly', pass.secret)).status, 200);
    });
    assert.equal(count(seen, 'device.enrolled'), 1);
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
      const seen = await eventsOf(house, async () => {
        assert.equal((await enrol(name, pass.secret)).status, 400);
      });
      assert.ok(count(seen, 'device.enrolled') === 0);
      if (name === 'ca-flag') assert.equal(refused(seen)[0]?.data.why, 'asks-for-ca');
    }
    house.request('no-ca', '/CN=would-be-ca');
    const seen = await eventsOf(house, async () => {
      const answer = await enrol('no-ca', pass.secret);
      assert.equal(answer.status, 200);
      assert.equal(new X509Certificate(house.unpack('no-ca', answer.body)).ca, false);
    });
    assert.equal(count(seen, 'device.enrolled'), 1);
  });

  it('with a request that somebody else signed gets nothing', async () => {
    const device = await house.addDevice('no-key');
    const pass = await house.issuePass(device, { uses: 2 });
    house.request('no-key', '/CN=no-key');
    const csr = house.file('no-key.csr');
    // The last byte is of the signature.
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1;
    house.write('forged.b64', csr.toString('base64'));
    assert.equal((await enrol('forged', pass.secret)).status, 400);
    assert.equal((await enrol('no-key', pass.secret)).status, 200);
  });

  it('with the key of another device gets nothing', async () => {
    const first = await house.issuePass(await house.addDevice('key-owner'));
    const second = await house.issuePass(await house.addDevice('key-thief'));
    house.request('key-owner', '/CN=key-owner');
    assert.equal((await enrol('key-owner', first.secret)).status, 200);
    house.run(
      ...(['openssl', 'req', '-new', '-key', 'key-owner.key', '-subj', '/CN=key-thief'] as const),
      ...['-outform', 'DER', '-out', 'same-key.csr'],
    );
    house.run('openssl', 'base64', '-in', 'same-key.csr', '-out', 'same-key.b64');
    const seen = await eventsOf(house, async () => {
      assert.equal((await enrol('same-key', second.secret)).status, 400);
    });
    assert.equal(refused(seen)[0]?.data.why, 'key-of-another');
    house.request('own-key', '/CN=key-thief');
    assert.equal((await enrol('own-key', second.secret)).status, 200);
  });

  it('with a certificate that was revoked, or of a device that is disabled, gets nothing', async () => {
    const device = await house.addDevice('renewing');
    const pass = await house.issuePass(device, { uses: 2 });
    house.request('renewing', '/CN=renewing');
    house.unpack('renewing', (await enrol('renewing', pass.secret)).body);
    house.request('renewing-2', '/CN=renewing');
    house.unpack('renewing-2', (await enrol('renewing-2', pass.secret)).body);
    house.request('next', '/CN=renewing');
    const { serialNumber } = new X509Certificate(house.file('renewing.pem'));
    const { store, authority, devices } = house.house;
    await store.write((tx) =>
      authority.revoke(tx, serialNumber.toLowerCase(), 'superseded', { door: 'cli' }),
    );
    const seen = await eventsOf(house, async () => {
      for (const path of ['simplereenroll', 'simpleenroll']) {
        const answer = await renew('next', 'renewing', path);
        assert.equal(answer.status, 403, answer.body);
        assert.match(answer.body, /revoked/);
      }
    });
    assert.equal(count(seen, 'certificate.renewed') + count(seen, 'certificate.issued'), 0);
    assert.equal(refused(seen)[0]?.data.why, 'revoked');

    const right = await eventsOf(house, async () => {
      assert.equal((await renew('next', 'renewing-2')).status, 200);
    });
    assert.equal(count(right, 'certificate.renewed'), 1);
    assert.equal(count(right, 'device.enrolled'), 1);

    await store.write((tx) => devices.disable(tx, device.id, { door: 'cli' }));
    house.request('after', '/CN=renewing');
    assert.equal((await renew('after', 'renewing-2')).status, 403);
    await store.write((tx) => devices.enable(tx, device.id, { door: 'cli' }));
    assert.equal((await renew('after', 'renewing-2')).status, 200);
  });

  it('with a certificate of one’s own making gets nothing', async () => {
    house.run(
      ...(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt'] as const),
      ...['ec_paramgen_curve:P-256', '-nodes', '-keyout', 'self.key', '-out', 'self.pem'],
      ...['-subj', '/CN=renewing', '-days', '30'],
    );
    house.request('by-self', '/CN=renewing');
    const seen = await eventsOf(house, async () => {
      assert.equal((await renew('by-self', 'self')).status, 403);
    });
    assert.equal(refused(seen).length, 1);
    assert.equal(count(seen, 'device.enrolled'), 0);
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
    const seen = await eventsOf(house, async () => {
      assert.equal((await enrol('forbidden', pass.secret)).status, 401);
    });
    assert.equal(refused(seen)[0]?.reason, 'disabled');
  });
});
