/** D2: EST (RFC 7030) as devices speak it: curl for the wire, OpenSSL for keys, requests and what is handed out. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type EnrolmentHouse, openEnrolmentHouse } from '../support/enrolment.ts';
import { eventsOf } from '../support/events.ts';

const EST = '/.well-known/est';
const PKCS10 = ['-H', 'Content-Type: application/pkcs10'];

let house: EnrolmentHouse;
before(async () => {
  house = await openEnrolmentHouse();
});
after(() => house.close());

const post = (name: string, ...more: string[]) => [
  ...PKCS10,
  '--data-binary',
  `@${name}.b64`,
  ...more,
];
const enrol = (name: string, pass: string) =>
  house.curl(`${EST}/simpleenroll`, ...post(name, '-u', `device:${pass}`));

test('anyone reads the certificates of the authority (RFC 7030 §4.1)', async () => {
  const answer = await house.curl(`${EST}/cacerts`);
  assert.equal(answer.status, 200);
  assert.equal(answer.type, 'application/pkcs7-mime; smime-type=certs-only');
  const pem = house.unpack('cacerts', answer.body);
  assert.equal(pem.match(/BEGIN CERTIFICATE/g)?.length, 2);
});

test('anyone reads what a request should look like (RFC 7030 §4.5)', async () => {
  const answer = await house.curl(`${EST}/csrattrs`);
  assert.equal(answer.status, 200);
  assert.equal(answer.type, 'application/csrattrs');
  house.write('attrs.der', Buffer.from(answer.body, 'base64'));
  const told = house.run('openssl', 'asn1parse', '-inform', 'DER', '-in', 'attrs.der');
  assert.match(told, /id-ecPublicKey[\s\S]*prime256v1[\s\S]*ecdsa-with-SHA256/);
});

test('a device gets its first certificate with a pass, and the next one with that certificate', async () => {
  const device = await house.addDevice('pump-1');
  const pass = await house.issuePass(device, { names: ['pump-1.plant.example'] });
  house.request('pump-1', '/CN=pump-1', '-addext', 'subjectAltName=DNS:pump-1.plant.example');
  const seen = await eventsOf(house, async () => {
    const answer = await enrol('pump-1', pass.secret);
    assert.equal(answer.status, 200, answer.body);
    const pem = house.unpack('pump-1', answer.body);
    const certificate = new X509Certificate(pem);
    assert.equal(certificate.subject, 'CN=pump-1');
    assert.match(certificate.subjectAltName ?? '', /DNS:pump-1\.plant\.example/);
    assert.equal(certificate.ca, false);
  });
  const enrolled = seen.find(({ type }) => type === 'device.enrolled');
  assert.equal(enrolled?.subject, device.id);
  assert.equal(enrolled?.data.with, 'pass');
  assert.equal(enrolled?.data.pass, pass.id);

  house.unpack('cacerts', (await house.curl(`${EST}/cacerts`)).body);
  const now = String(Math.floor(house.clock.now() / 1000));
  const verified = house.run(
    ...(['openssl', 'verify', '-attime', now, '-CAfile', 'cacerts.pem', 'pump-1.pem'] as const),
  );
  assert.match(verified, /OK/);

  house.request('pump-1b', '/CN=pump-1', '-addext', 'subjectAltName=DNS:pump-1.plant.example');
  const shown = ['--cert', 'pump-1.pem', '--key', 'pump-1.key'];
  const again = await house.curl(`${EST}/simplereenroll`, ...post('pump-1b', ...shown));
  assert.equal(again.status, 200, again.body);
  const renewed = new X509Certificate(house.unpack('pump-1b', again.body));
  assert.equal(renewed.subject, 'CN=pump-1');
  assert.match(renewed.subjectAltName ?? '', /DNS:pump-1\.plant\.example/);
  const { store, authority } = house.house;
  const listed = await store.read((q) => authority.list(q, { subject: device.id, limit: 8 }));
  const told = listed.map(({ lastShownAt, lastShownBy, renews }) => [
    renews !== undefined,
    lastShownAt,
    lastShownBy,
  ]);
  assert.deepEqual(told.toSorted(), [
    [false, house.clock.now(), 'est'],
    [true, undefined, undefined],
  ]);
});

test('who shows nothing is asked for something, and renewing takes a certificate', async () => {
  house.request('nobody', '/CN=nobody');
  const none = await house.curl(`${EST}/simpleenroll`, ...post('nobody'));
  assert.equal(none.status, 401);
  const device = await house.addDevice('renews-by-pass');
  const pass = await house.issuePass(device);
  const basic = ['-u', `device:${pass.secret}`];
  const answer = await house.curl(`${EST}/simplereenroll`, ...post('nobody', ...basic));
  assert.equal(answer.status, 401);
  assert.match(answer.body, /certificate that is to be renewed/);
});

test('keys are not made here, and that is said (RFC 7030 §4.4)', async () => {
  house.request('keygen', '/CN=keygen');
  const answer = await house.curl(`${EST}/serverkeygen`, ...post('keygen'));
  assert.equal(answer.status, 501);
  assert.match(answer.body, /Make it there, and use simpleenroll/);
});

test('what is no request is told so, and the pass stays good', async () => {
  const device = await house.addDevice('pump-2');
  const pass = await house.issuePass(device);
  house.write('rubbish.b64', 'bm90IGEgcmVxdWVzdA==');
  assert.equal((await enrol('rubbish', pass.secret)).status, 400);
  house.write('rubbish.b64', '###');
  assert.equal((await enrol('rubbish', pass.secret)).status, 400);
  const type = ['-H', 'Content-Type: text/plain', '-u', `device:${pass.secret}`, '-d', 'x'];
  assert.equal((await house.curl(`${EST}/simpleenroll`, ...type)).status, 415);
  house.request('pump-2', '/CN=pump-2');
  assert.equal((await enrol('pump-2', pass.secret)).status, 200);
});

test('a pass is good for as many certificates as it was made for, for so long, and only from its networks', async () => {
  const device = await house.addDevice('pump-3');
  house.request('pump-3', '/CN=pump-3');
  const twice = await house.issuePass(device, { uses: 2 });
  assert.equal((await enrol('pump-3', twice.secret)).status, 200);
  assert.equal((await enrol('pump-3', twice.secret)).status, 200);
  assert.equal((await enrol('pump-3', twice.secret)).status, 401);

  const elsewhere = await house.issuePass(device, { networks: ['192.0.2.0/24'] });
  assert.equal((await enrol('pump-3', elsewhere.secret)).status, 401);
  const here = await house.issuePass(device, { networks: ['127.0.0.0/8', '::1'] });
  assert.equal((await enrol('pump-3', here.secret)).status, 200);

  const short = await house.issuePass(device, { lifetime: 60_000 });
  house.clock.advance(60_000);
  assert.equal((await enrol('pump-3', short.secret)).status, 401);
});

test('RSA keys are taken, and weak ones are not', async () => {
  const device = await house.addDevice('pump-4');
  const make = (name: string, bits: number) => {
    house.run(
      ...(['openssl', 'req', '-new', '-newkey', `rsa:${bits}`, '-nodes'] as const),
      ...[
        '-keyout',
        `${name}.key`,
        '-outform',
        'DER',
        '-out',
        `${name}.csr`,
        '-subj',
        '/CN=pump-4',
      ],
    );
    house.run('openssl', 'base64', '-in', `${name}.csr`, '-out', `${name}.b64`);
  };
  make('rsa', 2048);
  make('weak', 1024);
  const pass = await house.issuePass(device, { uses: 2 });
  assert.equal((await enrol('rsa', pass.secret)).status, 200);
  const weak = await enrol('weak', pass.secret);
  assert.equal(weak.status, 400);
  assert.match(weak.body, /too weak/);
});
