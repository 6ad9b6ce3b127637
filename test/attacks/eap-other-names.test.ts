/**
 * Coming onto a network by 802.1X as somebody else: under another name than the certificate's (RFC 5216 §5.2) or than that inside a
 * tunnel (RFC 5281 §7.3), without a certificate, or by a session of before after the certificate was revoked (RFC 9190 §2.1.2, §5.4). D4; T0860 where the network is a wireless one.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { EAP_TYPE } from '../../server/wire/eap/eap-packet.ts';
import { AVP_CODE, writeAvps } from '../../server/wire/eap/ttls-avp.ts';
import { type Certified, type EapHouse, openEapHouse, tlsFor } from '../eap/eap-house.ts';
import { count, eventsOf, type TestEvent } from '../support/events.ts';
import { enrolledPerson, PASSWORD, type TestPerson } from '../support/people.ts';

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

for (const version of VERSIONS) {
  describe(`coming onto a network as somebody else, with ${version}`, () => {
    let opened: EapHouse;
    let sensor: Certified;
    before(async () => {
      opened = await openEapHouse();
      sensor = await opened.device('sensor-1');
    });
    after(() => opened.close());

    const tlsOf = (who?: Certified, more: object = {}) => tlsFor(opened, who, version, more);
    /** Whom the record says was refused, why, at which network device and by which certificate. */
    const refusals = (left: readonly TestEvent[]) =>
      left
        .filter(({ type }) => type === 'network.refused')
        .map(({ reason, subject, door, data }) => {
          assert.deepEqual([door, data.client], ['radius', opened.client.device]);
          return [reason, subject, data.serial];
        });
    const of = ({ id, serial }: Certified, reason: string) => [[reason, id, serial]];
    const unjudged = (left: readonly TestEvent[]) =>
      left
        .filter(({ type }) => type === 'network.unjudged')
        .map(({ data, reason, actor }) => [data.why, reason, actor]);
    const comesIn = async (who = sensor, more: Parameters<EapHouse['meet']>[1] = {}) => {
      const left = await eventsOf(opened.test, async () => {
        const met = await opened.meet({ identity: who.name, tls: tlsOf(who) }, more);
        assert.equal(met.state, 'accept');
      });
      assert.deepEqual(refusals(left), []);
      assert.deepEqual(
        left
          .filter(({ type, outcome }) => type === 'network.admitted' && outcome === 'granted')
          .map(({ subject, door, data }) => [subject, door, data.client, data.serial]),
        [[who.id, 'radius', opened.client.device, who.serial]],
      );
    };

    it('is refused under a name that the certificate has not', async () => {
      for (const identity of ['plc-7', 'sensor-10', 'sensor-1@elsewhere', 'host/plc-7']) {
        // Of what is alike, one a minute is told.
        opened.test.clock.advance(61_000);
        const left = await eventsOf(opened.test, async () => {
          const met = await opened.meet({ identity, tls: tlsOf(sensor) });
          assert.deepEqual([met.state, met.keys], ['reject', undefined], identity);
          assert.equal(met.supplicant.session, undefined);
        });
        assert.deepEqual(refusals(left), of(sensor, 'wrong'), identity);
      }
      await comesIn();
    });

    it('is refused where the network device is told another name than we are', async () => {
      const left = await eventsOf(opened.test, async () => {
        for (let i = 0; i < 3; i++) {
          const met = await opened.meet(
            { identity: 'sensor-1', tls: tlsOf(sensor) },
            { userName: 'plc-7', station: '02-00-5E-10-00-07' },
          );
          assert.equal(met.state, 'reject');
        }
        await opened.test.house.counter.stop();
      });
      assert.deepEqual(unjudged(left), [['other-name', 'wrong', opened.client.device]]);
      assert.equal(count(left, 'decision.counted', 'refused'), 1, 'the others are counted');
      assert.equal(count(left, 'network.admitted'), 0);
      await comesIn(sensor, { userName: 'sensor-1', station: '02-00-5E-10-00-07' });
    });

    it('is refused from when the network device tells another name on the way', async () => {
      opened.test.clock.advance(61_000);
      const named = Buffer.concat([Buffer.from('0207000d01', 'hex'), Buffer.from('sensor-1')]);
      const left = await eventsOf(opened.test, async () => {
        const first = await opened.eap.begin(opened.round(named, { userName: 'sensor-1' }));
        assert.equal(first.state, 'challenge');
        if (first.state !== 'challenge') return;
        const says = Uint8Array.of(2, first.eap[1]!, 0, 6, 13, 0); // A header is there.
        const round = opened.round(says, { userName: 'plc-7' });
        assert.equal((await opened.eap.continue(first.conversation, round)).state, 'reject');
      });
      assert.deepEqual(unjudged(left), [['other-name', 'wrong', opened.client.device]]);
      await comesIn();
    });

    it('is refused without a certificate', async () => {
      const left = await eventsOf(opened.test, async () => {
        const met = await opened.meet({ identity: 'sensor-1', tls: tlsOf() });
        assert.deepEqual([met.state, met.keys], ['reject', undefined]);
      });
      assert.deepEqual(refusals(left), [['not-held', undefined, undefined]]);
      await comesIn();
    });

    it('is refused by a session of before, from when the certificate is revoked', async () => {
      const lost = await opened.device('lost-1');
      const first = await opened.meet({ identity: 'lost-1', tls: tlsOf(lost) });
      const { session } = first.supplicant;
      assert.ok(session !== undefined);
      const resumed = await opened.meet({ identity: 'lost-1', tls: tlsOf(lost, { session }) });
      assert.deepEqual([resumed.state, resumed.supplicant.resumed], ['accept', true]);
      await opened.revoke(lost);
      const left = await eventsOf(opened.test, async () => {
        const met = await opened.meet({ identity: 'lost-1', tls: tlsOf(lost, { session }) });
        assert.deepEqual([met.state, met.keys], ['reject', undefined]);
        assert.equal(met.supplicant.resumed, true);
        assert.deepEqual(met.supplicant.heard, []);
      });
      assert.deepEqual(refusals(left), of(lost, 'revoked'), 'by name');
      await comesIn();
    });

    it('is refused by the session of another device', async () => {
      const first = await opened.meet({ identity: 'sensor-1', tls: tlsOf(sensor) });
      const { session } = first.supplicant;
      const other = await opened.device('sensor-2');
      opened.test.clock.advance(61_000);
      const left = await eventsOf(opened.test, async () => {
        const met = await opened.meet({ identity: 'sensor-2', tls: tlsOf(other, { session }) });
        assert.deepEqual([met.state, met.supplicant.resumed], ['reject', true]);
      });
      assert.deepEqual(refusals(left), of(sensor, 'wrong'), 'whose session it is');
      await comesIn(other);
    });
  });
}

