/**
 * Whoever may plug something in, or is in reach of a radio, makes up MAC addresses (T1200, T1499): each is refused, and none is missing
 * from what the record counts, but nobody fills it with them.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { NetworkClient } from '../../server/gate/network/network-words.ts';
import { DAY, MINUTE } from '../../server/kernel/clock.ts';
import { addDevice, giveProof } from '../support/devices.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, networkArrival } from '../support/network.ts';
import { addPerson } from '../support/people.ts';

const PRINTER = '02:00:5e:10:00:07';
const TOLD = 10;

describe('MAC addresses that somebody makes up', () => {
  let test: TestHouse;
  let hall: NetworkClient;
  let yard: NetworkClient;
  before(async () => {
    test = await openTestHouse();
    [hall, yard] = [await addClient(test, 'hall'), await addClient(test, 'yard', '192.0.2.9')];
    await addDevice(test, 'printer', { kind: 'printer', mac: PRINTER });
    const done = await giveProof(test, 'printer', {
      ...{ kind: 'mac', name: 'mac', mac: PRINTER, owner: await addPerson(test, 'owner') },
      ...{ reason: 'It has no 802.1X', control: 'A network of its own' },
      expiresAt: test.clock.now() + DAY,
    });
    assert.ok(done.ok);
  });
  beforeEach(() => test.clock.advance(2 * MINUTE));
  after(() => test.close());

  const made = (i: number) =>
    `02:00:00:00:${(i >> 8).toString(16).padStart(2, '0')}:${(i & 255).toString(16).padStart(2, '0')}`;
  const join = (mac: string, at = hall) =>
    test.house.gate.network.admit({ mac }, at, networkArrival(test, at));

  it('are refused, told of so often a minute, and counted beyond', async () => {
    const left = await eventsOf(test, async () => {
      for (let i = 0; i < 100; i++) {
        assert.deepEqual(await join(made(i)), { state: 'refused', reason: 'wrong' });
      }
      // At another network device they are told of all the same, and who may come in comes in.
      assert.equal((await join(made(1000), yard)).state, 'refused');
      assert.equal((await join(PRINTER)).state, 'granted');
      await test.house.counter.stop();
    });
    const told = left.filter(({ type }) => type === 'network.refused');
    const at = ({ device }: NetworkClient) => told.filter(({ data }) => data.client === device);
    assert.deepEqual([at(hall).length, at(yard).length], [TOLD, 1]);
    const counted = left.filter(({ type }) => type === 'decision.counted');
    assert.deepEqual(
      counted.map(({ subject, data }) => [subject, data.action, data.count]),
      [[hall.device, 'joinNetwork', 100 - TOLD]],
    );
    assert.equal(count(left, 'network.admitted', 'granted'), 1);
  });

  it('are on record when others, whose change fails, have what was done at the same time undone', async () => {
    const { store, devices } = test.house;
    // From now on nothing else is written of the network device.
    await join(made(1999));
    const left = await eventsOf(test, async () => {
      const refused = join(made(2000));
      // It waits to be written when the other comes, and is done before it in one go.
      for (let turns = 0; turns < 50; turns++) await undefined;
      const undone = store.write(async (tx) => {
        await devices.disable(tx, yard.device, { door: 'cli' });
        throw new Error('no');
      });
      await assert.rejects(undone);
      assert.equal((await refused).state, 'refused');
    });
    assert.equal(count(left, 'network.refused', 'refused'), 1);
  });
});
