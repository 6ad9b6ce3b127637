import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { idTime } from '../../server/kernel/id.ts';
import { readCheckpoint } from '../../server/record/checkpoint.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { recordHead } from '../../server/record/head.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import type { Store } from '../../server/store/store.ts';
import { goneOnWith } from './gone-on-with.ts';
import { type House, ORIGIN, openHouse, refusal, some } from './house.ts';
import { alter, copyOf, remove, restore, rowsOf } from './record-rows.ts';
import { headOf, leavesOf, verified } from './seen.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

test('the first event of a log names it and its key; the others follow in the order of their ids', async () => {
  const node = house.node('a');
  await node.sequencer.settle();
  const ids = await node.append(...some(1500));
  assert.equal((await headOf(house)).unsequenced, 1500);
  assert.equal(await node.sequencer.settle(), true);
  const events = await leavesOf(house, 1);
  const { vkey, size, unsequenced, origin } = await headOf(house);
  assert.deepEqual(events[0]?.data, { key: vkey, origin: ORIGIN });
  assert.deepEqual(
    events.slice(1).map(({ id }) => id),
    ids,
  );
  assert.deepEqual([origin, size, unsequenced], [ORIGIN, 1501, 0]);
  assert.deepEqual(node.notices, []);
});

test('an event that comes late gets a later place', async () => {
  const node = house.node('a');
  await node.append(...some(3));
  await node.sequencer.settle();
  house.clock.advance(1000);
  const early = await house.store.write(async (tx) => {
    const id = await node.record.append(tx, refusal(undefined, 1));
    return id;
  });
  await node.sequencer.settle();
  const events = await leavesOf(house, 1);
  assert.equal(events.at(-1)?.id, early);
  assert.equal(idTime(early), house.clock.now());
});

test('a nudge gathers events for a moment, and none is needed for those of other processes', async () => {
  const waits: number[] = [];
  let work = () => {};
  const node = house.node('a', {
    later: (milliseconds, then) => {
      waits.push(milliseconds);
      work = then;
      return () => {};
    },
  });
  // The first event of the log is one that came meanwhile.
  await node.sequencer.start();
  assert.deepEqual(waits, [100]);
  work();
  await node.sequencer.settle();
  await new Promise(setImmediate);
  assert.deepEqual(waits, [100, 1000]);
  await node.append(...some(2));
  await node.append(...some(2));
  assert.deepEqual(waits, [100, 1000, 100]);
  work();
  await node.sequencer.settle();
  assert.equal((await headOf(house)).size, 5);
  await node.sequencer.stop();
});

test('an event of another process among ours has its place with the next batch, and keeps none of ours before it waiting', async () => {
  let work = () => {};
  let turned = () => {};
  const node = house.node('a', {
    later: (_, then) => {
      work = then;
      turned();
      return () => {};
    },
  });
  const turn = () =>
    new Promise<void>((resolve) => {
      turned = resolve;
      work();
    });
  await node.sequencer.start();
  await node.sequencer.settle();
  const first = await node.append(...some(2));
  const others = await house.node('b').append(...some(1));
  const last = await node.append(...some(2));
  const placed = async () => (await leavesOf(house, 1)).slice(1).map(({ id }) => id);
  await turn();
  assert.deepEqual(await placed(), first);
  await turn();
  assert.deepEqual(await placed(), [...first, ...others, ...last]);
  await node.sequencer.stop();
  assert.equal((await verified(house)).state, 'sound');
});

test('a node that starts anew goes on where the last one stopped', async () => {
  const first = house.node('a');
  await first.append(...some(700));
  await first.sequencer.settle();
  await first.sequencer.stop();
  const second = house.node('b');
  await second.append(...some(700));
  assert.equal(await second.sequencer.settle(), true);
  assert.deepEqual(second.notices, []);
  assert.equal((await headOf(house)).size, 1401);
  assert.equal((await verified(house)).state, 'sound');
});

