/**
 * A proxy in front speaks to us over TLS, and shows a certificate of its own: a gateway that is a device here, the sidecar of a mesh that
 * has an identity as a program. What it passes on is other people's, so that certificate proves nobody (CWE-441, CWE-639): else whoever
 * reaches the proxy is the proxy, gets its next certificate for a key of their own, and tokens as it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ApiDetail } from '@sallyport/contract/resources.ts';
import { type EnrolmentHouse, openEnrolmentHouse } from '../support/enrolment.ts';
import { count, eventsOf } from '../support/events.ts';
import { type OpensslFolder, openOpenssl } from '../support/openssl.ts';
import { AUDIENCE as API, addProcess, addProof } from '../support/processes.ts';

const BY = { door: 'cli' } as const;
/** What it adds to what it passes on. */
const PASSED_ON = ['-H', 'X-Forwarded-For: 192.0.2.66'];
/** Of one that was never told to add that, or let whoever asked take it off (Connection: X-Forwarded-For; CVE-2022-31813). */
const OTHERWISE = [
  'Forwarded: for=192.0.2.66',
  'Via: 1.1 gateway',
  'X-Real-IP: 192.0.2.66',
  'X-Forwarded-Host: localhost',
  'X-Forwarded-Proto: https',
].map((header) => ['-H', header]);
const EST = '/.well-known/est';

describe('the certificate of a proxy that passes on a request of somebody else', () => {
  let house: EnrolmentHouse;
  let openssl: OpensslFolder;
  before(async () => {
    openssl = openOpenssl();
    const tls = openssl.selfSigned('localhost', 'server');
    house = await openEnrolmentHouse({
      listener: {
        tls: { certificate: tls.pem, key: tls.keyPem, clientCertificates: true },
        trustedProxies: ['127.0.0.1/32'],
      },
    });
    house.write('server.pem', tls.pem);
  });
  after(async () => {
    await house.close();
    openssl.remove();
  });

  it('gets no certificate of the proxy for a key of theirs, by EST', async () => {
    const device = await house.addDevice('gateway');
    const pass = await house.issuePass(device);
    const post = (name: string, ...more: string[]) => [
      ...['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${name}.b64`],
      ...more,
    ];
    house.request('gateway', '/CN=gateway');
    const basic = ['-u', `device:${pass.secret}`];
    const first = await house.curl(`${EST}/simpleenroll`, ...post('gateway', ...basic));
    assert.equal(first.status, 200, first.body);
    house.unpack('gateway', first.body);
    const own = ['--cert', 'gateway.pem', '--key', 'gateway.key'];

    house.request('thief', '/CN=gateway');
    const stolen = await eventsOf(house, async () => {
      for (const step of ['simpleenroll', 'simplereenroll', 'serverkeygen']) {
        const answer = await house.curl(`${EST}/${step}`, ...post('thief', ...own, ...PASSED_ON));
        assert.ok([401, 501].includes(answer.status), `${step}: ${answer.status} ${answer.body}`);
      }
      for (const header of OTHERWISE) {
        const answer = await house.curl(
          `${EST}/simplereenroll`,
          ...post('thief', ...own, ...header),
        );
        assert.equal(answer.status, 401, `${header}: ${answer.body}`);
      }
    });
    assert.equal(count(stolen, 'certificate.issued') + count(stolen, 'certificate.renewed'), 0);

    // The proxy itself, about itself.
    house.request('next', '/CN=gateway');
    const seen = await eventsOf(house, async () => {
      const answer = await house.curl(`${EST}/simplereenroll`, ...post('next', ...own));
      assert.equal(answer.status, 200, answer.body);
    });
    assert.equal(count(seen, 'certificate.renewed', 'done'), 1);
  });

  it('gets no token as the proxy, and makes none good that is bound to its certificate', async () => {
    const detail = ApiDetail.parse({
      audience: API,
      scopes: [{ name: 'introspect', says: 'Be this API.' }],
    });
    const { resources, store } = house.house;
    const everyone = { open: 'listed', groups: [], members: [] } as const;
    const api = await store.write((tx) =>
      resources.add(tx, { name: 'payments', ...everyone, kind: 'api', detail }, BY),
    );
    assert.ok(api.ok);
    const mesh = await addProcess(house, 'mesh', [
      { resource: api.value.id, scopes: ['introspect'] },
    ]);
    const shown = openssl.selfSigned('mesh');
    house.clock.advance(Math.max(0, Date.now() + 1000 - house.clock.now()));
    await addProof(house, mesh, 'certificate', { certificate: shown.pem });
    house.write('mesh.pem', shown.pem);
    house.write('mesh.key', shown.keyPem);
    const own = ['--cert', 'mesh.pem', '--key', 'mesh.key'];
    const ask = (...more: string[]) =>
      house.curl(
        '/oidc/token',
        ...own,
        ...['-d', 'grant_type=client_credentials', '-d', 'client_id=mesh'],
        ...['-d', `resource=${API}`, '-d', 'scope=introspect', ...more],
      );
    const stolen = await eventsOf(house, async () => {
      const answer = await ask(...PASSED_ON);
      assert.deepEqual([answer.status, answer.body], [401, '{"error":"invalid_client"}']);
    });
    assert.equal(count(stolen, 'entry.granted'), 0);
    const seen = await eventsOf(house, async () => {
      const answer = await ask();
      assert.equal(answer.status, 200, answer.body);
      const token = JSON.parse(answer.body).access_token as string;
      const introspect = async (...more: string[]) => {
        const by = ['-H', `Authorization: Bearer ${token}`, '-d', `token=${token}`];
        return (await house.curl('/oidc/introspect', ...own, ...by, ...more)).status;
      };
      assert.deepEqual([await introspect(...PASSED_ON), await introspect()], [401, 200]);
    });
    assert.deepEqual([count(seen, 'entry.granted'), count(seen, 'entry.refused')], [1, 1]);
  });

  it('is the client’s own where whoever sends that header is no proxy of ours', async () => {
    const other = await openEnrolmentHouse();
    const device = await other.addDevice('pump');
    const pass = await other.issuePass(device);
    other.request('pump', '/CN=pump');
    const type = ['-H', 'Content-Type: application/pkcs10'];
    const body = [...type, '--data-binary', '@pump.b64'];
    const first = await other.curl(`${EST}/simpleenroll`, ...body, '-u', `x:${pass.secret}`);
    other.unpack('pump', first.body);
    const own = ['--cert', 'pump.pem', '--key', 'pump.key'];
    const again = await other.curl(`${EST}/simplereenroll`, ...body, ...own, ...PASSED_ON);
    await other.close();
    assert.equal(again.status, 200, again.body);
  });
});
