/**
 * Keeping the judge of new passwords busy (CWE-400): it is one thread, and an estimate takes a while. Each person has one
 * password judged at a time, and what waits is bounded.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';

/** It takes so long to judge that whoever comes with another meanwhile is there before the judge is done. */
const NEW = 'tz8-qu4-mm1-pp0-gh7-re2-xk9-lw3-vb5-nc6-ad1-se4-oi8-uy7-tr2-ew3';

describe('the judge of new passwords', () => {
  let test: TestHouse;
  let ada: TestPerson;
  let bob: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
    bob = await enrolledPerson(test, 'bob');
  });
  afterEach(() => test.close());

  /** A session of this person in which a new password may be set, and the enrolment that was begun there. */
  async function begun(person: TestPerson) {
    const { token } = (await signIn(test, person)).session;
    const { enrolments } = test.house;
    const began = await enrolments.begin(token, 'password', undefined, test.arrival());
    assert.ok(began.state === 'done', JSON.stringify(began));
    const { id } = began.value;
    return () => enrolments.finish(token, id, { password: NEW }, test.arrival());
  }

  it('is kept busy by nobody: of one person it takes one at a time, and others go on', async () => {
    const [first, second, third] = [await begun(ada), await begun(ada), await begun(ada)];
    const other = await begun(bob);
    const now = test.clock.now();
    const seen = await eventsOf(test, async () => {
      const [others, ...mine] = await Promise.all([other(), first(), second(), third()]);
      assert.equal(others.state, 'done');
      assert.deepEqual(mine.map(({ state }) => state).sort(), ['done', 'failed', 'failed']);
      for (const outcome of mine) {
        if (outcome.state !== 'failed') continue;
        assert.deepEqual(outcome.error, { code: 'busy', retryAt: now + 1000 });
      }
    });
    assert.equal(count(seen, 'password.changed', 'done'), 2);
    const refused = seen.filter(({ type }) => type === 'proof.enrolment-refused');
    assert.deepEqual(
      refused.map(({ subject, reason }) => [subject, reason]),
      [
        [ada.id, 'busy'],
        [ada.id, 'busy'],
      ],
    );
    // Nothing was counted against her: the next one is judged.
    ada = { ...ada, password: NEW };
    const again = await begun(ada);
    assert.equal((await again()).state, 'done');
  });
});
