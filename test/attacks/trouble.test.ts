/** Someone else is in, and the owner notices (T1078, T1539): "this wasn't me" throws them out and tells those who watch. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { enrolledPerson, signIn, type TestPerson } from '../support/people.ts';

describe('saying that it was someone else', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  it('ends the intruder’s session, keeps the owner’s, forgets other browsers and alerts', async () => {
    const intruder = await signIn(test, ada);
    const owner = await signIn(test, ada);
    const { portal } = test.house;
    const seen = await eventsOf(test, async () => {
      const told = await portal.reportTrouble(owner.session.token, {}, test.arrival());
      assert.deepEqual(told, { state: 'done', value: 1 });
    });
    assert.equal((await portal.me(intruder.session.token, test.arrival())).state, 'refused');
    assert.equal((await portal.me(owner.session.token, test.arrival())).state, 'done');
    assert.equal(count(seen, 'trouble.reported', 'done'), 1);
    assert.equal(test.alerts.length, 1);
    assert.match(test.alerts[0]?.text ?? '', /this was not me/);
  });

  it('is not for whoever only holds a session that has ended', async () => {
    const { session } = await signIn(test, ada);
    await test.house.portal.signOut(session.token, test.arrival());
    const told = await test.house.portal.reportTrouble(session.token, {}, test.arrival());
    assert.equal(told.state, 'refused');
  });
});
