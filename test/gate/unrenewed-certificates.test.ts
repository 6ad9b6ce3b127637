/** A device that does not renew its certificate is reported while there is time to mend it, and not only once it stays outside. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isUnrenewed } from '../../server/gate/use-cases/devices/device-weaknesses.ts';
import { DAY, HOUR } from '../../server/kernel/clock.ts';
import { openTestHouse } from '../support/house.ts';
import { addDevice, certify } from '../support/network.ts';

it('a device whose certificate was not renewed in time is shown as one whose proof ends soon', async (t) => {
  const test = await openTestHouse();
  t.after(() => test.close());
  const plc = await addDevice(test, 'plc', { kind: 'controller' });
  await certify(test, plc);
  const { store, devices, deviceActs } = test.house;
  const weak = () =>
    store.read(async (q) => {
      const device = (await devices.get(q, plc.id)) ?? assert.fail();
      const { weaknesses } = await deviceActs.see(q, device);
      return weaknesses.filter((one) => one !== 'orphaned');
    });
  assert.deepEqual(await weak(), []);
  // It is to be renewed by now, and there is a month for that.
  test.clock.advance(61 * DAY);
  assert.deepEqual(await weak(), []);
  test.clock.advance(15 * DAY + HOUR);
  assert.deepEqual(await weak(), ['ends-soon']);
  await certify(test, plc);
  assert.deepEqual(await weak(), []);
});

it('one that lives for days is reported in its last hours, and each profile is looked at for itself', () => {
  const now = 1000 * DAY;
  const good = (profile: string, left: number, life: number) => ({
    profile,
    notBefore: now + left - life,
    notAfter: now + left,
  });
  const unrenewed = (...all: ReturnType<typeof good>[]) => isUnrenewed(all, 14 * DAY, now);
  assert.equal(unrenewed(), false);
  assert.equal(unrenewed(good('device', 6 * DAY, 7 * DAY)), false);
  assert.equal(unrenewed(good('device', 2 * DAY, 7 * DAY)), false, 'two thirds are over');
  assert.equal(unrenewed(good('device', DAY, 7 * DAY)), true);
  assert.equal(unrenewed(good('device', DAY, 7 * DAY), good('device', 6 * DAY, 7 * DAY)), false);
  assert.equal(unrenewed(good('server', DAY, 7 * DAY), good('device', 6 * DAY, 7 * DAY)), true);
  assert.equal(unrenewed(good('device', 15 * DAY, 400 * DAY)), false, 'as the setting says');
  assert.equal(unrenewed(good('device', 14 * DAY, 400 * DAY)), true);
});