test('while one node sequences, another does not; when it is gone, the other takes over', async () => {
  const [a, b] = [house.node('a'), house.node('b')];
  await a.append(...some(10));
  assert.equal(await a.sequencer.settle(), true);
  await b.append(...some(10));
  assert.equal(await b.sequencer.settle(), false);
  assert.equal(b.sequencer.state, 'elsewhere');
  house.clock.advance(5001);
  assert.equal(await b.sequencer.settle(), true);
  assert.equal((await headOf(house)).size, 21);
  await a.append(...some(5));
  assert.equal(await a.sequencer.settle(), false);
  assert.equal(a.sequencer.state, 'elsewhere');
  await b.sequencer.settle();
  assert.equal((await headOf(house)).size, 26);
  assert.equal((await verified(house)).state, 'sound');
});

test('a node that stops places what another left that stopped before it, though that one had taken the work', async () => {
  const [a, b] = [house.node('a'), house.node('b')];
  await a.append(...some(10));
  await a.sequencer.settle();
  house.clock.advance(5001);
  await b.append(...some(10));
  assert.equal(await b.sequencer.settle(), true);
  await b.sequencer.stop();
  await b.append(...some(5));
  assert.equal(await a.sequencer.settle(), true);
  await a.sequencer.stop();
  assert.deepEqual([a.notices, b.notices], [[], []]);
  assert.deepEqual([(await headOf(house)).size, (await headOf(house)).unsequenced], [26, 0]);
  assert.equal((await verified(house)).state, 'sound');
});

test('a holder that slept through the end of its lease writes nothing', async () => {
  let release = () => {};
  let asleep: Promise<void> | undefined;
  // Node a falls asleep between signing and writing.
  const drowsy: Store = {
    ...house.store,
    read: (work) => house.store.read(work),
    write: async (work) => {
      await asleep;
      return house.store.write(work);
    },
  };
  const [a, b] = [house.node('a', { store: drowsy }), house.node('b')];
  await a.sequencer.settle();
  await b.append(...some(300));
  asleep = new Promise((resolve) => {
    release = resolve;
  });
  const late = a.sequencer.settle();
  house.clock.advance(5001);
  assert.equal(await b.sequencer.settle(), true);
  release();
  assert.equal(await late, false);
  assert.equal((await headOf(house)).size, 301);
  assert.equal((await verified(house)).state, 'sound');
});

test('a database that fails for a while loses no event and repeats none', async () => {
  let broken = false;
  const flaky: Store = {
    ...house.store,
    read: (work) => house.store.read(work),
    write: (work) => (broken ? Promise.reject(new Error('no disk')) : house.store.write(work)),
  };
  const node = house.node('a', { store: flaky });
  await node.sequencer.start();
  await house.node('b').append(...some(20));
  broken = true;
  await assert.rejects(node.sequencer.settle(), /no disk/);
  broken = false;
  assert.equal(await node.sequencer.settle(), true);
  assert.equal((await headOf(house)).size, 21);
  assert.equal((await verified(house)).state, 'sound');
  await node.sequencer.stop();
});

