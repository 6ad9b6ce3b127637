import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { readMac } from '@sallyport/contract/devices.ts';
import fc from 'fast-check';
import type { PersonId } from '../../server/kernel/id.ts';
import { writeOrUndo } from '../../server/store/undo.ts';
import { isNetworkProblem, readNetwork } from '../../server/subjects/device-network.ts';
import type { NewDevice } from '../../server/subjects/devices.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addPerson } from '../support/people.ts';

const BY = { door: 'cli' } as const;
const MAC = '02:00:5e:10:00:01';

describe('devices', () => {
  let test: TestHouse;
  let ada: PersonId;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await addPerson(test, 'ada');
  });
  afterEach(() => test.close());

  const blank: NewDevice = {
    name: 'core-1',
    kind: 'switch',
    owner: undefined,
    groups: [],
    zone: 'plant',
    serial: undefined,
    mac: undefined,
    addresses: [],
    purpose: 'Tests.',
  };
  const add = (more: Partial<NewDevice> = {}) =>
    writeOrUndo(test.house.store, (tx) =>
      test.house.devices.add(tx, { ...blank, owner: ada, ...more }, BY),
    );
  const added = async (more: Partial<NewDevice> = {}) => {
    const done = await add(more);
    assert.ok(done.ok, JSON.stringify(done));
    return done.value;
  };
  const codeOf = (result: { ok: boolean }) =>
    'error' in result ? (result.error as { code: string }).code : 'ok';

  it('are found by name, id, MAC address and serial number, and each stands for one', async () => {
    const device = await added({
      mac: MAC,
      serial: 'FDO1',
      addresses: ['192.0.2.7', '2001:DB8::/48'],
    });
    const { store, devices } = test.house;
    assert.deepEqual(device.addresses, ['192.0.2.7', '2001:db8::/48']);
    for (const found of await store.read(async (q) => [
      await devices.find(q, 'core-1'),
      await devices.find(q, device.id),
      await devices.byName(q, 'core-1'),
      await devices.byMac(q, MAC),
      await devices.bySerial(q, 'FDO1'),
    ])) {
      // Some ways tell when it was last seen, too.
      assert.deepEqual(found && { ...device, ...found }, device);
    }
    const { id, epoch } = device;
    const speaks = (network: string) => ({ network, device: id, epoch });
    // In no order: who is looked for is found by the narrowest.
    const speakers = await store.read((q) => devices.speakers(q));
    assert.deepEqual(new Set(speakers), new Set(device.addresses.map(speaks)));
    assert.equal(codeOf(await add()), 'name-taken');
    assert.equal(codeOf(await add({ name: 'b', mac: MAC })), 'mac-taken');
    assert.equal(codeOf(await add({ name: 'b', serial: 'FDO1' })), 'serial-taken');
    assert.equal(codeOf(await add({ name: 'b', addresses: ['192.0.2.7/32'] })), 'network-taken');
    assert.equal(
      codeOf(await add({ name: 'b', addresses: ['192.0.2.7/24'] })),
      'network-not-valid',
    );
    assert.equal(
      codeOf(await add({ name: 'b', owner: device.id as string as PersonId })),
      'owner-not-found',
    );
    // Nothing is left of those that were refused.
    assert.equal(codeOf(await add({ name: 'b', addresses: ['192.0.2.0/24'] })), 'ok');
  });

  it('are changed one field at a time, and cleared of what they have no more', async () => {
    const device = await added({ mac: MAC, serial: 'FDO1', addresses: ['192.0.2.7'] });
    const { store, devices } = test.house;
    const changed = await writeOrUndo(store, (tx) =>
      devices.change(tx, device.id, { mac: undefined, addresses: ['192.0.2.8'], zone: '' }, BY),
    );
    assert.ok(changed.ok);
    assert.deepEqual(
      { mac: changed.value.mac, serial: changed.value.serial, zone: changed.value.zone },
      { mac: undefined, serial: 'FDO1', zone: '' },
    );
    assert.ok(changed.value.epoch > device.epoch);
    assert.equal(codeOf(await add({ name: 'b', mac: MAC, addresses: ['192.0.2.7'] })), 'ok');
    const clash = await writeOrUndo(store, (tx) => devices.change(tx, device.id, { mac: MAC }, BY));
    assert.equal(codeOf(clash), 'mac-taken');
  });

  it('speak only while they are active', async () => {
    const { store, devices } = test.house;
    const device = await added({ addresses: ['192.0.2.7'] });
    await store.write((tx) => devices.disable(tx, device.id, BY));
    assert.deepEqual(await store.read((q) => devices.speakers(q)), []);
    await store.write((tx) => devices.enable(tx, device.id, BY));
    assert.equal((await store.read((q) => devices.speakers(q))).length, 1);
  });

  it('leave their words to others once they are retired, and come back by no way', async () => {
    const { store, devices } = test.house;
    const device = await added({ mac: MAC, serial: 'FDO1', addresses: ['192.0.2.7'] });
    assert.equal(codeOf(await store.write((tx) => devices.retire(tx, device.id, BY))), 'ok');
    const next = await added({ mac: MAC, serial: 'FDO1', addresses: ['192.0.2.7'] });
    assert.notEqual(next.id, device.id);
    const found = await store.read(async (q) => ({
      named: await devices.find(q, 'core-1'),
      old: await devices.find(q, device.id),
      listed: await devices.list(q, {}, { limit: 10 }),
      retired: await devices.list(q, { status: 'retired' }, { limit: 10 }),
    }));
    assert.equal(found.named?.id, next.id);
    assert.equal(found.old?.status, 'retired');
    assert.deepEqual(
      found.listed.map(({ id }) => id),
      [next.id],
    );
    assert.deepEqual(
      found.retired.map(({ id }) => id),
      [device.id],
    );
    for (const back of [devices.enable, devices.disable, devices.retire]) {
      assert.equal(codeOf(await store.write((tx) => back(tx, device.id, BY))), 'device-retired');
    }
  });

  it('are listed by kind, zone, owner and by who has none', async () => {
    const { store, devices } = test.house;
    await added();
    await added({ name: 'rtu-1', kind: 'rtu', zone: 'yard', owner: undefined });
    const names = async (filter: object) =>
      (await store.read((q) => devices.list(q, filter, { limit: 10 }))).map(({ name }) => name);
    assert.deepEqual(await names({}), ['core-1', 'rtu-1']);
    assert.deepEqual(await names({ kind: 'rtu' }), ['rtu-1']);
    assert.deepEqual(await names({ zone: 'plant' }), ['core-1']);
    assert.deepEqual(await names({ owner: ada }), ['core-1']);
    assert.deepEqual(await names({ orphaned: true }), ['rtu-1']);
  });

  it('are noted as seen, once a minute, and from where for who has the key', async () => {
    const { store, devices, clock } = test.house;
    const { id } = await added();
    const seen = { door: 'radius', at: clock.now(), how: 'certificate', address: '192.0.2.9' };
    await store.write((tx) => devices.seen(tx, id, seen));
    await store.write((tx) =>
      devices.seen(tx, id, { ...seen, at: seen.at + 1, address: undefined }),
    );
    const device = await store.read((q) => devices.get(q, id));
    assert.ok(device);
    assert.deepEqual(
      [device.lastSeenAt, device.lastSeenBy, device.lastSeenHow],
      [seen.at, 'radius', 'certificate'],
    );
    assert.deepEqual(await store.read((q) => devices.lastSeenFrom(q, device)), {
      address: '192.0.2.9',
      through: undefined,
    });
    const next = seen.at + 60_000;
    await store.write((tx) =>
      devices.seen(tx, id, { ...seen, at: next, address: '2001:db8::9', through: 'hall' }),
    );
    const later = await store.read((q) => devices.get(q, id));
    assert.deepEqual(later && (await store.read((q) => devices.lastSeenFrom(q, later))), {
      address: '2001:db8::9',
      through: 'hall',
    });
  });
});

