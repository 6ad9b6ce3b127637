import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SallyportEvent } from '@sallyport/contract/events.ts';
import { fromUtf8 } from '../../server/kernel/bytes.ts';
import { createIds } from '../../server/kernel/id.ts';
import { databaseSource } from '../../server/record/database-source.ts';
import { createRecord } from '../../server/record/record.ts';
import { createRecordReader } from '../../server/record/search.ts';
import { eventById } from '../../server/record/search-table.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { takeLease } from '../../server/store/lease.ts';
import { type House, openHouse, refusal } from './house.ts';

let house: House;
before(async () => {
  house = await openHouse();
});
after(() => house.close());

test('an event is stored as one line of JSON, its columns first, with what is personal sealed', async () => {
  const node = house.node('a');
  const ada = await house.person();
  const [id] = await node.append({
    type: 'proof.refused',
    outcome: 'refused',
    subject: ada,
    door: 'web',
    request: 'r-1',
    reason: 'wrong',
    data: { kind: 'totp', proof: 'p-1' },
    personal: { address: '192.0.2.7', identifier: 'ada@example.com', userAgent: undefined },
  });
  const row = await house.store.read((q) => q.one(eventById, { id: id! }));
  const text = fromUtf8(row!.leaf);
  const at = house.clock.now();
  assert.ok(
    text.startsWith(
      `{"v":1,"id":"${id}","at":${at},"type":"proof.refused","outcome":"refused","subject":"${ada}","version":1,` +
        '"door":"web","request":"r-1","reason":"wrong","data":{"kind":"totp","proof":"p-1"},"personal":{"of":',
    ),
    text,
  );
  assert.ok(!text.includes('192.0.2.7') && !text.includes('ada@example.com'));

  const reader = createRecordReader(house.vault);
  const open = await house.store.read((q) => reader.get(q, id!, 'open'));
  assert.deepEqual(open?.personal, { address: '192.0.2.7', identifier: 'ada@example.com' });
  const closed = await house.store.read((q) => reader.get(q, id!, 'closed'));
  assert.equal(closed?.personal, undefined);
  assert.equal(closed?.reason, 'wrong');
});

test('words of others that were cut in the middle of a letter keep no event out', async () => {
  const node = house.node('a');
  const cut = `${'a'.repeat(127)}😀`.slice(0, 128);
  const [id] = await node.append({
    type: 'workload.refused',
    outcome: 'refused',
    reason: 'malformed',
    data: { what: cut, uid: 1000 },
  });
  const reader = createRecordReader(house.vault);
  const kept = await house.store.read((q) => reader.get(q, id!, 'closed'));
  assert.deepEqual(kept?.data, { what: `${'a'.repeat(127)}\ufffd`, uid: 1000 });
});

test('what came from an administrator is sealed under the administrator’s key', async () => {
  const node = house.node('a');
  const [ada, admin] = [await house.person(), await house.person()];
  const [id] = await node.append({
    type: 'person.created',
    outcome: 'done',
    subject: ada,
    actor: admin,
    data: { roles: ['viewer'] },
    personal: { address: '198.51.100.1', name: 'Ada' },
  });
  const reader = createRecordReader(house.vault);
  const read = async () => (await house.store.read((q) => reader.get(q, id!, 'open')))!;
  assert.deepEqual((await read()).personal, { name: 'Ada', address: '198.51.100.1' });
  await house.store.write((tx) => house.vault.destroySubjectKey(tx, admin));
  assert.deepEqual((await read()).personal, { name: 'Ada' });
  assert.equal((await read()).erased, true);
});

test('erasing a person leaves the record verifiable, and nothing personal readable or recorded anew', async () => {
  const node = house.node('a');
  const ada = await house.person();
  const [before] = await node.append(refusal(ada, 1));
  await node.sequencer.settle();
  await house.store.write((tx) => house.vault.destroySubjectKey(tx, ada));
  const [later] = await node.append(refusal(ada, 2));
  await node.sequencer.settle();

  const reader = createRecordReader(house.vault);
  const old = await house.store.read((q) => reader.get(q, before!, 'open'));
  assert.deepEqual([old?.personal, old?.erased], [{}, true]);
  const row = await house.store.read((q) => q.one(eventById, { id: later! }));
  assert.ok(!fromUtf8(row!.leaf).includes('personal'));
  assert.equal((await verifyRecord(databaseSource(house.store))).state, 'sound');
});

test('an event whose data is not of its type’s shape stops the change that it would tell of', async () => {
  const { record } = house.node('a');
  const wrong = [
    { type: 'pass.used', outcome: 'done', data: { pass: 'p', left: 1.5 } },
    { type: 'pass.used', outcome: 'done', data: { pass: 'p', left: 1, password: 'hunter2' } },
    { type: 'pass.used', outcome: 'done' },
    { type: 'session.ended', outcome: 'done', personal: { shoeSize: '43' } },
    { type: 'session.ended', outcome: 'done', door: 'w\ud800eb' },
  ] as unknown as SallyportEvent[];
  for (const [i, event] of wrong.entries()) {
    const name = `change-${i}`;
    const change = house.store.write(async (tx) => {
      await takeLease(tx, { name, holder: 'first' }, 0, 1000);
      await record.append(tx, event);
    });
    await assert.rejects(change);
    const free = await house.store.write((tx) => takeLease(tx, { name, holder: 'second' }, 0, 1));
    assert.equal(free?.token, 1, 'the change was undone');
  }
});

test('when an event can’t be written, what it tells of does not happen', async () => {
  const clock = { now: () => house.clock.now() };
  // Two makers of ids that repeat each other: the second event's id is taken.
  const same = () => createIds(clock, { bytes: (length) => new Uint8Array(length) });
  const event: SallyportEvent = { type: 'session.ended', outcome: 'done', reason: 'asked' };
  const change = (name: string) =>
    house.store.write(async (tx) => {
      await takeLease(tx, { name, holder: 'first' }, 0, 1000);
      await createRecord({ ids: same(), vault: house.vault }).append(tx, event);
    });
  await change('told');
  await assert.rejects(change('untold'));
  const lease = await house.store.write((tx) =>
    takeLease(tx, { name: 'untold', holder: 'second' }, 0, 1),
  );
  assert.equal(lease?.token, 1, 'the change was undone');
});

test('what strangers send can be long or broken, and is recorded all the same', async () => {
  const node = house.node('a');
  const [id] = await node.append({
    type: 'signin.refused',
    outcome: 'refused',
    reason: 'unknown-subject',
    personal: { userAgent: 'x'.repeat(5000), identifier: `${'y'.repeat(319)}😀`, name: 'a\ud800b' },
  });
  const reader = createRecordReader(house.vault);
  const event = await house.store.read((q) => reader.get(q, id!, 'open'));
  assert.deepEqual(event?.personal, {
    userAgent: 'x'.repeat(512),
    identifier: `${'y'.repeat(319)}\ufffd`,
    name: 'a\ufffdb',
  });
});

test('an event longer than an entry bundle can hold is refused', async () => {
  const { append } = house.node('a');
  const errors = Array.from({ length: 32 }, () => 'é'.repeat(4096));
  const event = { type: 'policy.refused', outcome: 'refused', data: { version: 'v', errors } };
  await assert.rejects(append(event as SallyportEvent), /bytes/);
});
