/** Locking somebody out by failing in their name (ASVS 6.3.1; T1531 by other means). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, signIn, type TestPerson } from '../support/people.ts';

describe('a lock-out aimed at someone', () => {
  let test: TestHouse;
  let ada: TestPerson;
  let eve: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
    eve = await enrolledPerson(test, 'eve');
  });
  after(() => test.close());

  const attacker = () => test.arrival({ address: '203.0.113.66', network: '203.0.113.66' });

  async function attack(device?: string) {
    const { gate } = test.house;
    const arrival = { ...attacker(), device };
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    return gate.prove(token, { kind: 'password', data: { password: 'a guess' } }, arrival);
  }

  it('slows down strangers and not the browser that signed in before', async () => {
    const before = await signIn(test, ada);
    assert.ok(before.device);
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 30; i++) await attack();
      const stranger = await attack();
      assert.equal(stranger.state === 'refused' && stranger.reason, 'throttled');
      await signIn(test, ada, test.arrival({ device: before.device?.token }));
    });
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    const refusals = seen.filter((e) => e.type === 'proof.refused').map((e) => e.reason);
    assert.deepEqual(refusals, ['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'throttled']);
  });

  it('gains nothing from another person’s known browser', async () => {
    const { device } = await signIn(test, eve);
    test.clock.advance(3_600_000);
    for (let i = 0; i < 10; i++) await attack(device?.token);
    const next = await attack(device?.token);
    assert.equal(next.state === 'refused' && next.reason, 'throttled');
  });

  it('does not let a known browser guess without end', async () => {
    test.clock.advance(3_600_000);
    const { device } = await signIn(test, ada);
    const outcomes = [];
    for (let i = 0; i < 10; i++) outcomes.push(await attack(device?.token));
    assert.ok(
      outcomes.filter((o) => o.state === 'refused' && o.reason === 'throttled').length >= 4,
    );
  });
});