test('a restored copy is noticed at the next start: a new log begins, and names the old one', async () => {
  const node = house.node('a');
  await node.append(...some(100));
  await node.sequencer.settle();
  const backup = await copyOf(house.store);
  await node.append(...some(50));
  await node.sequencer.stop();
  const kept = (await node.kept.read())!;
  await node.sequencer.settle();
  await node.sequencer.stop();
  const signed = (await node.kept.read())!;
  assert.equal(readCheckpoint(kept)?.size, 101);
  assert.equal(readCheckpoint(signed)?.size, 151);

  await restore(house.store, backup);
  const again = house.node('a');
  await again.append(...some(3));
  await again.sequencer.settle();

  assert.match(again.notices.join(), /error: The record begins a new log \(2\): .*older copy/);
  const [first, ...rest] = await leavesOf(house, 2);
  const database = backup.record_log[0]!.checkpoint;
  assert.deepEqual(first?.data.previous, { origin: ORIGIN, database, kept: signed });
  assert.equal((await headOf(house)).origin, `${ORIGIN}/2`);
  const refused = rest.find(({ type }) => type === 'record.checkpoint-refused');
  assert.deepEqual([refused?.data.signed, refused?.data.found], [151, 101]);

  const result = await verified(house);
  assert.ok(result.state === 'sound');
  assert.deepEqual(
    result.logs.map(({ size }) => size),
    [101, 5],
  );
  assert.match(result.remarks.join(), /the last 50 of its 151 events are lost/);
  const compared = await verifyRecord(databaseSource(house.store), { checkpoints: [signed] });
  assert.match(compared.state === 'broken' ? compared.wrong : '', /50 events were cut off/);

  // It is noticed once: the next start finds nothing wrong, and goes on with the new log.
  await again.sequencer.stop();
  const third = house.node('a');
  await third.append(...some(3));
  await third.sequencer.settle();
  assert.deepEqual(third.notices, []);
  assert.equal((await headOf(house)).size, 8);
});

test('an older log that is taken out, with all that stood in it, is missed by the one that follows it', async () => {
  const node = house.node('a');
  await node.append(...some(10));
  await node.sequencer.settle();
  const backup = await copyOf(house.store);
  await node.append(...some(10));
  await node.sequencer.settle();
  await node.sequencer.stop();
  await restore(house.store, backup);
  const again = house.node('a');
  await again.sequencer.settle();
  await again.sequencer.stop();
  assert.equal((await verified(house)).state, 'sound');

  for (const place of await rowsOf(house.store, 'record_sequence')) {
    if (place.log !== 1) continue;
    await remove(house.store, 'record_event', { id: place.event! });
    await remove(house.store, 'record_sequence', place);
  }
  for (const tile of await rowsOf(house.store, 'record_tile')) {
    if (tile.log === 1) await remove(house.store, 'record_tile', tile);
  }
  await remove(house.store, 'record_log', { log: 1 });
  const result = await verified(house);
  assert.equal(
    result.state === 'broken' && result.wrong,
    `${ORIGIN}/2 follows ${ORIGIN}, which is not here: it was removed.`,
  );
});

test('a copy restored under a running node is noticed too', async () => {
  const node = house.node('a');
  await node.append(...some(10));
  await node.sequencer.settle();
  const backup = await copyOf(house.store);
  await node.append(...some(10));
  await node.sequencer.settle();
  await restore(house.store, backup);
  await node.append(...some(2));
  await assert.rejects(node.sequencer.settle(), { code: 'record.tree' });
  assert.equal(await node.sequencer.settle(), true);
  assert.match(node.notices.join(), /begins a new log \(2\)/);
  assert.equal((await verified(house)).state, 'sound');
});

test('a copy that grew differently since it was restored is noticed by whoever kept the other checkpoint', async () => {
  const [a, b] = [house.node('a'), house.node('b')];
  await a.append(...some(10));
  await a.sequencer.settle();
  await a.sequencer.stop();
  await b.sequencer.settle();
  await b.sequencer.stop();
  const backup = await copyOf(house.store);
  await a.append(...some(10));
  await a.sequencer.settle();
  await a.sequencer.stop();
  await restore(house.store, backup);
  // Node b kept nothing newer than the copy, so it goes on as if nothing had been.
  await b.append(...some(40));
  await b.sequencer.settle();
  await b.sequencer.stop();
  assert.deepEqual(b.notices, []);
  const again = house.node('a');
  await again.append(...some(1));
  await again.sequencer.settle();
  assert.match(again.notices.join(), /another history/);
  assert.equal((await headOf(house)).origin, `${ORIGIN}/2`);
});

