/** Enrolments that were begun together (CWE-367): each was within the limit when it began, and all of them are not. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { enrol, enrolledPerson, signIn, type TestPerson } from '../support/people.ts';
import { createTotpApp } from '../support/totp-app.ts';

describe('enrolments at once', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  afterEach(() => test.close());

  /** Begins to add an app in a session of its own; what is given confirms it. */
  async function beginApp() {
    const { token } = (await signIn(test, ada)).session;
    const { enrolments } = test.house;
    const began = await enrolments.begin(token, 'totp', { name: 'App' }, test.arrival());
    assert.ok(began.state === 'done', JSON.stringify(began));
    const { id, offer } = began.value;
    const app = createTotpApp(String(offer.uri), test.clock);
    return () => enrolments.finish(token, id, { code: app.code() }, test.arrival());
  }

  async function apps(): Promise<number> {
    const { token } = (await signIn(test, ada)).session;
    const mine = await test.house.portal.proofs(token, test.arrival());
    assert.ok(mine.state === 'done', JSON.stringify(mine));
    return mine.value.filter(({ kind }) => kind === 'totp').length;
  }

  it('are counted again when they are finished: the one too many is refused, whichever it is', async () => {
    const { most } = test.house.proofs.totp;
    assert.ok(most > 1);
    while ((await apps()) < most - 1) {
      const { token } = (await signIn(test, ada)).session;
      await enrol(
        test,
        token,
        'totp',
        (offer) => ({ code: createTotpApp(String(offer.uri), test.clock).code() }),
        { name: 'App' },
      );
    }
    const [one, other] = [await beginApp(), await beginApp()];
    const seen = await eventsOf(test, async () => {
      const both = await Promise.all([one(), other()]);
      assert.deepEqual(both.map(({ state }) => state).sort(), ['done', 'failed']);
      const refused = both.find(({ state }) => state === 'failed');
      assert.ok(refused?.state === 'failed');
      assert.equal(refused.error.code, 'too-many');
    });
    assert.equal(await apps(), most);
    assert.equal(count(seen, 'proof.enrolled', 'done'), 1);
    const refusals = seen.filter(({ type }) => type === 'proof.enrolment-refused');
    assert.deepEqual(
      refusals.map(({ subject, reason }) => [subject, reason]),
      [[ada.id, 'too-many']],
    );
  });
});
