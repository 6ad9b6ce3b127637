/** What enabling makes of somebody: what they were, and nobody who has finished setting up their proofs when they have not. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { PersonId } from '../../server/kernel/id.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addPerson,
  comeWithPass,
  enrol,
  enrolledPerson,
  issuePass,
  PASSWORD,
} from '../support/people.ts';

describe('to enable somebody', () => {
  let test: TestHouse;
  beforeEach(async () => {
    test = await openTestHouse();
  });
  afterEach(() => test.close());

  const acts = (what: 'enable' | 'disable', id: PersonId) =>
    test.house.store.write((tx) => test.house.acts[what](tx, id, { door: 'cli' }));
  async function enabled(id: PersonId) {
    const done = await acts('enable', id);
    assert.ok(done.ok);
    return done.value.status;
  }

  it('who still sets up their proofs changes nothing, and is no event', async () => {
    const id = await addPerson(test, 'bob');
    const session = await comeWithPass(test, 'bob', await issuePass(test, id));
    await enrol(test, session, 'password', () => ({ password: PASSWORD }));
    const seen = await eventsOf(test, async () => {
      assert.equal(await enabled(id), 'enrolling');
    });
    assert.equal(count(seen, 'person.enabled'), 0);
  });

  it('who was disabled lets them in again, and those who have proven nothing yet go on where they were', async () => {
    const ada = (await enrolledPerson(test, 'ada')).id;
    const bob = await addPerson(test, 'bob');
    const seen = await eventsOf(test, async () => {
      for (const id of [ada, bob]) await acts('disable', id);
      assert.equal(await enabled(ada), 'active');
      assert.equal(await enabled(bob), 'enrolling');
    });
    assert.equal(count(seen, 'person.enabled'), 2);
  });
});