test('a log whose signing key was spoilt is not signed again: a new one begins, and says so', async () => {
  const node = house.node('a');
  await node.append(...some(10));
  await node.sequencer.settle();
  await node.sequencer.stop();
  const kept = await node.kept.read();
  const [log] = await rowsOf(house.store, 'record_log');
  const seed = Uint8Array.from(log!.seed as Uint8Array);
  seed[40]! ^= 1;
  await alter(house.store, 'record_log', log!, { seed });

  const again = house.node('a');
  await again.append(...some(3));
  assert.equal(await again.sequencer.settle(), true);
  assert.match(again.notices.join(), /begins a new log \(2\): its signing key does not open/);
  const [first, ...rest] = await leavesOf(house, 2);
  assert.deepEqual(first?.data.previous, { origin: ORIGIN, database: log!.checkpoint, kept });
  assert.ok(rest.some(({ type }) => type === 'record.checkpoint-refused'));
  assert.equal((await verified(house)).state, 'sound');
});

test('a log that somebody began with a key of their own is not gone on with', async () => {
  const node = house.node('a');
  await node.append(...some(10));
  await node.sequencer.settle();
  await node.sequencer.stop();
  const other = await openHouse('another');
  try {
    await restore(house.store, await goneOnWith(other, await copyOf(house.store)));
  } finally {
    await other.close();
  }
  assert.equal((await headOf(house)).origin, `${ORIGIN}/2`);
  const again = house.node('a');
  await again.append(...some(3));
  assert.equal(await again.sequencer.settle(), true);
  assert.match(again.notices.join(), /begins a new log \(3\): its signing key does not open/);
  assert.equal((await headOf(house)).origin, `${ORIGIN}/3`);
});

test('a new database beside an old checkpoint does not take the old log’s name', async () => {
  const node = house.node('a');
  await node.append(...some(10));
  await node.sequencer.settle();
  await node.sequencer.stop();
  const kept = node.kept;
  const other = await openHouse('another');
  try {
    const fresh = other.node('a', { kept });
    await fresh.append(...some(2));
    await fresh.sequencer.settle();
    assert.match(fresh.notices.join(), /begins a new log \(2\)/);
    assert.equal((await other.store.read(recordHead))?.origin, `${ORIGIN}/2`);
  } finally {
    await other.close();
  }
});

test('a kept checkpoint that can’t be read as one begins a new log, one that is not there does not', async () => {
  const node = house.node('a');
  await node.append(...some(10));
  await node.sequencer.settle();
  await node.sequencer.stop();
  const moved = house.node('b');
  await moved.sequencer.settle();
  await moved.sequencer.stop();
  assert.deepEqual(moved.notices, []);
  await node.kept.write('');
  const again = house.node('a');
  await again.sequencer.settle();
  assert.match(again.notices.join(), /unreadable/);
  assert.equal((await headOf(house)).log, 2);
});

test('a checkpoint that can’t be kept outside is told of, and keeps no event from its place', async () => {
  const node = house.node('a', {
    kept: { read: async () => undefined, write: () => Promise.reject(new Error('read-only')) },
  });
  await node.append(...some(10));
  assert.equal(await node.sequencer.settle(), true);
  assert.equal((await headOf(house)).size, 11);
  assert.match(node.notices.join(), /error: The last checkpoint can’t be kept/);
});

test('what was altered between its commit and its place is found: the tree has what was committed', async () => {
  const node = house.node('a');
  await node.sequencer.start();
  await node.sequencer.settle();
  await node.append(...some(3));
  const row = (await rowsOf(house.store, 'record_event')).at(-1);
  assert.ok(row);
  const leaf = Buffer.from(row.leaf as Uint8Array)
    .toString()
    .replace('"version":1', '"version":2');
  await alter(house.store, 'record_event', row, { leaf: new TextEncoder().encode(leaf) });
  await node.sequencer.settle();
  assert.equal((await verified(house)).state, 'broken');
  await node.sequencer.stop();
});