describe('logging in inside a tunnel, and being somebody else outside of it', () => {
  let opened: EapHouse;
  let eve: TestPerson;
  before(async () => {
    opened = await openEapHouse({ methods: ['ttls'] });
    const { test } = opened;
    eve = await enrolledPerson(test, 'eve');
    const groups = ['network-operators'];
    await test.house.store.write((tx) =>
      test.house.people.change(tx, eve.id, { groups }, { door: 'cli' }),
    );
    await enrolledPerson(test, 'ada');
  });
  after(() => opened.close());

  const pap = (name: string) => {
    opened.test.clock.advance(30_000);
    const typed = `${PASSWORD}${eve.totp.code()}`;
    const avp = (code: number, value: string) => ({
      ...{ code, vendor: 0, mandatory: true },
      value: Buffer.from(value),
    });
    return writeAvps([avp(AVP_CODE.userName, name), avp(AVP_CODE.userPassword, typed)]);
  };
  const meet = (identity: string, name = 'eve') =>
    opened.meet({ identity, type: EAP_TYPE.ttls, tls: { ca: opened.root }, inside: pap(name) });

  it('is refused: the network device would write down the other, and end theirs for ours', async () => {
    const left = await eventsOf(opened.test, async () => {
      for (const identity of ['ada', 'ADA', 'eve@elsewhere', 'eve2']) {
        const met = await meet(identity);
        assert.deepEqual([met.state, met.keys], ['reject', undefined], identity);
      }
    });
    assert.equal(count(left, 'login.granted'), 0);
    const [about] = left.filter(({ type }) => type === 'network.unjudged');
    assert.deepEqual([about?.data.why, about?.reason], ['other-name', 'wrong']);
  });

  it('is their own name, or one that says nothing', async () => {
    const left = await eventsOf(opened.test, async () => {
      for (const identity of ['eve', 'Eve', 'anonymous', 'anonymous@plant.example', '@plant', '']) {
        assert.equal((await meet(identity)).state, 'accept', identity);
      }
    });
    assert.equal(count(left, 'login.granted', 'granted'), 6);
  });
});
