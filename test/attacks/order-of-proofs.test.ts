/** Skipping the first proof, offering the second alone, or going around enrolment (CWE-288, CWE-305). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, events, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addPerson,
  challenged,
  comeWithPass,
  enrol,
  enrolledPerson,
  issuePass,
  PASSWORD,
  signIn,
  type TestPerson,
} from '../support/people.ts';

describe('the order of proofs', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  it('lets nobody offer the second proof first', async () => {
    const { gate } = test.house;
    const seen = await eventsOf(test, async () => {
      const arrival = test.arrival();
      for (const [kind, data] of [
        ['totp', { code: ada.totp.code() }],
        ['recovery', { code: ada.recovery[0] }],
        ['pass', { code: 'AAAA-BBBB-CCCC-DDDD' }],
      ] as const) {
        const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
        const outcome = await gate.prove(token, { kind, data }, arrival);
        assert.equal(outcome.state === 'refused' && outcome.reason, 'not-asked');
      }
    });
    assert.deepEqual(
      seen.map((e) => e.reason),
      ['not-asked', 'not-asked', 'not-asked'],
    );
    // Neither the code nor the recovery code was used up by it.
    await signIn(test, ada);
  });

  it('lets nobody use one proof twice instead of two', async () => {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    const password = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(token, password, arrival));
    const again = await gate.prove(token, password, arrival);
    assert.equal(again.state === 'refused' && again.reason, 'not-asked');
  });

  it('binds an attempt to its door and channel, and to one use', async () => {
    const { gate } = test.house;
    const arrival = test.arrival();
    const offer = { kind: 'password', data: { password: ada.password } } as const;
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    for (const other of [{ channel: 'another browser' }, { door: 'api' }]) {
      const outcome = await gate.prove(token, offer, { ...arrival, ...other });
      assert.equal(outcome.state === 'refused' && outcome.reason, 'attempt-over');
    }
    challenged(await gate.prove(token, offer, arrival));
    const code = ada.totp.code();
    assert.equal(
      (await gate.prove(token, { kind: 'totp', data: { code } }, arrival)).state,
      'granted',
    );
    const after = await gate.prove(token, { kind: 'totp', data: { code } }, arrival);
    assert.equal(after.state === 'refused' && after.reason, 'attempt-over');
    test.clock.advance(30_000);
  });

  it('lets nobody who has not finished enrolling do anything else', async () => {
    const id = await addPerson(test, 'newcomer');
    const arrival = test.arrival();
    const token = await comeWithPass(test, 'newcomer', await issuePass(test, id));
    await enrol(test, token, 'password', () => ({ password: PASSWORD }));
    for (const outcome of [
      await test.house.portal.me(token, arrival),
      await test.house.portal.proofs(token, arrival),
      await test.house.administration.listPeople(token, { limit: 10 }, arrival),
    ]) {
      assert.equal(outcome.state, 'refused');
    }
    const early = await test.house.enrolments.complete(token, arrival);
    assert.equal(early.state, 'failed');
    // One proof is not enough to sign in with either.
    const { gate } = test.house;
    const attempt = challenged(await gate.ask({ to: 'signIn', identifier: 'newcomer' }, arrival));
    const outcome = await gate.prove(
      attempt.token,
      { kind: 'password', data: { password: PASSWORD } },
      arrival,
    );
    assert.equal(outcome.state, 'refused');
    assert.ok(count(await events(test), 'access.refused') >= 3);
  });
});
