/** What is kept of who joins a network, from one time to the next: it holds until it changes, whoever changes it, and not a moment longer. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { MINUTE } from '../../server/kernel/clock.ts';
import type { Store, Tx } from '../../server/store/store.ts';
import type { Device } from '../../server/subjects/devices.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';

const BY = { door: 'cli' } as const;

describe('a device that joins again', () => {
  let test: TestHouse;
  let port: NetworkClient;
  /** Another connection to the same database, as a command has beside the server. */
  let beside: Store;
  let device: Device;
  let serial: string;
  let chain: readonly Uint8Array[];
  let devices = 0;

  before(async () => {
    test = await openTestHouse();
    port = await addClient(test, 'floor');
    beside = test.test.another();
  });
  beforeEach(async () => {
    device = await addDevice(test, `sensor-${devices++}`, { kind: 'rtu' });
    ({ serial, chain } = await certify(test, device));
    assert.deepEqual([await join(), await join()], [device.name, device.name]);
  });
  after(() => test.close());

  /** What it is called, or why not. */
  async function join(): Promise<string | undefined> {
    const { network } = test.house.gate;
    const joining = { certificate: chain, service: 'wired' };
    const outcome = await network.admit(joining, port, networkArrival(test, port));
    return outcome.state === 'granted' ? outcome.login.name : outcome.reason;
  }

  const changes: Readonly<Record<string, (tx: Tx) => Promise<unknown>>> = {
    'its certificate was revoked': (tx) =>
      test.house.authority.revoke(tx, serial, 'key-compromise', BY),
    'it was disabled': (tx) => test.house.devices.disable(tx, device.id, BY),
    'it was retired': (tx) => test.house.devices.retire(tx, device.id, BY),
  };
  for (const [what, change] of Object.entries(changes)) {
    for (const by of ['this connection', 'another']) {
      it(`stays out as soon as ${what}, by ${by}`, async () => {
        await (by === 'another' ? beside : test.house.store).write(change);
        const left = await eventsOf(test, async () => assert.equal(await join(), 'wrong'));
        assert.equal(count(left, 'network.refused', 'refused'), 1);
      });
    }
  }

  it('is called what it is called now, and let in again once it is enabled', async () => {
    const { store, devices } = test.house;
    const name = `${device.name}-renamed`;
    await store.write((tx) => devices.change(tx, device.id, { name }, BY));
    assert.equal(await join(), name);
    await beside.write((tx) => devices.disable(tx, device.id, BY));
    assert.equal(await join(), 'wrong');
    await beside.write((tx) => devices.enable(tx, device.id, BY));
    assert.equal(await join(), name);
  });

  it('stays as it was when what would have changed it was undone', async () => {
    const undone = test.house.store.write(async (tx) => {
      await test.house.devices.disable(tx, device.id, BY);
      throw new Error('no');
    });
    const [joined] = await Promise.all([join(), assert.rejects(undone)]);
    assert.deepEqual([joined, await join()], [device.name, device.name]);
  });

  it('is judged and on record each time, and noted as seen and shown once in a while', async () => {
    const { store, devices, authority } = test.house;
    const noted = () =>
      store.read(async (q) => [
        (await devices.get(q, device.id))?.lastSeenAt,
        (await authority.get(q, serial))?.lastShownAt,
      ]);
    const [first] = await noted();
    test.clock.advance(MINUTE / 2);
    const left = await eventsOf(test, async () => {
      for (let i = 0; i < 5; i++) assert.equal(await join(), device.name);
    });
    assert.equal(count(left, 'network.admitted', 'granted'), 5);
    assert.deepEqual(await noted(), [first, first]);
    test.clock.advance(MINUTE);
    const then = test.clock.now();
    assert.equal(await join(), device.name);
    assert.deepEqual(await noted(), [then, first]);
    test.clock.advance(10 * MINUTE);
    assert.equal(await join(), device.name);
    assert.deepEqual(await noted(), [test.clock.now(), test.clock.now()]);
  });

  it('is noted the next time where the transaction that would have noted it was undone', async () => {
    const { store, devices } = test.house;
    test.clock.advance(2 * MINUTE);
    const at = test.clock.now();
    const how = { door: 'radius', at, how: 'certificate', address: undefined };
    const undone = store.write(async (tx) => {
      await devices.seen(tx, device.id, how);
      throw new Error('no');
    });
    await assert.rejects(undone);
    await join();
    assert.equal((await store.read((q) => devices.get(q, device.id)))?.lastSeenAt, at);
  });

  it('stays out as soon as policies say so', async () => {
    const policies = (effect: string) => `@id("joins") @because("As it is said.")
      ${effect} (principal is Device, action == Action::"joinNetwork", resource);`;
    await activateForNetwork(test, policies('permit'));
    assert.equal(await join(), device.name);
    await activateForNetwork(test, policies('forbid'));
    assert.equal(await join(), 'not-permitted');
  });
});
