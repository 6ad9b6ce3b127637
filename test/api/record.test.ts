/** The record by the API: followed by places, an event proven, ids named, and what is personal left out. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseVkey } from '../../server/record/note.ts';
import { parseProof, proofHolds } from '../../server/record/prove.ts';
import { count, eventsOf } from '../support/events.ts';
import { type ApiHouse, openApiHouse } from './api-house.ts';
import { type ApiPerson, enrolled, signIn } from './people.ts';

const NOBODY = '01900000-0000-7000-8000-000000000001';

describe('the record by the API', () => {
  let api: ApiHouse;
  let auditor: ApiPerson;
  let token: string;
  before(async () => {
    api = await openApiHouse();
    await api.house.sequencer.start();
    auditor = await enrolled(api, 'auditor', ['auditor']);
    token = await signIn(api, auditor);
  });
  after(async () => {
    await api.house.sequencer.stop();
    await api.close();
  });

  const append = (address: string) =>
    api.house.store.write((tx) =>
      api.house.record.append(tx, {
        type: 'signin.refused',
        outcome: 'refused',
        reason: 'wrong',
        door: 'web',
        subject: auditor.id,
        personal: { address },
      }),
    );
  const follow = (query: Record<string, string | number> = {}) =>
    api.done('followEvents', { token, query });

  test('is followed from its end, each event in its place and none twice', async () => {
    await api.house.sequencer.settle();
    const begun = await follow();
    assert.deepEqual(begun.items, []);
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.push(await append(`192.0.2.${n}`));
    await api.house.sequencer.settle();
    const told: string[] = [];
    let place = begun;
    do {
      place = await follow({ log: place.log, from: place.from, limit: 2, personal: 'closed' });
      assert.ok(place.items.length <= 2);
      told.push(...place.items.map(({ id }: { id: string }) => id));
    } while (place.items.length > 0);
    assert.deepEqual(
      told.filter((id) => ids.includes(id)),
      ids,
    );
    assert.equal(new Set(told).size, told.length);
    // And stands there until there is more.
    const again = await follow({ log: place.log, from: place.from });
    assert.deepEqual(again, { items: [], log: place.log, from: place.from });
    const beyond = await follow({ log: place.log, from: place.from + 1000 });
    assert.deepEqual(beyond.items, []);
    await api.problem('not-valid', 'followEvents', { token, query: { log: 1 } });
    await api.problem('not-valid', 'followEvents', { token, query: { from: 1 } });
    await api.problem('not-valid', 'followEvents', { token, query: { limit: 201 } });
  });

  test('leaves out what is personal when it is asked to, also where it follows', async () => {
    const begun = await follow();
    await append('198.51.100.7');
    await api.house.sequencer.settle();
    const { log, from } = begun;
    for (const [personal, there] of [
      ['open', true],
      ['closed', false],
    ] as const) {
      const query = { type: 'signin.refused', personal };
      const found = JSON.stringify(await api.done('searchEvents', { token, query }));
      const followed = JSON.stringify(await follow({ log, from, personal }));
      assert.equal(found.includes('198.51.100.7'), there);
      assert.equal(followed.includes('198.51.100.7'), there);
    }
    await api.problem('not-valid', 'searchEvents', { token, query: { personal: 'ajar' } });
  });

  test('proves an event once it has its place, with what is personal sealed', async () => {
    const id = await append('203.0.113.9');
    await api.house.sequencer.settle();
    const { proof, key, index } = await api.done('proveEvent', { token, params: { id } });
    const [parsed, vkey] = [parseProof(proof), parseVkey(key)];
    assert.ok(parsed && vkey && proofHolds(parsed, vkey));
    assert.equal(parsed.index, index);
    const leaf = Buffer.from(parsed.leaf).toString();
    assert.equal(JSON.parse(leaf).id, id);
    assert.ok(!leaf.includes('203.0.113.9'));
    for (const none of [NOBODY, 'x', auditor.id]) {
      await api.problem('not-found', 'proveEvent', { token, params: { id: none } });
    }
  });

  test('asks to wait a second for the proof of what has no place yet', async () => {
    await api.house.sequencer.stop();
    const id = await append('203.0.113.10');
    const { body } = await api.problem('unavailable', 'proveEvent', { token, params: { id } });
    assert.equal(body.retryAfter, 1);
  });

  test('names those that its ids stand for, and is silent of the others', async () => {
    const ids = [auditor.id, NOBODY].join(',');
    const { items } = await api.done('nameInRecord', { token, query: { ids } });
    assert.deepEqual(items, [{ id: auditor.id, name: 'auditor' }]);
    for (const wrong of ['', 'auditor', `${NOBODY},`, Array(101).fill(NOBODY).join(',')]) {
      await api.problem('not-valid', 'nameInRecord', { token, query: { ids: wrong } });
    }
  });

  test('lists its logs with their keys and newest checkpoints', async () => {
    const { items } = await api.done('listLogs', { token });
    const checkpoint = await api.done('showCheckpoint', { token });
    assert.deepEqual(items, [
      { log: 1, origin: checkpoint.origin, key: checkpoint.key, checkpoint: checkpoint.note },
    ]);
  });

  test('is nothing to an operator, and the record shows that one asked', async () => {
    const operator = await enrolled(api, 'operator', ['operator']);
    const asking = await signIn(api, operator);
    const seen = await eventsOf(api, async () => {
      for (const [name, sent] of [
        ['followEvents', {}],
        ['nameInRecord', { query: { ids: NOBODY } }],
        ['proveEvent', { params: { id: NOBODY } }],
        ['listLogs', {}],
      ] as const) {
        await api.problem('not-permitted', name, { token: asking, ...sent });
      }
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 4);
  });
});
