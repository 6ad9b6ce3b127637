import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { idTime, type PersonId } from '../../server/kernel/id.ts';
import type { EventId } from '../../server/record/record.ts';
import { createRecordReader, type EventQuery } from '../../server/record/search.ts';
import { type House, openHouse, refusal } from './house.ts';
import { alter, rowsOf } from './record-rows.ts';

let house: House;
let ada: PersonId;
let bob: PersonId;
let admin: PersonId;
const minutes: EventId[][] = [];
let start: number;

before(async () => {
  house = await openHouse();
  const node = house.node('a');
  [ada, bob, admin] = [await house.person(), await house.person(), await house.person()];
  start = house.clock.now();
  // Its own first event is there before all others.
  await node.sequencer.settle();
  for (let minute = 0; minute < 4; minute++) {
    minutes.push(
      await node.append(
        refusal(ada, minute),
        { type: 'session.ended', outcome: 'done', subject: ada, reason: 'asked' },
        refusal(bob, minute),
        { type: 'person.disabled', outcome: 'done', subject: bob, actor: admin },
        refusal(undefined, minute),
      ),
    );
    // Some have their places, and some wait for them.
    if (minute === 1) await node.sequencer.settle();
    house.clock.advance(MINUTE);
  }
});
after(() => house.close());

async function found(query: Omit<EventQuery, 'limit'> & { limit?: number }): Promise<string[]> {
  const reader = createRecordReader(house.vault);
  const page = await house.store.read((q) => reader.search(q, { limit: 100, ...query }, 'closed'));
  return page.events.map(({ id }) => id);
}
const pick = (...places: number[]) =>
  [...minutes].reverse().flatMap((ids) => places.map((place) => ids[place]));

test('events are found by subject, actor, type and outcome, the newest first', async () => {
  assert.deepEqual(await found({ subject: ada }), pick(1, 0));
  assert.deepEqual(await found({ actor: admin }), pick(3));
  assert.deepEqual(await found({ types: ['proof.refused', 'session.ended'] }), pick(4, 2, 1, 0));
  assert.deepEqual(await found({ outcome: 'done', subject: bob }), pick(3));
  assert.deepEqual(await found({ subject: ada, types: ['person.disabled'] }), []);
  assert.equal((await found({})).length, 21);
});

test('events are found by time: from a moment on, and before another', async () => {
  const ids = [...minutes[1]!, ...minutes[2]!];
  const window = { from: start + MINUTE, until: start + 3 * MINUTE };
  assert.deepEqual(await found({ ...window, order: 'oldest' }), ids);
  assert.deepEqual(await found({ ...window, order: 'newest' }), ids.toReversed());
  assert.deepEqual(await found({ from: start + 10 * MINUTE }), []);
});

test('pages follow one another without a gap or a repeat, in both orders', async () => {
  const reader = createRecordReader(house.vault);
  for (const order of ['newest', 'oldest'] as const) {
    const seen: string[] = [];
    let cursor: EventId | undefined;
    do {
      const query = { order, limit: 3, cursor, subject: ada, from: start };
      const page = await house.store.read((q) => reader.search(q, query, 'closed'));
      assert.ok(page.events.length <= 3);
      seen.push(...page.events.map(({ id }) => id));
      cursor = page.next;
    } while (cursor);
    assert.deepEqual(seen, order === 'newest' ? pick(1, 0) : pick(1, 0).reverse());
  }
});

test('what no index leads to is looked for a stretch at a time, and nothing is missed or told twice', async () => {
  const all = await rowsOf(house.store, 'record_event');
  const queries: Omit<EventQuery, 'limit'>[] = [
    { outcome: 'done' },
    { outcome: 'failed' },
    { types: ['person.disabled', 'session.ended'] },
    { types: ['proof.refused', 'person.disabled'], outcome: 'done' },
    { types: ['proof.refused'], outcome: 'refused', from: start + MINUTE },
    { actor: admin, types: ['person.disabled', 'session.ended'] },
    { subject: bob, types: ['person.disabled'], until: start + 3 * MINUTE },
    { subject: bob, actor: admin, outcome: 'done' },
  ];
  for (const query of queries) {
    const { from = 0, until = Number.POSITIVE_INFINITY, ...where } = query;
    const wanted = all
      .filter(
        ({ id, ...row }) =>
          idTime(id as EventId) >= from &&
          idTime(id as EventId) < until &&
          Object.entries(where).every(([name, value]) =>
            name === 'types' ? where.types?.includes(row.type as string) : row[name] === value,
          ),
      )
      .map(({ id }) => id);
    for (const order of ['newest', 'oldest'] as const) {
      for (const stretch of [1, 2, 3, 20]) {
        const reader = createRecordReader(house.vault, stretch);
        const seen: string[] = [];
        let cursor: EventId | undefined;
        do {
          const asked = { ...query, order, limit: 3, cursor };
          const page = await house.store.read((q) => reader.search(q, asked, 'closed'));
          seen.push(...page.events.map(({ id }) => id));
          cursor = page.next;
        } while (cursor);
        assert.deepEqual(seen, order === 'oldest' ? wanted : wanted.toReversed());
      }
    }
  }
});

test('a search that finds nothing lets others come in between', async () => {
  const reader = createRecordReader(house.vault, 2);
  for (const query of [
    { outcome: 'failed' },
    { subject: ada, outcome: 'failed' },
    { types: ['proof.refused'], outcome: 'failed' },
  ]) {
    let turns = 0;
    let over = false;
    const turn = () => {
      turns += 1;
      if (!over) setImmediate(turn);
    };
    setImmediate(turn);
    const page = await house.store.read((q) => reader.search(q, { ...query, limit: 5 }, 'closed'));
    over = true;
    assert.deepEqual(page.events, []);
    assert.ok(turns >= 1, JSON.stringify(query));
  }
});

test('what is personal is opened only when asked for', async () => {
  const reader = createRecordReader(house.vault);
  const search = (personal: 'open' | 'closed') =>
    house.store.read((q) =>
      reader.search(q, { limit: 1, subject: ada, types: ['proof.refused'] }, personal),
    );
  assert.equal((await search('closed')).events[0]?.personal, undefined);
  assert.equal((await search('open')).events[0]?.personal?.address, '192.0.2.3');
});

test('an event of nobody known is opened by the house', async () => {
  const reader = createRecordReader(house.vault);
  const event = await house.store.read((q) => reader.get(q, minutes[0]![4]!, 'open'));
  assert.equal(event?.personal?.identifier, 'ada');
});

test('a damaged event does not hide the others of its page', async () => {
  const rows = await rowsOf(house.store, 'record_event');
  const row = rows.find(({ id }) => id === minutes[3]![0])!;
  const reader = createRecordReader(house.vault);
  const search = () =>
    house.store.read((q) => reader.search(q, { limit: 100, subject: ada }, 'open'));
  const text = new TextDecoder().decode(row.leaf as Uint8Array);
  for (const leaf of [text.slice(1), text.replace(/"sealed":"(.{60})./, '"sealed":"$1_')]) {
    await alter(house.store, 'record_event', row, { leaf: new TextEncoder().encode(leaf) });
    const { events } = await search();
    assert.equal(events.length, 8);
    assert.deepEqual(
      events.filter(({ damaged }) => damaged).map(({ id }) => id),
      [row.id],
    );
  }
  await alter(house.store, 'record_event', row, { leaf: row.leaf! });
});
