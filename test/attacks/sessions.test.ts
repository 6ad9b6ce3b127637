/** Sessions that should not be good: fixed, ended, expired, of someone disabled, or with a token that was made up (T1539, T1550). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, signIn, type TestPerson } from '../support/people.ts';

describe('a session', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  const works = async (token: string) =>
    (await test.house.portal.me(token, test.arrival())).state === 'done';

  async function stepUp(session: string) {
    const { gate } = test.house;
    const arrival = test.arrival();
    const wish = { action: 'enrolProof', resource: { kind: 'part', id: 'portal' } } as const;
    const attempt = challenged(await gate.ask({ to: 'stepUp', session, wish }, arrival));
    const offer = { kind: 'totp', data: { code: ada.totp.code() } } as const;
    const grant = granted(await gate.prove(attempt.token, offer, arrival));
    test.clock.advance(30_000);
    return grant;
  }

  it('that an attacker knew before sign-in or step-up is worth nothing after it', async () => {
    const first = await signIn(test, ada);
    test.clock.advance(600_000);
    let second = first;
    const seen = await eventsOf(test, async () => {
      second = await stepUp(first.session.token);
    });
    assert.notEqual(second.session.token, first.session.token);
    assert.equal(await works(first.session.token), false);
    assert.equal(await works(second.session.token), true);
    assert.equal(count(seen, 'stepup.granted', 'granted'), 1);
  });

  it('made no longer by stepping up', async () => {
    const first = await signIn(test, ada);
    test.clock.advance(600_000);
    const second = await stepUp(first.session.token);
    assert.equal(second.session.expiresAt, first.session.expiresAt);
  });

  it('that was ended is refused at once, to its owner too', async () => {
    const one = await signIn(test, ada);
    const other = await signIn(test, ada);
    const seen = await eventsOf(test, async () => {
      const ended = await test.house.portal.endSession(
        other.session.token,
        one.session.id,
        test.arrival(),
      );
      assert.equal(ended.state, 'done');
    });
    assert.equal(await works(one.session.token), false);
    assert.equal(await works(other.session.token), true);
    assert.equal(count(seen, 'session.ended'), 1);
  });

  it('ends when idle and after its longest time, with nothing cleaned up', async () => {
    const idle = await signIn(test, ada);
    test.clock.advance(60 * 60_000);
    assert.equal(await works(idle.session.token), false);
    const busy = await signIn(test, ada);
    for (let minutes = 0; minutes < 12 * 60; minutes += 30) {
      assert.equal(await works(busy.session.token), true, `after ${minutes} minutes`);
      test.clock.advance(30 * 60_000);
    }
    assert.equal(await works(busy.session.token), false);
  });

  it('of another person can be neither seen nor ended', async () => {
    const eve = await enrolledPerson(test, 'eve');
    const mine = await signIn(test, ada);
    const hers = await signIn(test, eve);
    const outcome = await test.house.portal.endSession(
      hers.session.token,
      mine.session.id,
      test.arrival(),
    );
    assert.equal(outcome.state, 'failed');
    assert.equal(await works(mine.session.token), true);
    const listed = await test.house.portal.sessions(hers.session.token, test.arrival());
    assert.ok(listed.state === 'done' && listed.value.every(({ id }) => id !== mine.session.id));
  });

  it('is not opened by a token that was made up or changed', async () => {
    const { session } = await signIn(test, ada);
    const flip = (at: number) => {
      const other = session.token[at] === 'A' ? 'B' : 'A';
      return session.token.slice(0, at) + other + session.token.slice(at + 1);
    };
    for (const token of [
      flip(30),
      flip(60),
      flip(10),
      `${session.token}A`,
      '',
      'sps_',
      session.id,
    ]) {
      assert.equal(await works(token), false, token);
    }
    assert.equal(await works(session.token), true);
  });

  it('of someone who is disabled is refused at once, and stays so when they are enabled', async () => {
    const bob = await enrolledPerson(test, 'bob');
    const { session } = await signIn(test, bob);
    const by = { door: 'cli' };
    await test.house.store.write((tx) => test.house.acts.disable(tx, bob.id, by));
    assert.equal(await works(session.token), false);
    await test.house.store.write((tx) => test.house.acts.enable(tx, bob.id, by));
    assert.equal(await works(session.token), false);
    await signIn(test, bob);
  });
});
