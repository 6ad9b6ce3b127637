import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseSource } from '../../server/record/database-source.ts';
import { verifyRecord } from '../../server/record/verify.ts';
import { openHouse, refusal } from './house.ts';

test('a record of some thousand events is sequenced, and verifies', async () => {
  const house = await openHouse();
  try {
    const node = house.node('a');
    const ada = await house.person();
    for (let i = 0; i < 20; i++) {
      await node.append(
        ...Array.from({ length: 70 }, (_, n) => refusal(n % 2 ? ada : undefined, n)),
      );
    }
    await node.sequencer.settle();
    const result = await verifyRecord(databaseSource(house.store));
    assert.equal(result.state, 'sound');
    console.log(result);
  } finally {
    await house.close();
  }
});
