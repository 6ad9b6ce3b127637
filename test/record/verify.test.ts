import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseSource } from '../../server/record/database-source.ts';
import type { RecordSource } from '../../server/record/source.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { ORIGIN, openHouse, refusal } from './house.ts';

test('the verifier tells how far it is, and what it vouches for', async () => {
  const house = await openHouse();
  try {
    const node = house.node('a');
    await node.append(...Array.from({ length: 1400 }, (_, n) => refusal(undefined, n)));
    await node.sequencer.settle();
    await node.append(refusal(undefined, 1));
    const progress: string[] = [];
    const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
    const result = await verifyRecord(databaseSource(house.store), { onProgress });
    assert.ok(result.state === 'sound');
    assert.deepEqual(progress, ['0/1401', '1024/1401', '1401/1401']);
    assert.equal(result.pending, 1);
    assert.deepEqual(
      result.logs.map(({ origin, size }) => [origin, size]),
      [[ORIGIN, 1401]],
    );
  } finally {
    await house.close();
  }
});

test('a record that grows while it is verified is sound', async () => {
  const house = await openHouse();
  try {
    const node = house.node('a');
    const grow = async (count: number) => {
      await node.append(...Array.from({ length: count }, (_, n) => refusal(undefined, n)));
      await node.sequencer.settle();
    };
    await grow(1300);
    const source = databaseSource(house.store);
    let steps = 0;
    // Before each read, more comes: last tiles grow, fill up, and new ones begin.
    const growing: RecordSource = {
      logs: source.logs,
      leaves: async (log, from, to) => {
        await grow(++steps % 2 ? 3 : 260);
        return source.leaves(log, from, to);
      },
      tile: async (log, level, n, width) => {
        await grow(50);
        return source.tile(log, level, n, width);
      },
      loose: source.loose,
    };
    const result = await verifyRecord(growing);
    assert.deepEqual(result.state === 'sound' || result.wrong, true);
    assert.ok(steps > 1);
  } finally {
    await house.close();
  }
});
