/**
 * Network devices that were changed at another node (T1556.004): one that was disabled there asks here for the first time, and one that
 * was put there in the midst of another's network is not taken for that one, with its secret and its zone, for longer than moments.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { SECOND } from '../../server/kernel/clock.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addDevice, giveSecret } from '../support/network.ts';

const BY = { door: 'cli' } as const;

describe('a network device that another node was told of', () => {
  let test: TestHouse;
  let beside: TestHouse;
  before(async () => {
    test = await openTestHouse();
    beside = await test.beside();
  });
  after(() => test.close());

  const there = (address: string) => beside.house.gate.network.client('radius', address);

  it('is not heard from the moment on in which it is disabled, though it never asked here before', async () => {
    const other = await addDevice(test, 'other', { addresses: ['192.0.2.1'] });
    const stolen = await addDevice(test, 'stolen', { addresses: ['192.0.2.2'] });
    for (const device of [other, stolen]) await giveSecret(test, device, 'radius');
    assert.equal((await there('192.0.2.1'))?.name, 'other');
    const seen = await eventsOf(test, async () => {
      await test.house.store.write((tx) => test.house.devices.disable(tx, stolen.id, BY));
      assert.equal(await there('192.0.2.2'), undefined);
      await test.house.store.write((tx) => test.house.devices.enable(tx, stolen.id, BY));
      test.clock.advance(SECOND);
      assert.equal((await there('192.0.2.2'))?.name, 'stolen');
    });
    assert.deepEqual([count(seen, 'device.disabled'), count(seen, 'device.enabled')], [1, 1]);
  });

  it('is no part of the network that it was put in the midst of, within ten seconds', async () => {
    const wide = await addDevice(test, 'wide', { addresses: ['198.51.100.0/24'], zone: 'lab' });
    await giveSecret(test, wide, 'radius');
    test.clock.advance(2 * SECOND);
    assert.equal((await there('198.51.100.7'))?.zone, 'lab');
    const narrow = await addDevice(test, 'narrow', {
      addresses: ['198.51.100.7'],
      zone: 'plant',
    });
    const secret = await giveSecret(test, narrow, 'radius');
    test.clock.advance(10 * SECOND);
    const found = await there('198.51.100.7');
    assert.deepEqual([found?.name, found?.zone], ['narrow', 'plant']);
    assert.equal(Buffer.from(found?.secret ?? []).toString(), secret);
    assert.equal((await there('198.51.100.8'))?.name, 'wide');
    // And back, once it is gone.
    await test.house.store.write((tx) => test.house.devices.retire(tx, narrow.id, BY));
    assert.equal((await there('198.51.100.7'))?.name, 'wide');
  });
});
