/** A start whose clock is behind what stands on record. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { clockSetBack } from '../../server/main/start/clock-set-back.ts';
import { openTestHouse } from '../support/house.ts';
import { addPerson } from '../support/people.ts';

it('a clock that is behind the record is told at the start, and one that is right is not', async () => {
  const test = await openTestHouse();
  try {
    await addPerson(test, 'ada');
    const { store, clock } = test.house;
    assert.equal(await clockSetBack(store, clock), undefined);
    const behind = { ...clock, now: () => clock.now() - 2 * 60 * 60_000 };
    assert.match(
      (await clockSetBack(store, behind)) ?? '',
      /^The clock says .*, but the newest event/,
    );
  } finally {
    await test.close();
  }
});
