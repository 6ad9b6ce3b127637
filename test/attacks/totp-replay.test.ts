/**
 * A code seen over a shoulder or on the wire is used again (T1040, T1111; RFC 6238 §5.2: a verifier must not accept the second
 * attempt of a code). CVE-2023-46233-like verifiers kept no counter; others checked it outside the transaction that spends it.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, signIn, type TestPerson } from '../support/people.ts';

describe('a code that was used', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  async function upToTheCode() {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    challenged(
      await gate.prove(token, { kind: 'password', data: { password: ada.password } }, arrival),
    );
    return (code: string) => gate.prove(token, { kind: 'totp', data: { code } }, arrival);
  }

  it('is refused in a second session', async () => {
    const first = await upToTheCode();
    const second = await upToTheCode();
    const code = ada.totp.code();
    const seen = await eventsOf(test, async () => {
      assert.equal((await first(code)).state, 'granted');
      const replay = await second(code);
      assert.equal(replay.state, 'refused');
      assert.equal(replay.state === 'refused' && replay.reason, 'used');
    });
    assert.equal(count(seen, 'signin.granted'), 1);
    assert.deepEqual(
      seen.filter((e) => e.type === 'proof.refused').map((e) => e.reason),
      ['used'],
    );
    test.clock.advance(60_000);
  });

  it('is accepted once when a hundred use it at once', async () => {
    const tries: Awaited<ReturnType<typeof upToTheCode>>[] = [];
    for (let i = 0; i < 100; i++) tries.push(await upToTheCode());
    const code = ada.totp.code();
    const seen = await eventsOf(test, async () => {
      const outcomes = await Promise.all(tries.map((prove) => prove(code)));
      assert.equal(outcomes.filter(({ state }) => state === 'granted').length, 1);
    });
    assert.equal(count(seen, 'signin.granted'), 1);
    assert.ok(count(seen, 'proof.refused') >= 1);
    test.clock.advance(3_600_000);
  });

  it('leaves the next code good for its owner', async () => {
    const seen = await eventsOf(test, () => signIn(test, ada));
    assert.equal(count(seen, 'signin.granted', 'granted'), 1);
  });
});
