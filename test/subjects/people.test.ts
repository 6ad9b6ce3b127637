import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { PersonId } from '../../server/kernel/id.ts';
import { writeOrUndo } from '../../server/store/undo.ts';
import type { PersonChange } from '../../server/subjects/people.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addPerson } from '../support/people.ts';

const BY = { door: 'cli' } as const;

describe('people', () => {
  let test: TestHouse;
  let ada: PersonId;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await addPerson(test, 'ada');
  });
  afterEach(() => test.close());

  const change = (what: PersonChange) =>
    writeOrUndo(test.house.store, (tx) => test.house.people.change(tx, ada, what, BY));
  const now = () =>
    test.house.store.read(async (q) => {
      const person = await test.house.people.get(q, ada);
      assert.ok(person);
      return { ...person, ...(await test.house.people.profile(q, person)) };
    });

  it('are to be judged anew when they can do something else, and not when they are called something else', async () => {
    const { epoch } = await now();
    await change({ displayName: 'Ada King', email: 'king@example.com', roles: [], groups: [] });
    assert.equal((await now()).epoch, epoch);
    await change({ groups: ['b', 'a'] });
    await change({ groups: ['a', 'b'] });
    assert.equal((await now()).epoch, epoch + 1);
    await change({ roles: ['auditor'] });
    assert.equal((await now()).epoch, epoch + 2);
  });

  it('lose no change to another that comes at the same time', async () => {
    const changes: PersonChange[] = [
      { displayName: 'Ada King' },
      { email: 'king@example.com' },
      { groups: ['staff'] },
      { identifier: 'ada.king' },
    ];
    const done = await Promise.all(changes.map(change));
    const wanted = changes.filter((_, n) => done[n]?.ok);
    assert.ok(wanted.length > 0);
    const after = await now();
    assert.partialDeepStrictEqual(after, Object.assign({}, ...wanted));
    for (const [n, result] of done.entries()) {
      if (!result.ok)
        assert.equal(result.error.code, 'changed-meanwhile', JSON.stringify(changes[n]));
    }
  });
});
