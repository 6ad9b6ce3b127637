import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import type { Queries } from '../../server/store/store.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, giveSecret } from '../support/network.ts';

const BY = { door: 'cli' } as const;

describe('a network device that asks', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
  });
  after(() => test.close());

  it('is known by the narrowest of the networks that devices speak from', async () => {
    const wide = await addClient(test, 'wide', '198.51.100.0/24'.replace('/24', ''), 'radius', {
      addresses: ['198.51.100.0/24'],
    });
    const narrow = await addDevice(test, 'narrow', { addresses: ['198.51.100.7'] });
    await giveSecret(test, narrow, 'radius');
    test.clock.advance(2000);
    const { network } = test.house.gate;
    assert.equal((await network.client('radius', '198.51.100.7'))?.name, 'narrow');
    assert.equal((await network.client('radius', '198.51.100.8'))?.device, wide.device);
    assert.equal(await network.client('radius', '203.0.113.1'), undefined);
  });

  it('has its new secret at once, here and on another node, and none once it is disabled', async () => {
    const client = await addClient(test, 'core', '192.0.2.20');
    const beside = await test.beside();
    const there = () => beside.house.gate.network.client('radius', '192.0.2.20');
    const text = (of: NetworkClient | undefined) => of?.secret && Buffer.from(of.secret).toString();
    assert.equal(text(await there()), text(client));
    const device = await test.house.store.read((q) => test.house.devices.get(q, client.device));
    assert.ok(device);
    const fresh = await giveSecret(test, device, 'radius');
    assert.equal(text(await there()), fresh);
    await test.house.store.write((tx) => test.house.devices.disable(tx, client.device, BY));
    assert.equal(await there(), undefined);
  });

  it('is known by its certificate, from where it speaks', async () => {
    const device = await addDevice(test, 'edge', { addresses: ['192.0.2.30'] });
    const { chain, serial } = await certify(test, device);
    const { network } = test.house.gate;
    const from = (address: string) => network.clientByCertificate('radius', chain, address);
    assert.equal((await from('192.0.2.30'))?.device, device.id);
    assert.equal(await from('192.0.2.31'), undefined);
    await test.house.store.write((tx) =>
      test.house.authority.revoke(tx, serial, 'key-compromise', BY),
    );
    assert.equal(await from('192.0.2.30'), undefined);
  });

  it('is looked for once, however many strangers there are to look for at the same time', async () => {
    test.clock.advance(2000);
    const { gate, devices } = test.house;
    let reads = 0;
    const read = devices.speakers;
    Object.assign(devices, {
      speakers: (q: Queries) => {
        reads += 1;
        return read(q);
      },
    });
    try {
      const from = Array.from({ length: 50 }, (_, i) => `203.0.113.${i}`);
      const found = await Promise.all(
        from.map((address) => gate.network.client('radius', address)),
      );
      assert.deepEqual(new Set(found), new Set([undefined]));
      assert.equal(reads, 1);
      // One that is given a place is found there, as soon as before.
      await addClient(test, 'late', '203.0.113.7');
      assert.equal((await gate.network.client('radius', '203.0.113.7'))?.name, 'late');
    } finally {
      Object.assign(devices, { speakers: read });
    }
  });

  it('is on record when it is not heard, once in a while', async () => {
    const { network } = test.house.gate;
    const arrival = test.arrival({ door: 'radius', address: '203.0.113.9' });
    const left = await eventsOf(test, async () => {
      for (let i = 0; i < 5; i++) await network.unheard('unknown', { protocol: 'radius' }, arrival);
    });
    assert.equal(count(left, 'network.client-refused', 'refused'), 1);
  });
});