describe('MAC addresses and networks', () => {
  it('have one spelling each', () => {
    for (const text of [
      '02:00:5E:10:00:01',
      '02-00-5e-10-00-01',
      '0200.5e10.0001',
      '02005E100001',
    ]) {
      assert.equal(readMac(text), MAC);
    }
    for (const text of [
      '',
      '02:00:5e-10:00:01',
      '02:00:5e:10:00',
      'zz:00:5e:10:00:01',
      ' 02005e100001',
    ]) {
      assert.equal(readMac(text), undefined, text);
    }
    assert.equal(readMac('01:00:5e:00:00:01'), undefined, 'a group');
    assert.equal(readMac('ff:ff:ff:ff:ff:ff'), undefined, 'everyone');
    assert.equal(readMac('00:00:00:00:00:00'), undefined, 'nobody');
  });

  it('are read strictly where they are networks', () => {
    assert.equal(readNetwork('192.0.2.7'), '192.0.2.7');
    assert.equal(readNetwork('192.0.2.7/32'), '192.0.2.7');
    assert.equal(readNetwork('192.0.2.0/24'), '192.0.2.0/24');
    assert.equal(readNetwork('2001:0DB8:0::/48'), '2001:db8::/48');
    assert.equal(readNetwork('2001:db8::1'), '2001:db8::1');
    assert.equal(readNetwork('192.0.2.7/24'), 'host-bits');
    assert.equal(readNetwork('2001:db8::1/64'), 'host-bits');
    assert.equal(readNetwork('0.0.0.0/0'), 'too-wide');
    assert.equal(readNetwork('::/0'), 'too-wide');
    for (const text of [
      '',
      '192.0.2',
      '192.0.2.7/33',
      '192.0.2.7/-1',
      '192.0.2.7/8/8',
      'fe80::1%eth0',
      '192.0.2.7/024',
    ]) {
      assert.equal(readNetwork(text), 'malformed', text);
    }
  });

  it('are the same however often they are read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
        const once = readNetwork(address);
        assert.ok(!isNetworkProblem(once), address);
        assert.equal(readNetwork(once), once);
      }),
    );
  });
});
