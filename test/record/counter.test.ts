import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { type Counter, createCounter, type Repeat } from '../../server/record/counter.ts';
import { createRecordReader } from '../../server/record/search.ts';
import type { Store } from '../../server/store/store.ts';
import { type House, openHouse } from './house.ts';

let house: House;
let ada: PersonId;
let counter: Counter;
let due: () => void;
let broken: boolean;
const notices: string[] = [];

beforeEach(async () => {
  house = await openHouse();
  ada = await house.person();
  broken = false;
  notices.length = 0;
  const store: Store = {
    ...house.store,
    read: (work) => house.store.read(work),
    write: (work) => (broken ? Promise.reject(new Error('no disk')) : house.store.write(work)),
  };
  counter = createCounter({
    store,
    record: house.node('a').record,
    clock: house.clock,
    later: (_, work) => {
      due = work;
      return () => {};
    },
    notice: (level, message) => notices.push(`${level}: ${message}`),
  });
});
afterEach(() => house.close());

const page = (): Repeat => ({ type: 'session.activity', subject: ada, session: 's-1' });
const read = (id: string, outcome: 'granted' | 'refused' = 'granted'): Repeat => ({
  type: 'decision.counted',
  outcome,
  subject: ada,
  door: 'gateway',
  action: 'read',
  resource: { kind: 'asset', id },
});

async function counted() {
  const reader = createRecordReader(house.vault);
  const query = { limit: 100, order: 'oldest' } as const;
  const { events } = await house.store.read((q) => reader.search(q, query, 'closed'));
  return events.map(({ type, outcome, session, data }) => ({ type, outcome, session, ...data }));
}

test('repeats of a minute are one event for each subject and resource, with their number', async () => {
  const minute = house.clock.now();
  counter.start();
  for (let i = 0; i < 60; i++) counter.count(page());
  for (let i = 0; i < 5; i++) counter.count(read('pump-1'));
  counter.count(read('pump-2'));
  counter.count(read('pump-2', 'refused'));
  house.clock.advance(MINUTE);
  due();
  counter.count(page());
  await counter.stop();
  const kept = { type: 'decision.counted', session: undefined, action: 'read', minute };
  const asset = (id: string) => ({ kind: 'asset', id });
  assert.deepEqual(await counted(), [
    { type: 'session.activity', outcome: 'granted', session: 's-1', minute, count: 60 },
    { ...kept, outcome: 'granted', resource: asset('pump-1'), count: 5 },
    { ...kept, outcome: 'granted', resource: asset('pump-2'), count: 1 },
    { ...kept, outcome: 'refused', resource: asset('pump-2'), count: 1 },
    {
      type: 'session.activity',
      outcome: 'granted',
      session: 's-1',
      minute: minute + MINUTE,
      count: 1,
    },
  ]);
});

test('a minute that passes without a timer is not added to the next', async () => {
  counter.count(page());
  house.clock.advance(3 * MINUTE);
  counter.count(page());
  counter.count(page());
  await counter.stop();
  assert.deepEqual(
    (await counted()).map((event) => 'count' in event && event.count),
    [1, 2],
  );
});

test('counts wait for a database that fails, and are written once it is back', async () => {
  counter.count(page());
  broken = true;
  house.clock.advance(MINUTE);
  counter.count(page());
  await counter.stop();
  assert.match(notices.join(), /could not be recorded/);
  assert.deepEqual(await counted(), []);
  broken = false;
  await counter.stop();
  assert.equal((await counted()).length, 2);
});

test('when counts can’t be written for minutes, nothing more is let happen off the record', async () => {
  counter.count(page());
  broken = true;
  for (let minute = 0; minute < 6; minute++) {
    house.clock.advance(MINUTE);
    counter.count(page());
    await new Promise(setImmediate); // Lets the write that this began fail.
  }
  house.clock.advance(MINUTE);
  assert.throws(() => counter.count(page()), { code: 'record.event' });
  broken = false;
  await counter.stop();
  house.clock.advance(MINUTE);
  counter.count(page());
});
