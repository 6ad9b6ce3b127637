import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { DAY, HOUR } from '../../server/kernel/clock.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { judgeSecret } from '../../server/subjects/device-proof.ts';
import type { NewDeviceProof } from '../../server/subjects/device-proofs.ts';
import { addDevice, BY, giveProof, makeDeviceKey } from '../support/devices.ts';
import { events } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addPerson } from '../support/people.ts';

const MAC = '02:00:5e:10:00:01';

describe('the proofs of devices', () => {
  let test: TestHouse;
  let ada: PersonId;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await addPerson(test, 'ada');
  });
  afterEach(() => test.close());

  const give = (name: string, proof: NewDeviceProof) => giveProof(test, name, proof);
  const exception = (more: object = {}) =>
    ({
      kind: 'mac',
      name: 'mac',
      mac: MAC,
      owner: ada,
      reason: 'It has no 802.1X',
      control: 'Own VLAN',
      expiresAt: test.clock.now() + 30 * DAY,
      ...more,
    }) as const;
  const eventsOf = async (type: string) =>
    (await events(test)).filter((event) => event.type === type);
  const codeOf = (result: { ok: boolean }) =>
    'error' in result ? (result.error as { code: string }).code : 'ok';

  it('are shared secrets of 40 characters from chance, sealed, one at a time for each protocol', async () => {
    const { store, deviceProofs } = test.house;
    const device = await addDevice(test, 'core-1', { addresses: ['192.0.2.7'] });
    const secretOf = (kind: 'radius' | 'tacacs') =>
      store.read((q) => deviceProofs.secret(q, device.id, kind));
    assert.equal(await secretOf('radius'), undefined);
    const one = await give('core-1', { kind: 'radius', name: 'radius' });
    assert.ok(one.ok);
    assert.match(one.value.secret ?? '', /^[A-HJ-NP-Za-km-z2-9]{40}$/);
    const read = await secretOf('radius');
    assert.equal(Buffer.from(read?.secret ?? []).toString(), one.value.secret);
    assert.equal(await secretOf('tacacs'), undefined);
    const two = await give('core-1', { kind: 'radius', name: 'radius' });
    assert.ok(two.ok);
    assert.equal(two.value.replaced, one.value.proof.id);
    assert.notEqual(two.value.secret, one.value.secret);
    assert.equal((await secretOf('radius'))?.id, two.value.proof.id);
    assert.equal((await store.read((q) => deviceProofs.list(q, device.id))).length, 1);
    await store.write((tx) => test.house.devices.disable(tx, device.id, BY));
    assert.equal(await secretOf('radius'), undefined, 'a disabled device has none');
  });

  it('take a weak secret only with a reason', async () => {
    await addDevice(test, 'core-1');
    const weak = { kind: 'radius', name: 'radius', secret: 'testing123' } as const;
    assert.equal(codeOf(await give('core-1', weak)), 'weak-secret');
    const because = { ...weak, weakBecause: 'It takes 16 at most' };
    const taken = await give('core-1', because);
    assert.ok(taken.ok);
    assert.equal(taken.value.secret, undefined, 'whoever gave it knows it');
    assert.equal(judgeSecret('ab'.repeat(20)), 'weak', 'two characters, however often');
    assert.equal(judgeSecret('with a space, and long enough, too!!'), 'malformed');
    assert.equal(judgeSecret('x'.repeat(129)), 'malformed');
  });

  it('are good no longer than they say', async () => {
    const { store, deviceProofs } = test.house;
    const device = await addDevice(test, 'core-1');
    const expiresAt = test.clock.now() + HOUR;
    await give('core-1', { kind: 'tacacs', name: 't', expiresAt });
    test.clock.advance(HOUR - 1);
    assert.ok(await store.read((q) => deviceProofs.secret(q, device.id, 'tacacs')));
    test.clock.advance(1);
    assert.equal(await store.read((q) => deviceProofs.secret(q, device.id, 'tacacs')), undefined);
    assert.equal((await store.read((q) => deviceProofs.list(q, device.id))).length, 1);
    assert.equal(
      codeOf(await give('core-1', { kind: 'radius', name: 'r', expiresAt })),
      'not-allowed',
    );
  });

  it('are keys on P-256 and Ed25519, each of one device', async () => {
    const { store, deviceProofs } = test.house;
    const device = await addDevice(test, 'laptop-1');
    await addDevice(test, 'laptop-2');
    const key = makeDeviceKey('P-256');
    assert.equal(
      codeOf(await give('laptop-1', { kind: 'key', name: 'k', publicKey: key.pem })),
      'ok',
    );
    const found = await store.read((q) => deviceProofs.byKey(q, key.thumbprint));
    assert.equal(found?.device, device.id);
    const again = { kind: 'key', name: 'k', publicKey: key.pem } as const;
    assert.equal(codeOf(await give('laptop-2', again)), 'held-already');
    assert.equal(codeOf(await give('laptop-1', again)), 'held-already');
    assert.equal(codeOf(await give('laptop-2', { ...again, publicKey: 'no key' })), 'malformed');
    await store.write((tx) => test.house.devices.disable(tx, device.id, BY));
    assert.equal(await store.read((q) => deviceProofs.byKey(q, key.thumbprint)), undefined);
  });

  it('are exceptions with an owner, an end, and the MAC address of that device', async () => {
    const { store, deviceProofs } = test.house;
    const device = await addDevice(test, 'printer-3', { mac: MAC });
    await addDevice(test, 'printer-4');
    assert.equal(codeOf(await give('printer-4', exception())), 'mac-not-its');
    assert.equal(
      codeOf(await give('printer-3', exception({ owner: device.id }))),
      'owner-not-found',
    );
    assert.equal(codeOf(await give('printer-3', exception({ expiresAt: undefined }))), 'malformed');
    const long = exception({ expiresAt: test.clock.now() + 400 * DAY });
    assert.equal(codeOf(await give('printer-3', long)), 'not-allowed');
    assert.equal(codeOf(await give('printer-3', exception())), 'ok');
    const found = await store.read((q) => deviceProofs.byMac(q, MAC));
    assert.equal(found?.device, device.id);
    assert.equal(found?.detail.reason, 'It has no 802.1X');
    assert.ok(await store.read((q) => deviceProofs.exception(q, device.id, 'mac')));
    const other = await store.read((q) =>
      deviceProofs.exception(q, device.id, 'without-message-authenticator'),
    );
    assert.equal(other, undefined);
    // Renewed, it takes the place of the one before.
    const renewed = await give('printer-3', exception({ expiresAt: test.clock.now() + 60 * DAY }));
    assert.ok(renewed.ok && renewed.value.replaced === found?.id);
  });

  it('tell once of what expired, an exception as a finding, and judge anew what rested on it', async () => {
    const { store, devices, deviceProofs } = test.house;
    const device = await addDevice(test, 'printer-3', { mac: MAC });
    await give('printer-3', exception());
    const { epoch } = (await store.read((q) => devices.get(q, device.id))) ?? { epoch: 0 };
    await test.house.sweeper.sweep();
    assert.equal((await eventsOf('device.exception-expired')).length, 0);
    test.clock.advance(30 * DAY);
    await test.house.sweeper.sweep();
    await test.house.sweeper.sweep();
    const [told, ...more] = await eventsOf('device.exception-expired');
    assert.equal(more.length, 0);
    assert.equal(told?.subject, device.id);
    assert.equal(await store.read((q) => deviceProofs.byMac(q, MAC)), undefined);
    assert.ok(((await store.read((q) => devices.get(q, device.id)))?.epoch ?? 0) > epoch);
  });

  it('end with the device, and are then good for nobody and free for another', async () => {
    const { store, deviceProofs, deviceActs } = test.house;
    const device = await addDevice(test, 'printer-3', { mac: MAC });
    await give('printer-3', exception());
    await give('printer-3', { kind: 'radius', name: 'r' });
    assert.ok((await store.write((tx) => deviceActs.retire(tx, device.id, BY))).ok);
    assert.deepEqual(await store.read((q) => deviceProofs.list(q, device.id)), []);
    assert.equal(await store.read((q) => deviceProofs.secret(q, device.id, 'radius')), undefined);
    assert.equal((await eventsOf('device.proof-ended')).length, 2);
    await addDevice(test, 'printer-3', { mac: MAC });
    assert.equal(codeOf(await give('printer-3', exception())), 'ok');
  });
});
