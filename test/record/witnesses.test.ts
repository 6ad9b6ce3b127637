/** Nodes that do not sign: each compares what it keeps with the database, and takes the work from whoever goes on with an older copy. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Later } from '../../server/kernel/later.ts';
import { readCheckpoint } from '../../server/record/checkpoint.ts';
import { LEASE } from '../../server/record/log.ts';
import { takeLease } from '../../server/store/lease.ts';
import type { Store } from '../../server/store/store.ts';
import { type House, ORIGIN, openHouse, some } from './house.ts';
import { copyOf, restore, rowsOf } from './record-rows.ts';
import { headOf, leavesOf, verified } from './seen.ts';

let house: House;
beforeEach(async () => {
  house = await openHouse();
});
afterEach(() => house.close());

/** A node whose timer is the test's: `turn` lets it work once, and waits until it has. */
function turning(name: string, changes: Parameters<House['node']>[1] = {}) {
  let work = () => {};
  let turned = () => {};
  const later: Later = (_, then) => {
    work = then;
    turned();
    return () => {};
  };
  const node = house.node(name, { ...changes, later });
  const turn = () =>
    new Promise<void>((resolve) => {
      turned = resolve;
      work();
    });
  return { ...node, turn };
}

/** A log of 31 events of which node b keeps the end, and a copy of its first eleven. */
async function keptByB() {
  const b = house.node('b');
  await b.append(...some(10));
  await b.sequencer.settle();
  const backup = await copyOf(house.store);
  await b.append(...some(20));
  await b.sequencer.settle();
  await b.sequencer.stop();
  return backup;
}

test('a node that comes while another goes on with an older copy takes the work from it before it serves anyone: nothing more is signed in that log', async () => {
  await restore(house.store, await keptByB());
  const a = turning('a');
  await a.sequencer.start();
  await a.append(...some(2));
  await a.sequencer.settle();
  assert.deepEqual([a.sequencer.state, a.notices], ['sequencing', []], 'it knows of nothing');

  const b = house.node('b');
  const signed = await b.kept.read();
  await b.sequencer.start();
  assert.equal(b.sequencer.state, 'sequencing');
  assert.match(
    b.notices.join(),
    /begins a new log \(2\): the database is an older copy.*,restored$/,
  );
  await a.append(...some(5));
  await a.turn();
  assert.equal(a.sequencer.state, 'elsewhere');
  await b.sequencer.settle();
  const { origin, size, unsequenced } = await headOf(house);
  // Its beginning, what was refused, and what came to node a.
  assert.deepEqual([origin, size, unsequenced], [`${ORIGIN}/2`, 7, 0]);
  const [first, refused] = await leavesOf(house, 2);
  assert.deepEqual(first?.data.previous, {
    origin: ORIGIN,
    database: (await rowsOf(house.store, 'record_log'))[0]?.checkpoint,
    kept: signed,
  });
  assert.deepEqual([refused?.type, refused?.data.signed], ['record.checkpoint-refused', 31]);

  // Whoever went on with the copy knows of nothing that the new log has not, but that there is one.
  house.clock.advance(10_000);
  await a.turn();
  assert.deepEqual(a.notices, ['restored']);
  assert.equal((await headOf(house)).log, 2);
  assert.equal(readCheckpoint((await a.kept.read())!)?.origin, `${ORIGIN}/2`);
  assert.equal((await verified(house)).state, 'sound');
});

test('a node whose checkpoint is of the copy, or of before, leaves the work where it is', async () => {
  const b = house.node('b');
  await b.append(...some(10));
  await b.sequencer.settle();
  await b.sequencer.stop();
  const a = house.node('a');
  await a.append(...some(10));
  await a.sequencer.settle();
  const again = house.node('b');
  await again.sequencer.start();
  assert.deepEqual([again.sequencer.state, again.notices], ['elsewhere', []]);
  assert.equal((await headOf(house)).log, 1);
});

test('when a new log has begun, what other nodes kept of the old one stands in it, once each, and no third begins', async () => {
  const c = turning('c');
  const backup = await keptByB();
  await c.sequencer.start();
  await c.append(...some(30));
  await c.sequencer.settle();
  await c.sequencer.stop();
  await restore(house.store, backup);
  const b = house.node('b');
  await b.sequencer.start();
  assert.equal((await headOf(house)).log, 2);

  const broken = { read: c.kept.read, write: () => Promise.reject(new Error('read-only')) };
  const again = turning('c', { kept: broken });
  await again.sequencer.start();
  assert.equal(again.sequencer.state, 'elsewhere');
  assert.match(
    again.notices.join(),
    /error: The record has lost what was signed as test.*,restored,/,
  );
  house.clock.advance(10_000);
  await again.turn();
  await b.sequencer.settle();
  const kept = await c.kept.read();
  const refused = (await leavesOf(house, 2)).filter(
    ({ type }) => type === 'record.checkpoint-refused',
  );
  assert.deepEqual(
    refused.map(({ data }) => [data.origin, data.signed, data.found, data.kept]),
    [
      [ORIGIN, 31, 11, undefined],
      [ORIGIN, 61, 11, kept],
    ],
  );
  assert.equal((await headOf(house)).log, 2);
  assert.equal((await verified(house)).state, 'sound');
});

