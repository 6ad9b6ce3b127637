/**
 * Guessing passwords and codes (T1110.001, .003, .004): in parallel, over many attempts, under several names of one account,
 * across accounts, and with counters that a failing transaction would undo.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Arrival } from '../../server/gate/arrival.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addPerson,
  challenged,
  enrolledPerson,
  granted,
  signIn,
  type TestPerson,
} from '../support/people.ts';

describe('guesses', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  afterEach(() => test.close());

  async function guess(identifier: string, password: string, arrival: Arrival = test.arrival()) {
    const { gate } = test.house;
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier }, arrival));
    return gate.prove(token, { kind: 'password', data: { password } }, arrival);
  }
  function reasons(outcomes: readonly { state: string; reason?: string }[]) {
    const sums: Record<string, number> = {};
    for (const { state, reason = state } of outcomes) sums[reason] = (sums[reason] ?? 0) + 1;
    return sums;
  }

  it('spread over a hundred attempts at once are no more than one after the other', async () => {
    const seen = await eventsOf(test, async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, i) => guess('ada', `guess number ${i}`)),
      );
      assert.deepEqual(reasons(outcomes), { wrong: 5, throttled: 95 });
    });
    // Each guess that was looked at is on record, and that others had to wait; how many waited is counted.
    const refusals = seen.filter((e) => e.type === 'proof.refused').map((e) => e.reason);
    assert.equal(refusals.filter((reason) => reason === 'wrong').length, 5);
    assert.ok(refusals.includes('throttled'));
    assert.ok(refusals.length < 10);
    assert.equal(count(seen, 'throttle.engaged') > 0, true);
    // The owner is let in once the wait is over.
    test.clock.advance(60_000);
    granted({ state: 'granted', grant: await signIn(test, ada) });
  });

  it('wait twice as long each time, up to a limit, and never for good', async () => {
    const waits: number[] = [];
    for (let i = 0; i < 20; i++) {
      const outcome = await guess('ada', `wrong ${i}`);
      if (outcome.state === 'refused' && outcome.reason === 'throttled') {
        const wait = (outcome.retryAt ?? 0) - test.clock.now();
        waits.push(wait);
        test.clock.advance(wait);
      }
    }
    assert.deepEqual(waits.slice(0, 5), [1000, 2000, 4000, 8000, 16_000]);
    assert.ok(Math.max(...waits) <= 15 * 60_000);
    test.clock.advance(15 * 60_000);
    await signIn(test, ada);
  });

  it('at the name and at the mail address of one account are one count', async () => {
    for (let i = 0; i < 3; i++) await guess('ada', `wrong ${i}`);
    for (let i = 0; i < 2; i++) await guess('ADA@example.com', `wrong ${i}`);
    const outcome = await guess('ada', ada.password);
    assert.equal(outcome.state === 'refused' && outcome.reason, 'throttled');
    test.clock.advance(60_000);
    await signIn(test, ada);
  });

  it('at the second proof count although the first was right, and a right first one forgives none', async () => {
    const { gate } = test.house;
    const outcomes: string[] = [];
    for (let i = 0; i < 8; i++) {
      const arrival = test.arrival();
      const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
      const first = await gate.prove(
        token,
        { kind: 'password', data: { password: ada.password } },
        arrival,
      );
      if (first.state !== 'challenged') {
        outcomes.push('throttled');
        continue;
      }
      const second = await gate.prove(token, { kind: 'totp', data: { code: '000000' } }, arrival);
      outcomes.push(second.state === 'refused' ? second.reason : second.state);
    }
    assert.ok(outcomes.filter((o) => o === 'wrong').length <= 5, outcomes.join());
    test.clock.advance(60_000);
    await signIn(test, ada);
  });

  it('are counted although the transaction that refuses them fails', async () => {
    const { gate } = test.house;
    for (let i = 0; i < 5; i++) {
      const arrival = test.arrival();
      const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
      // A request id that no event can hold makes the writing of the refusal fail.
      const cursed = { ...arrival, request: 'x'.repeat(70_000) };
      const outcome = await gate.prove(
        token,
        { kind: 'password', data: { password: 'no' } },
        cursed,
      );
      assert.equal(outcome.state === 'refused' && outcome.reason, 'unavailable');
    }
    const next = await guess('ada', ada.password);
    assert.equal(next.state === 'refused' && next.reason, 'throttled');
    test.clock.advance(60_000);
    await signIn(test, ada);
  });

  it('at many accounts from one source are slowed down for that source alone', async () => {
    for (let i = 0; i < 12; i++) await addPerson(test, `person${i}`);
    const seen = await eventsOf(test, async () => {
      const outcomes = [];
      for (let i = 0; i < 60; i++) outcomes.push(await guess(`person${i % 12}`, 'Spring2026!'));
      assert.ok((reasons(outcomes).throttled ?? 0) >= 8);
    });
    const scopes = seen.filter((e) => e.type === 'throttle.engaged').map((e) => e.data.scope);
    assert.ok(scopes.includes('source'));
    const elsewhere = test.arrival({ address: '198.51.100.9', network: '198.51.100.9' });
    await signIn(test, ada, elsewhere);
  });

  it('with nothing, or with what is no proof at all, are wrong and nothing more', async () => {
    const { gate } = test.house;
    const arrival = test.arrival();
    for (const data of [undefined, null, '', 0, [], {}, { password: '' }, { password: null }]) {
      const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
      const outcome = await gate.prove(token, { kind: 'password', data }, arrival);
      assert.equal(outcome.state, 'refused', JSON.stringify(data));
    }
    assert.equal(count(await events(test), 'signin.granted'), 0);
    test.clock.advance(3_600_000);
    await signIn(test, ada);
  });
});
