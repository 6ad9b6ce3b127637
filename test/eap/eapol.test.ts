/** 802.1X with a supplicant that is not ours: eapol_test, through the RADIUS door, with certificates of our own authority. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { makeCertificate } from '../support/certificates.ts';
import { enrolledPerson, PASSWORD, type TestPerson } from '../support/people.ts';
import { type Certified, type EapHouse, openEapHouse } from './eap-house.ts';
import { runEapolTest, whichProgram } from './eapol-test.ts';

const program = whichProgram('eapol_test');
const skip = program === undefined ? 'eapol_test is not here (apt-get install eapoltest)' : false;
/** As OpenSSL tells of three handshakes, of those of TLS 1.3 twice each. */
const RESUMED = { 'TLS 1.2': '011', 'TLS 1.3': '001111' } as const;
const VERSIONS = {
  'TLS 1.2': 'tls_disable_tlsv1_3=1',
  'TLS 1.3': 'tls_disable_tlsv1_3=0',
} as const;

describe('eapol_test', { skip }, () => {
  let opened: EapHouse;
  let door: Awaited<ReturnType<EapHouse['openDoor']>>;
  let sensor: Certified;
  let ada: TestPerson;
  let secret: string;

  before(async () => {
    opened = await openEapHouse();
    const { test } = opened;
    sensor = await opened.device('sensor-1');
    secret = Buffer.from(opened.client.secret ?? []).toString();
    ada = await enrolledPerson(test, 'ada');
    const groups = ['network-operators'];
    await test.house.store.write((tx) =>
      test.house.people.change(tx, ada.id, { groups }, { door: 'cli' }),
    );
    door = await opened.openDoor();
  });
  after(async () => {
    await door?.close();
    await opened?.close();
  });

  const run = (network: Readonly<Record<string, string>>, again = 0) =>
    runEapolTest(program ?? '', { network, port: door.port, secret, again });
  const tls = (phase1: string, who: Pick<Certified, 'cert' | 'key'> = sensor) => ({
    eap: 'TLS',
    identity: 'sensor-1',
    ca_cert: opened.root,
    client_cert: who.cert,
    private_key: who.key,
    phase1,
  });

  for (const [version, phase1] of Object.entries(VERSIONS)) {
    const spoken = `SSL: Using TLS version ${version.replace('TLS ', 'TLSv')}`;

    it(`comes in by EAP-TLS with ${version}, and gets the keys that it made itself`, async () => {
      const done = await run(tls(phase1));
      assert.ok(done.success, done.log.slice(-2000));
      assert.ok(done.log.includes(spoken));
      assert.deepEqual([done.keys, done.otherKeys], [1, 0]);
    });

    it(`comes in again, by its ticket, with ${version}`, async () => {
      const done = await run(tls(`${phase1} tls_disable_session_ticket=0`), 2);
      assert.ok(done.success, done.log.slice(-2000));
      assert.deepEqual([done.keys, done.otherKeys], [3, 0]);
      assert.deepEqual(
        done.log
          .match(/Handshake finished - resumed=\d/g)
          ?.map((one) => one.at(-1))
          .join(''),
        RESUMED[version as keyof typeof RESUMED],
      );
      assert.ok(!/unexpected.message/i.test(done.log));
    });

    it(`comes in with pieces of 100 octets, and with ${version}`, async () => {
      const done = await run({ ...tls(phase1), fragment_size: '100' });
      assert.ok(done.success, done.log.slice(-2000));
      assert.deepEqual([done.keys, done.otherKeys], [1, 0]);
    });

    it(`logs a person in by EAP-TTLS/PAP, with a code behind the password and ${version}`, async () => {
      const network = {
        eap: 'TTLS',
        identity: 'ada',
        anonymous_identity: 'anonymous@plant.example',
        ca_cert: opened.root,
        phase1,
        phase2: 'auth=PAP',
      };
      const done = await run({ ...network, password: `${PASSWORD}${ada.totp.code()}` });
      assert.ok(done.success, done.log.slice(-2000));
      assert.deepEqual([done.keys, done.otherKeys], [1, 0]);
      opened.test.clock.advance(30_000);
      assert.equal((await run({ ...network, password: PASSWORD })).success, false);
      const wrong = await run({ ...network, password: `${PASSWORD}000000` });
      assert.equal(wrong.success, false);
      assert.equal(wrong.keys, 0);
    });
  }

  it('is refused with a certificate of another authority', async () => {
    const name = { subject: { CN: 'sensor-1' }, authority: false, forClients: true } as const;
    const other = makeCertificate({ subject: { CN: 'Another CA' }, authority: true });
    const foreign = makeCertificate(name, other);
    for (const phase1 of Object.values(VERSIONS)) {
      const done = await run(tls(phase1, { cert: foreign.pem, key: foreign.keyPem }));
      assert.deepEqual([done.success, done.keys], [false, 0]);
    }
  });

  it('is refused once its certificate has expired, by our clock', async () => {
    const old = await opened.device('sensor-3', 120_000);
    for (const phase1 of Object.values(VERSIONS)) {
      const network = { ...tls(phase1, old), identity: 'sensor-3' };
      assert.ok((await run(network)).success);
    }
    opened.test.clock.advance(121_000);
    for (const phase1 of Object.values(VERSIONS)) {
      const done = await run({ ...tls(phase1, old), identity: 'sensor-3' });
      assert.deepEqual([done.success, done.keys], [false, 0]);
    }
  });

  it('is refused from when its certificate is revoked', async () => {
    const old = await opened.device('sensor-2');
    const network = { ...tls(VERSIONS['TLS 1.3'], old), identity: 'sensor-2' };
    assert.ok((await run(network)).success);
    await opened.revoke(old);
    for (const phase1 of Object.values(VERSIONS)) {
      const done = await run({ ...network, phase1 });
      assert.deepEqual([done.success, done.keys], [false, 0]);
    }
  });

  it('is refused under the name of another device', async () => {
    const done = await run({ ...tls(VERSIONS['TLS 1.3']), identity: 'sensor-9' });
    assert.deepEqual([done.success, done.keys], [false, 0]);
  });

  it('is refused with a method that is not offered', async () => {
    for (const eap of ['MD5', 'PEAP', 'MSCHAPV2', 'LEAP']) {
      const done = await run({ eap, identity: 'ada', password: PASSWORD, ca_cert: opened.root });
      assert.deepEqual([done.success, done.keys], [false, 0], eap);
    }
  });

  it('does not come to us where our certificate is not of the authority that it knows', async () => {
    const other = makeCertificate({ subject: { CN: 'Another CA' }, authority: true });
    const done = await run({ ...tls(VERSIONS['TLS 1.3']), ca_cert: other.pem });
    assert.equal(done.success, false);
    assert.match(done.log, /unknown CA/i);
  });
});
