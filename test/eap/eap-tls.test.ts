/** EAP-TLS (RFC 5216, RFC 9190) against a supplicant of ours, which can say what no good one does. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { pemOf } from '../../server/wire/der/pem.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrolledPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';
import { type Certified, type EapHouse, openEapHouse, tlsFor } from './eap-house.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

describe('EAP-TLS', () => {
  let opened: EapHouse;
  let sensor: Certified;
  before(async () => {
    const { proofs } = cheapSettings();
    const card = cardConfig.parse({ withPin: { own: true } });
    opened = await openEapHouse({}, undefined, { proofs: { ...proofs, card } });
    sensor = await opened.device('sensor-1');
  });
  after(() => opened.close());

  const tlsOf = (version: (typeof VERSIONS)[number]) => tlsFor(opened, sensor, version);

  for (const version of VERSIONS) {
    describe(`with ${version}`, () => {
      it('lets a device in, gives both sides the same keys, and is on record', async () => {
        const left = await eventsOf(opened.test, async () => {
          const met = await opened.meet({ identity: 'sensor-1', tls: tlsOf(version) });
          assert.equal(met.state, 'accept');
          assert.equal(met.supplicant.ended, 'success');
          assert.equal(met.supplicant.version, version);
          const msk = met.supplicant.keys();
          assert.deepEqual(Buffer.from(met.keys!.recv), msk.subarray(0, 32)); // Accepted.
          assert.deepEqual(Buffer.from(met.keys!.send), msk.subarray(32, 64)); // Accepted.
        });
        assert.equal(count(left, 'network.admitted', 'granted'), 1);
        assert.equal(opened.eap.inFlight, 0);
      });

      it('takes up a session again, asks the gate again, and makes other keys', async () => {
        const tls = tlsOf(version);
        const first = await opened.meet({ identity: 'sensor-1', tls });
        const { session } = first.supplicant;
        assert.ok(session !== undefined, 'it was given a ticket');
        let before = first;
        for (const again of [1, 2]) {
          const left = await eventsOf(opened.test, async () => {
            const met = await opened.meet({ identity: 'sensor-1', tls: { ...tls, session } });
            assert.equal(met.state, 'accept', `the ${again}. time`);
            assert.equal(met.supplicant.resumed, true);
            assert.deepEqual(
              Buffer.from(met.keys!.recv), // Accepted.
              met.supplicant.keys().subarray(0, 32),
            );
            assert.notDeepEqual(met.keys, before.keys);
            before = met;
          });
          assert.equal(count(left, 'network.admitted', 'granted'), 1);
        }
      });

      it('cuts what it says, and puts together what it hears, to as little as a link carries', async () => {
        const wish = { identity: 'sensor-1', tls: tlsOf(version), most: 100 };
        const met = await opened.meet(wish, { most: 200 });
        assert.equal(met.state, 'accept');
        assert.ok(met.longest <= 200, `${met.longest} octets`);
        assert.ok(met.rounds > 15, `${met.rounds} rounds`);
      });

      it('keeps what would become a session from whoever is refused', async () => {
        const wish = { identity: 'someone-else', tls: tlsOf(version) };
        const met = await opened.meet(wish);
        assert.equal(met.state, 'reject');
        assert.equal(met.supplicant.session, undefined);
        assert.deepEqual(met.supplicant.heard, []);
      });
    });
  }

  it('promises success with the octet 0 under TLS 1.3, after the tickets (RFC 9190 §2.5)', async () => {
    const met = await opened.meet({ identity: 'sensor-1', tls: tlsOf('TLSv1.3') });
    assert.deepEqual(Buffer.concat(met.supplicant.heard), Buffer.of(0));
    assert.ok(met.supplicant.session !== undefined);
  });

  it('lets a person in by a smart card, whose certificate is theirs', async () => {
    const ada = await enrolledPerson(opened.test, 'ada');
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { house } = opened.test;
    const subject = { kind: 'person', id: ada.id, name: 'ada' } as const;
    const issued = await house.store.write((tx) =>
      house.authority.issue(tx, { profile: 'person', publicKey, subject }, { door: 'cli' }),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    const cert = [issued.value.certificate, ...issued.value.chain].map(pemOf).join('');
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const tls = { ca: opened.root, cert, key };
    assert.equal((await opened.meet({ identity: 'ada', tls })).state, 'accept');
    assert.equal((await opened.meet({ identity: 'eve', tls })).state, 'reject');
    await house.store.write(async (tx) => {
      const done = await house.people.setStatus(tx, ada.id, 'disabled', { door: 'cli' });
      assert.ok(done.ok, JSON.stringify(done));
    });
    assert.equal((await opened.meet({ identity: 'ada', tls })).state, 'reject');
  });

  it('speaks no TLS of old', async () => {
    const tls = { ...tlsOf('TLSv1.2'), minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } as const;
    const ciphers = 'DEFAULT@SECLEVEL=0';
    const met = await opened.meet({ identity: 'sensor-1', tls: { ...tls, ciphers } });
    assert.equal(met.state, 'reject');
  });

  it('answers a name that says nothing, and one with the prefix of Windows', async () => {
    for (const identity of [
      '',
      '@plant.example',
      'anonymous@plant.example',
      'host/sensor-1',
      'Sensor-1',
    ]) {
      const met = await opened.meet({ identity, tls: tlsOf('TLSv1.3') });
      assert.equal(met.state, 'accept', identity);
    }
  });

  it('is as though it never came: what answers no question of ours', async () => {
    const answer = await opened.eap.begin(
      opened.round(Buffer.from('02070005016e', 'hex').subarray(0, 5)),
    );
    assert.equal(answer.state, 'challenge');
    if (answer.state !== 'challenge') return;
    const other = Uint8Array.from([2, (answer.eap[1]! + 7) & 0xff, 0, 6, 13, 0]); // A header is there.
    const { conversation } = answer;
    assert.equal((await opened.eap.continue(conversation, opened.round(other))).state, 'ignore');
    const request = Uint8Array.from([1, answer.eap[1]!, 0, 6, 13, 0]); // As above.
    assert.equal((await opened.eap.continue(conversation, opened.round(request))).state, 'ignore');
    opened.eap.forget(conversation);
    assert.equal(opened.eap.inFlight, 0);
  });

  it('asks whoever asks to be asked for a name (RFC 3579 §2.1)', async () => {
    const answer = await opened.eap.begin(opened.round(new Uint8Array(0)));
    assert.equal(answer.state, 'challenge');
    if (answer.state !== 'challenge') return;
    assert.deepEqual([answer.eap[0], answer.eap[4]], [1, 1]);
    const named = Uint8Array.from([2, answer.eap[1]!, 0, 6, 1, 0x61]); // A header is there.
    const next = await opened.eap.continue(answer.conversation, opened.round(named));
    assert.equal(next.state, 'challenge');
    assert.equal(next.state === 'challenge' && next.eap[4], 13);
    if (next.state === 'challenge') opened.eap.forget(next.conversation);
  });

  it('ends conversations that nobody goes on with', async () => {
    const before = opened.eap.inFlight;
    const answer = await opened.eap.begin(opened.round(Buffer.from('020700060161', 'hex')));
    assert.equal(opened.eap.inFlight, before + 1);
    opened.test.clock.advance(31_000);
    opened.runLater();
    assert.equal(opened.eap.inFlight, 0);
    assert.equal(answer.state, 'challenge');
    if (answer.state !== 'challenge') return;
    const late = Uint8Array.from([2, answer.eap[1]!, 0, 6, 13, 0]); // A header is there.
    const refused = await opened.eap.continue(answer.conversation, opened.round(late));
    assert.equal(refused.state, 'reject');
  });
});
