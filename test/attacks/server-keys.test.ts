/**
 * Keys that are made here (RFC 7030 §4.4): for nobody unless it is switched on, for nobody who may not enrol, and never less
 * protected than was asked for. What is given is taken apart by the commands of docs/est.md, with OpenSSL.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EnrolmentHouse, openEnrolmentHouse } from '../support/enrolment.ts';
import { count, events, eventsOf, type TestEvent } from '../support/events.ts';

const EST = '/.well-known/est';
const DECRYPT_KEY_IDS = ['1.2.840.113549.1.9.16.2.37', '1.2.840.113549.1.9.16.2.54'];
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/est.md'), 'utf8');
/** As the page tells them, for the device that it calls pump-7. */
const TAKING_APART = PAGE.split('\n').filter((line) =>
  line.startsWith("tr -d '\\r' < pump-7.answer"),
);

const refusals = (seen: readonly TestEvent[]) =>
  seen.filter(({ type }) => type === 'device.enrolment-refused');

const posted = (name: string, ...more: string[]) => [
  ...['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${name}.b64`],
  ...more,
];

function asking(house: EnrolmentHouse) {
  const post = (path: string, name: string, ...more: string[]) =>
    house.curl(`${EST}/${path}`, ...posted(name, ...more));
  return {
    withPass: (name: string, secret: string, path = 'serverkeygen') =>
      post(path, name, '-u', `device:${secret}`),
    withCertificate: (name: string, shown: string, path = 'serverkeygen') =>
      post(path, name, '--cert', `${shown}.pem`, '--key', `${shown}.key`),
    withNothing: (name: string) => post('serverkeygen', name),
  };
}

describe('asking for a key where none are made', () => {
  let house: EnrolmentHouse;
  before(async () => {
    house = await openEnrolmentHouse();
  });
  after(() => house.close());

  it('gets nothing, leaves the pass as it was, and is on record with whose it is', async () => {
    const { withPass, withCertificate, withNothing } = asking(house);
    const device = await house.addDevice('by-default');
    const pass = await house.issuePass(device);
    house.request('by-default', '/CN=by-default');
    assert.equal((await withNothing('by-default')).status, 501);
    const seen = await eventsOf(house, async () => {
      const answer = await withPass('by-default', pass.secret);
      assert.equal(answer.status, 501);
      assert.match(answer.body, /Make it there, and use simpleenroll/);
    });
    assert.equal(count(seen, 'certificate.issued'), 0);
    const [told, ...others] = refusals(seen);
    assert.deepEqual(others, []);
    assert.equal(told?.subject, device.id);
    assert.equal(told?.reason, 'not-permitted');
    assert.deepEqual(told?.data, { with: 'pass', why: 'no-server-keys', pass: pass.id });

    const wrong = await eventsOf(house, async () => {
      assert.equal((await withPass('by-default', `${pass.secret.slice(0, -1)}!`)).status, 401);
    });
    assert.equal(refusals(wrong)[0]?.reason, 'wrong');

    const right = await eventsOf(house, async () => {
      const answer = await withPass('by-default', pass.secret, 'simpleenroll');
      assert.equal(answer.status, 200, answer.body);
      house.unpack('by-default', answer.body);
    });
    assert.equal(count(right, 'device.enrolled'), 1);
    assert.equal(count(right, 'device.key-made'), 0);

    house.clock.advance(60_000);
    const shown = await eventsOf(house, async () => {
      assert.equal((await withCertificate('by-default', 'by-default')).status, 501);
    });
    assert.equal(refusals(shown)[0]?.data.with, 'certificate');
    assert.equal(refusals(shown)[0]?.subject, device.id);
  });
});

describe('asking for a key where they are made', () => {
  let house: EnrolmentHouse;
  before(async () => {
    house = await openEnrolmentHouse({ config: { est: { enabled: true, serverKeys: true } } });
    house.unpack('authority', (await house.curl(`${EST}/cacerts`)).body);
  });
  after(() => house.close());

  /** As the page has it taken apart; the key, the certificate, and what OpenSSL says of the key. */
  function takeApart(name: string, body: string) {
    house.write(`${name}.answer`, body);
    assert.equal(TAKING_APART.length, 2);
    for (const line of TAKING_APART) house.run('sh', '-ec', line.replaceAll('pump-7', name));
    const ofKey = house.run('openssl', 'pkey', '-in', `${name}.key`, '-pubout');
    const certificate = new X509Certificate(house.file(`${name}.pem`));
    const ofCertificate = house.run('openssl', 'x509', '-in', `${name}.pem`, '-pubkey', '-noout');
    assert.equal(ofKey, ofCertificate);
    const now = String(Math.floor(house.clock.now() / 1000));
    const verified = house.run(
      ...(['openssl', 'verify', '-attime', now, '-CAfile', 'authority.pem'] as const),
      `${name}.pem`,
    );
    assert.match(verified, /OK/);
    const told = house.run('openssl', 'pkey', '-in', `${name}.key`, '-noout', '-text');
    return { certificate, told: told.split('\n')[0] ?? '' };
  }

  it('gives one that fits its certificate, on record as made here, and the pass is spent', async () => {
    const { withPass, withCertificate } = asking(house);
    const device = await house.addDevice('maker');
    const pass = await house.issuePass(device, { names: ['maker.plant.example'] });
    house.request('maker', '/CN=maker', '-addext', 'subjectAltName=DNS:maker.plant.example');
    const own = house.run('openssl', 'pkey', '-in', 'maker.key', '-pubout');
    const seen = await eventsOf(house, async () => {
      const answer = await withPass('maker', pass.secret);
      assert.equal(answer.status, 200, answer.body);
      assert.match(answer.type, /^multipart\/mixed; boundary=/);
      const { certificate, told } = takeApart('maker', answer.body);
      assert.equal(certificate.subject, 'CN=maker');
      assert.match(certificate.subjectAltName ?? '', /DNS:maker\.plant\.example/);
      assert.match(told, /256 bit/);
      assert.notEqual(house.run('openssl', 'pkey', '-in', 'maker.key', '-pubout'), own);
      const key = seenKey(answer.body);
      const kept = JSON.stringify(await events(house)) + house.logged.join();
      assert.ok(!kept.includes(key));
    });
    const made = seen.find(({ type }) => type === 'device.key-made');
    const enrolled = seen.find(({ type }) => type === 'device.enrolled');
    assert.equal(made?.subject, device.id);
    assert.deepEqual(made?.data, { serial: enrolled?.data.serial, key: 'p256' });

    const again = await eventsOf(house, async () => {
      assert.equal((await withPass('maker', pass.secret)).status, 401);
      assert.equal((await withPass('maker', pass.secret, 'simpleenroll')).status, 401);
    });
    assert.equal(refusals(again)[0]?.reason, 'used');
    assert.equal(count(again, 'device.key-made') + count(again, 'certificate.issued'), 0);

    // The next one, by the one that was made here.
    house.request('maker-2', '/CN=maker');
    const next = await withCertificate('maker-2', 'maker');
    assert.equal(next.status, 200, next.body);
    takeApart('maker-2', next.body);
  });

  it('gives one key alone for one pass, also of many at once', async () => {
    const { withPass } = asking(house);
    const pass = await house.issuePass(await house.addDevice('many'));
    house.request('many', '/CN=many');
    const seen = await eventsOf(house, async () => {
      const all = await Promise.all([1, 2, 3, 4].map(() => withPass('many', pass.secret)));
      assert.deepEqual(all.map(({ status }) => status).sort(), [200, 401, 401, 401]);
    });
    assert.equal(count(seen, 'device.key-made'), 1);
    assert.equal(count(seen, 'certificate.issued'), 1);
  });

  it('gives a key of the kind that the request has, whatever its own is worth', async () => {
    const { withPass } = asking(house);
    const device = await house.addDevice('kinds');
    const kinds: readonly (readonly [told: RegExp, ...openssl: string[]])[] = [
      [/384 bit/, 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
      [/256 bit/, 'ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
      [/ED25519/, 'ed25519'],
      [/256 bit/, 'ed448'],
      [/2048 bit/, 'rsa:1024'],
      [/3072 bit/, 'rsa:3072'],
    ];
    for (const [index, [told, ...key]] of kinds.entries()) {
      const name = `kind-${index}`;
      house.run(
        ...(['openssl', 'req', '-new', '-nodes', '-subj', '/CN=kinds', '-newkey', ...key] as const),
        ...['-keyout', `${name}.key`, '-outform', 'DER', '-out', `${name}.csr`],
      );
      const csr = house.file(`${name}.csr`);
      // RFC 7030 §4.4.1: nobody looks at the signature either.
      csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1;
      house.write(`${name}.b64`, csr.toString('base64'));
      const pass = await house.issuePass(device);
      const answer = await withPass(name, pass.secret);
      assert.equal(answer.status, 200, `${key}: ${answer.body}`);
      assert.match(takeApart(name, answer.body).told, told, key.join(' '));
    }
  });

  it('gives none in the clear to who wants it encrypted (RFC 7030 §4.4.1.1, §4.4.1.2)', async () => {
    const { withPass } = asking(house);
    const device = await house.addDevice('sealed');
    const pass = await house.issuePass(device);
    for (const [index, id] of DECRYPT_KEY_IDS.entries()) {
      const name = `sealed-${index}`;
      house.write(
        `${name}.cnf`,
        [
          'oid_section = oids\n[oids]',
          `keyId = ${id}\n[req]`,
          'prompt = no\ndistinguished_name = name\nattributes = wanted\n[name]',
          'CN = sealed\n[wanted]',
          'keyId = key-of-the-plant\n',
        ].join('\n'),
      );
      house.run(
        ...(['openssl', 'req', '-new', '-newkey', 'ec', '-pkeyopt'] as const),
        ...['ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-outform', 'DER'],
        ...['-out', `${name}.csr`, '-config', `${name}.cnf`],
      );
      house.write(`${name}.b64`, house.file(`${name}.csr`).toString('base64'));
      house.clock.advance(60_000);
      const seen = await eventsOf(house, async () => {
        const answer = await withPass(name, pass.secret);
        assert.equal(answer.status, 400, answer.body);
        assert.match(answer.body, /leave that attribute out/);
      });
      assert.equal(refusals(seen)[0]?.data.why, 'key-encryption');
      assert.equal(count(seen, 'device.key-made') + count(seen, 'certificate.issued'), 0);
    }
    house.request('unsealed', '/CN=sealed');
    const seen = await eventsOf(house, async () => {
      assert.equal((await withPass('unsealed', pass.secret)).status, 200);
    });
    assert.equal(count(seen, 'device.key-made'), 1);
  });

  it('gives none in another’s name, to a disabled device, or for what is no request', async () => {
    const { withPass, withNothing } = asking(house);
    const { store, devices } = house.house;
    const device = await house.addDevice('own');
    await house.addDevice('boss');
    const pass = await house.issuePass(device);
    house.request('boss', '/CN=boss');
    house.request('own', '/CN=own');
    house.write('rubbish.b64', 'bm90IGEgcmVxdWVzdA==');
    const by = { door: 'cli' } as const;
    const seen = await eventsOf(house, async () => {
      assert.equal((await withPass('boss', pass.secret)).status, 400);
      assert.equal((await withPass('rubbish', pass.secret)).status, 400);
      assert.equal((await withNothing('own')).status, 401);
      await store.write((tx) => devices.disable(tx, device.id, by));
      assert.equal((await withPass('own', pass.secret)).status, 401);
      await store.write((tx) => devices.enable(tx, device.id, by));
    });
    assert.equal(count(seen, 'device.key-made') + count(seen, 'certificate.issued'), 0);
    assert.deepEqual(
      refusals(seen).map(({ data, reason }) => data.why ?? reason),
      ['foreign-name', 'disabled'],
    );
    const right = await eventsOf(house, async () => {
      const answer = await withPass('own', pass.secret);
      assert.equal(answer.status, 200, answer.body);
    });
    assert.equal(count(right, 'device.key-made'), 1);
  });

  it('gives none without TLS, except from this computer to itself', async () => {
    const plain = await openEnrolmentHouse({
      listener: { origin: 'http://localhost', trustedProxies: ['127.0.0.1'] },
      config: { est: { enabled: true, serverKeys: true } },
    });
    try {
      const pass = await plain.issuePass(await plain.addDevice('plain'));
      const body = plain.request('plain', '/CN=plain');
      const send = (from: string) =>
        plain.send({
          method: 'POST',
          path: `${EST}/serverkeygen`,
          headers: {
            'content-type': 'application/pkcs10',
            authorization: `Basic ${Buffer.from(`x:${pass.secret}`).toString('base64')}`,
            'x-forwarded-for': from,
          },
          body,
        });
      const seen = await eventsOf(plain, async () => {
        assert.equal((await send('192.0.2.7')).status, 403);
      });
      assert.equal(count(seen, 'device.key-made'), 0);
      const right = await eventsOf(plain, async () => {
        assert.equal((await send('127.0.0.2')).status, 200);
      });
      assert.equal(count(right, 'device.key-made'), 1);
    } finally {
      await plain.close();
    }
  });
});

/** A line of the key, as it stood in an answer. */
function seenKey(body: string): string {
  const line = body.split('\n').find((each) => /^[A-Za-z0-9+/]{64}$/.test(each));
  assert.ok(line !== undefined);
  return line;
}
