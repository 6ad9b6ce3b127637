/** When a network device was last seen, and how (D1). */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { openTestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, networkArrival } from '../support/network.ts';

it('a network device is noted as seen when it asks, by which door and with what', async (t) => {
  const test = await openTestHouse();
  t.after(() => test.close());
  const hall = await addClient(test, 'hall');
  const { store, devices, gate } = test.house;
  const seen = async () => {
    const device = await store.read((q) => devices.get(q, hall.device));
    return [device?.lastSeenAt, device?.lastSeenBy, device?.lastSeenHow];
  };
  const ask = () =>
    gate.network.admit({ mac: '02:00:5e:10:00:01' }, hall, networkArrival(test, hall));
  assert.deepEqual(await seen(), [undefined, undefined, undefined]);
  const at = test.clock.now();
  await ask();
  assert.deepEqual(await seen(), [at, 'radius', 'secret']);
  test.clock.advance(MINUTE - 1);
  await ask();
  assert.equal((await seen())[0], at, 'once a minute');
  test.clock.advance(1);
  await ask();
  assert.equal((await seen())[0], at + MINUTE);
});

it('a device that joined is noted as seen at the network device through which it came', async (t) => {
  const test = await openTestHouse();
  t.after(() => test.close());
  const hall = await addClient(test, 'hall');
  const porch = await addClient(test, 'porch', '192.0.2.11');
  const plc = await addDevice(test, 'plc', { kind: 'controller' });
  const { chain } = await certify(test, plc);
  const { store, deviceActs, devices, gate } = test.house;
  const seen = () =>
    store.read(async (q) => {
      const device = (await devices.get(q, plc.id)) ?? assert.fail();
      const { device: is, lastSeenFrom } = await deviceActs.see(q, device);
      return [is.lastSeenBy, is.lastSeenHow, lastSeenFrom?.address, lastSeenFrom?.through];
    });
  for (const client of [hall, porch]) {
    const joining = { certificate: chain, service: 'wired' };
    const arrival = networkArrival(test, client);
    const joined = await gate.network.admit(joining, client, arrival);
    assert.equal(joined.state, 'granted');
    assert.deepEqual(await seen(), ['radius', 'certificate', arrival.address, client.name]);
    test.clock.advance(MINUTE);
  }
});
