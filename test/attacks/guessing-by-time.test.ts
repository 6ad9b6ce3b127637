/**
 * Guessing at a code while guesses have to wait, and telling by the time that the answer takes which of them was right (CWE-208,
 * CWE-307, T1110.001): whoever has the password begins many sign-ins first, and guesses once in each. The answer is the same, and so is
 * all that is done for it: while guesses wait nothing is verified.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Arrival } from '../../server/gate/arrival.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, type TestPerson } from '../support/people.ts';

interface Begun {
  readonly token: string;
  readonly arrival: Arrival;
}

describe('guesses at a code, while they have to wait', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
    test.clock.advance(60_000);
  });
  afterEach(() => test.close());

  async function begin(): Promise<Begun> {
    const arrival = test.arrival();
    const { gate } = test.house;
    const asked = { to: 'signIn', identifier: ada.identifier } as const;
    const { token } = challenged(await gate.ask(asked, arrival));
    const offer = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(token, offer, arrival));
    return { token, arrival };
  }
  const guess = async ({ token, arrival }: Begun, code: string) => {
    const outcome = await test.house.gate.prove(token, { kind: 'totp', data: { code } }, arrival);
    return outcome.state === 'refused' ? outcome.reason : outcome.state;
  };
  const wrong = (by = 1) => String((Number(ada.totp.code()) + by) % 1_000_000).padStart(6, '0');

  /** What is asked of the database for it, and whether the key of the codes was opened. */
  async function doneFor(work: () => Promise<unknown>): Promise<readonly string[]> {
    const { store, proofs } = test.house as unknown as {
      store: Record<'read' | 'write', (...given: unknown[]) => unknown>;
      proofs: { totp: { verify: (...given: unknown[]) => unknown } };
    };
    const done: string[] = [];
    const kept = { read: store.read, write: store.write, verify: proofs.totp.verify };
    const noted = (what: 'read' | 'write' | 'verify') =>
      function note(...given: unknown[]) {
        done.push(what);
        return kept[what](...given);
      };
    Object.assign(store, { read: noted('read'), write: noted('write') });
    Object.assign(proofs.totp, { verify: noted('verify') });
    await work();
    Object.assign(store, { read: kept.read, write: kept.write });
    Object.assign(proofs.totp, { verify: kept.verify });
    return done;
  }

  it('are answered by the same steps, right or wrong, and none of them is verified', async () => {
    const begun: Begun[] = [];
    for (let i = 0; i < 12; i++) begun.push(await begin());
    const next = () => begun.pop()!; // There are twelve.
    const seen = await eventsOf(test, async () => {
      // The free ones, and one more, whose wait goes on record.
      for (let i = 1; i <= 5; i++) assert.equal(await guess(next(), wrong(i)), 'wrong');
      assert.equal(await guess(next(), wrong(6)), 'throttled');
      assert.equal(await guess(next(), wrong(6)), 'throttled');
      const ofWrong = await doneFor(async () => {
        assert.equal(await guess(next(), wrong(7)), 'throttled');
      });
      const ofRight = await doneFor(async () => {
        assert.equal(await guess(next(), ada.totp.code()), 'throttled');
      });
      assert.deepEqual(ofRight, ofWrong);
      assert.ok(!ofWrong.includes('verify'));
    });
    assert.equal(count(seen, 'signin.granted'), 0);
    assert.ok(count(seen, 'throttle.engaged') > 0);
    assert.ok(seen.some(({ type, reason }) => type === 'proof.refused' && reason === 'throttled'));

    // Once the wait is over, a right code is good as ever.
    test.clock.advance(60_000);
    const left = next();
    const told = await eventsOf(test, async () => {
      const data = { code: ada.totp.code() };
      granted(await test.house.gate.prove(left.token, { kind: 'totp', data }, left.arrival));
    });
    assert.equal(count(told, 'signin.granted'), 1);
  });
});