test('a node that does not sequence keeps what others signed, and finds within ten seconds that an older copy took its place', async () => {
  const [a, b] = [house.node('a'), turning('b')];
  await a.append(...some(10));
  await a.sequencer.settle();
  const backup = await copyOf(house.store);
  await a.append(...some(10));
  await a.sequencer.settle();
  await b.sequencer.start();
  assert.equal(await b.kept.read(), (await headOf(house)).checkpoint);

  await restore(house.store, backup);
  const other = house.node('a', { kept: { read: async () => undefined, write: async () => {} } });
  house.clock.advance(5001);
  await other.append(...some(40));
  await other.sequencer.settle();
  await b.turn();
  assert.equal((await headOf(house)).log, 1, 'not each second');
  house.clock.advance(4999);
  await other.append(...some(1));
  assert.equal(await other.sequencer.settle(), true);
  await b.turn();
  assert.equal((await headOf(house)).log, 2);
  assert.match(b.notices.join(), /another history/);
  await other.append(...some(1));
  assert.equal(await other.sequencer.settle(), false);
  assert.equal((await verified(house)).state, 'sound');
});

test('what is kept outside is kept, and compared, on when the clock was set back', async () => {
  const [a, b] = [turning('a'), turning('b')];
  await a.append(...some(10));
  for (const node of [a, b]) await node.sequencer.start();
  house.clock.advance(-3_600_000);
  await a.append(...some(10));
  for (const node of [a, b]) {
    await node.turn();
    assert.equal(await node.kept.read(), (await headOf(house)).checkpoint);
  }
  assert.equal((await headOf(house)).size, 21);
});

test('when a new log has begun, each node that ran before knows that the database is another, whatever it kept itself', async () => {
  const shared = house.node('a').kept;
  // Two processes of one machine, and a machine that keeps an end of which nothing was lost.
  const [a, b] = [turning('a', { kept: shared }), turning('b', { kept: shared })];
  await a.append(...some(10));
  await a.sequencer.settle();
  const c = turning('c');
  for (const node of [b, c]) await node.sequencer.start();
  const backup = await copyOf(house.store);
  await a.append(...some(10));
  await a.sequencer.settle();
  await restore(house.store, backup);
  await a.append(...some(1));
  await assert.rejects(a.sequencer.settle(), /no longer ends at/);
  await a.sequencer.settle();
  assert.equal((await headOf(house)).log, 2);
  house.clock.advance(10_000);
  await a.append(...some(1));
  await a.sequencer.settle();
  for (const node of [b, c]) await node.turn();
  assert.match(a.notices.join(), /begins a new log \(2\).*,restored$/);
  assert.deepEqual([b.notices, c.notices], [['restored'], ['restored']]);
  house.clock.advance(10_000);
  await a.append(...some(1));
  await a.sequencer.settle();
  for (const node of [b, c]) await node.turn();
  assert.deepEqual([b.notices, c.notices], [['restored'], ['restored']], 'once');
});

test('of several processes that share what is kept, and find it unreadable at once, one begins a new log', async () => {
  const shared = house.node('a').kept;
  const before = house.node('a', { kept: shared });
  await before.append(...some(10));
  await before.sequencer.settle();
  await before.sequencer.stop();
  await shared.write('spoilt');
  const a = house.node('a', { kept: shared });
  let reads = 0;
  const b = house.node('b', {
    kept: {
      write: shared.write,
      async read() {
        const note = await shared.read();
        reads += 1;
        // The other one is faster from here on.
        if (reads === 1) await a.sequencer.start();
        return note;
      },
    },
  });
  // Neither may wait for its turn: whoever had the work last was killed.
  const gone = { name: LEASE, holder: 'gone' };
  assert.ok(await house.store.write((tx) => takeLease(tx, gone, house.clock.now(), 1000)));
  await b.sequencer.start();
  await b.sequencer.settle();
  assert.match(
    a.notices.join(),
    /begins a new log \(2\): the checkpoint kept outside is unreadable/,
  );
  assert.equal((await headOf(house)).log, 2);
  assert.deepEqual(b.notices, []);
  assert.equal((await verified(house)).state, 'sound');
});

test('a database that goes away while it is compared holds no other history', async () => {
  let gone = false;
  const flaky: Store = {
    ...house.store,
    write: (work) => house.store.write(work),
    read: (work) =>
      house.store.read((q) =>
        work({
          ...q,
          one: (statement, parameters) =>
            gone ? Promise.reject(new Error('no connection')) : q.one(statement, parameters),
          all: (statement, parameters) => q.all(statement, parameters),
        }),
      ),
  };
  const a = house.node('a');
  await a.append(...some(10));
  await a.sequencer.settle();
  const b = turning('b', { store: flaky });
  gone = true;
  await b.sequencer.start();
  assert.equal(b.sequencer.state, 'failing');
  gone = false;
  await b.turn();
  assert.equal(b.sequencer.state, 'elsewhere');
  assert.equal((await headOf(house)).log, 1);
  await a.sequencer.stop();
  await a.append(...some(1));
  gone = true;
  await assert.rejects(b.sequencer.settle(), /no connection/);
  gone = false;
  await b.sequencer.settle();
  assert.equal((await headOf(house)).log, 1);
});
