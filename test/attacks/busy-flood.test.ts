/**
 * Proofs that come while there is no room to look at one (CWE-400, T1499): nothing is learnt of them, so they count as no guess, and
 * whoever sends them again and again, to the names of many and from many networks, fills no record with it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  challenged,
  enrolledPerson,
  PASSWORD,
  signIn,
  type TestPerson,
} from '../support/people.ts';

const MOST = 60;

describe('passwords that come while there is no room for them', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  const busy = async () => ({ sound: false, reason: 'busy' }) as const;

  it('fill no record, and the right one opens as soon as there is', async () => {
    const { gate, proofs, counter } = test.house;
    const verify = mock.method(proofs.password, 'verify', busy);
    const offer = { kind: 'password', data: { password: PASSWORD } } as const;
    const seen = await eventsOf(test, async () => {
      for (let i = 0; i < 2 * MOST; i++) {
        const network = `198.51.${i}.1`;
        const arrival = test.arrival({ address: network, network, channel: `browser ${i}` });
        const identifier = i % 2 === 0 ? 'ada' : `nobody-${i}`;
        const { token } = challenged(await gate.ask({ to: 'signIn', identifier }, arrival));
        for (let again = 0; again < 3; again++) {
          const outcome = await gate.prove(token, offer, arrival);
          assert.ok(outcome.state === 'refused' && outcome.reason === 'busy', outcome.state);
        }
      }
      verify.mock.restore();
      await signIn(test, ada);
      await counter.stop();
    });
    assert.equal(count(seen, 'proof.refused', 'refused'), MOST);
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
    const counted = seen.filter(
      ({ type, outcome }) => type === 'decision.counted' && outcome === 'refused',
    );
    assert.equal(
      counted.reduce((sum, { data }) => sum + Number(data.count), 0),
      6 * MOST - MOST,
    );
    assert.equal(count(seen, 'throttle.engaged'), 0);
  });
});
