/** A MAC address that somebody puts on (T1557, T1200; D4, D9): let in only as an exception, kept apart, and not a moment longer. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { DAY, HOUR } from '../../server/kernel/clock.ts';
import { addDevice, giveProof } from '../support/devices.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, networkArrival } from '../support/network.ts';
import { addPerson } from '../support/people.ts';

const MAC = '02:00:5e:10:00:07';
const hex = (octet: number) => octet.toString(16).padStart(2, '0');

describe('an exception for a MAC address', () => {
  let house: TestHouse;
  let hall: NetworkClient;

  before(async () => {
    house = await openTestHouse();
    hall = await addClient(house, 'hall');
    await addDevice(house, 'printer', { kind: 'printer', mac: MAC });
  });
  after(() => house.close());

  const join = (mac = MAC) =>
    house.house.gate.network.admit({ mac }, hall, networkArrival(house, hall));
  const told = async (type: string) => (await events(house)).filter((event) => event.type === type);
  const except = async (lasts: number) => {
    const owner = await addPerson(house, `owner-${house.clock.now()}`);
    return giveProof(house, 'printer', {
      kind: 'mac',
      name: 'mac',
      mac: MAC,
      owner,
      reason: 'It has no 802.1X',
      control: 'A network of its own',
      expiresAt: house.clock.now() + lasts,
    });
  };

  test('is needed: being in the inventory lets nobody in by an address alone', async () => {
    assert.deepEqual(await join(), { state: 'refused', reason: 'wrong' });
    assert.deepEqual(await join('02:00:5e:10:00:08'), { state: 'refused', reason: 'wrong' });
  });

  test('lets in while it lasts, into the quarantined network, and no session outlives it', async () => {
    assert.ok((await except(HOUR)).ok);
    const ends = house.clock.now() + HOUR;
    const outcome = await join();
    assert.ok(outcome.state === 'granted', JSON.stringify(outcome));
    assert.equal(outcome.login.attributes.vlan, 'quarantine');
    assert.ok(outcome.login.until <= ends);
    assert.equal((await told('network.admitted')).length, 1);
  });

  test('that is over refuses, and alerts when the device is next seen, once', async () => {
    house.clock.advance(HOUR);
    const alerted = house.alerts.length;
    for (let i = 0; i < 3; i++) {
      assert.deepEqual(await join(), { state: 'refused', reason: 'wrong' });
    }
    assert.equal((await told('device.exception-expired')).length, 1);
    assert.equal(house.alerts.length, alerted + 1);
    const refused = (await told('network.refused')).at(-1);
    assert.equal(refused?.reason, 'expired');
    await house.house.sweeper.sweep();
    assert.equal((await told('device.exception-expired')).length, 1);
  });

  test('that is judged anew lets in again, and the record tells who answers for it', async () => {
    assert.ok((await except(DAY)).ok);
    assert.equal((await join()).state, 'granted');
    const added = (await told('device.proof-added')).filter(({ data }) => data.kind === 'mac');
    assert.equal(added.length, 2);
    assert.ok(added[1]?.data.replaces);
  });

  test('that somebody makes up addresses beside fills no record, and keeps nobody out of it', async () => {
    await house.house.counter.stop();
    house.clock.advance(61_000);
    const left = await eventsOf(house, async () => {
      for (let i = 0; i < 100; i++) {
        const made = `02:00:5e:20:00:${hex(i)}`;
        assert.deepEqual(await join(made), { state: 'refused', reason: 'wrong' });
      }
      assert.equal((await join()).state, 'granted');
      await house.house.counter.stop();
    });
    const refused = left.filter(({ type }) => type === 'network.refused');
    assert.deepEqual(
      refused.map(({ reason, subject, data }) => [reason, subject, data.client, data.kind]),
      Array(10).fill(['unknown-subject', undefined, hall.device, 'mac']),
    );
    assert.deepEqual(
      left
        .filter(({ type, outcome }) => type === 'decision.counted' && outcome === 'refused')
        .map(({ subject, door, data }) => [subject, door, data.action, data.count]),
      [[hall.device, 'radius', 'joinNetwork', 90]],
    );
    assert.equal(count(left, 'network.admitted', 'granted'), 1);
    // At another network device it is told of as before.
    const yard = await addClient(house, 'yard', '192.0.2.77');
    const there = await eventsOf(house, () =>
      house.house.gate.network.admit(
        { mac: '02:00:5e:20:ff:ff' },
        yard,
        networkArrival(house, yard),
      ),
    );
    assert.deepEqual(
      there.map(({ type, data }) => [type, data.client]),
      [['network.refused', yard.device]],
    );
  });
});
