/**
 * What was right once and must not be worth anything any more: an enrolment whose pass was revoked, a pass from before a
 * promotion, an attempt whose proof was replaced, a step-up in a session that ended, a pass kept for its freshness (CWE-613;
 * T1098, T1556.006).
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Role } from '@sallyport/contract/people.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addPerson,
  challenged,
  comeWithPass,
  enrol,
  enrolledPerson,
  issuePass,
  signIn,
  type TestPerson,
} from '../support/people.ts';

const by = { door: 'cli' } as const;
const enrolWish = { action: 'enrolProof', resource: { kind: 'part', id: 'portal' } } as const;

describe('what has outlived its reason', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  afterEach(() => test.close());

  const begin = (token: string) =>
    test.house.enrolments.begin(token, 'totp', {}, test.arrival()).then(({ state }) => state);
  const write: TestHouse['house']['store']['write'] = (work) => test.house.store.write(work);

  it('an enrolment is over when its pass is revoked, or another is issued', async () => {
    const id = await addPerson(test, 'newcomer');
    const thief = await comeWithPass(test, 'newcomer', await issuePass(test, id));
    assert.equal(await begin(thief), 'done');
    await write((tx) => test.house.passes.revoke(tx, id, by));
    assert.equal(await begin(thief), 'refused');

    const second = await comeWithPass(test, 'newcomer', await issuePass(test, id));
    const owner = await comeWithPass(test, 'newcomer', await issuePass(test, id));
    const seen = await eventsOf(test, async () => {
      assert.equal(await begin(second), 'refused');
      assert.equal(await begin(owner), 'done');
    });
    assert.equal(count(seen, 'session.started'), 0);
  });

  it('a pass from before a promotion is worth nothing after it', async () => {
    const id = await addPerson(test, 'bob');
    const planted = await issuePass(test, id);
    const inside = await comeWithPass(test, 'bob', planted);
    const roles: readonly Role[] = ['administrator'];
    const seen = await eventsOf(test, async () => {
      await write((tx) => test.house.acts.change(tx, id, { roles }, by));
    });
    assert.equal(await begin(inside), 'refused');
    const arrival = test.arrival();
    const { token } = challenged(
      await test.house.gate.ask({ to: 'enrol', who: { identifier: 'bob' } }, arrival),
    );
    const offer = { kind: 'pass', data: { code: planted } } as const;
    assert.equal((await test.house.gate.prove(token, offer, arrival)).state, 'refused');
    assert.equal(count(seen, 'session.revoked'), 1);
    await comeWithPass(test, 'bob', await issuePass(test, id));
  });

  it('a reset by pass leaves nobody in who was in before', async () => {
    const thief = await signIn(test, ada);
    const token = await comeWithPass(test, 'ada', await issuePass(test, ada.id));
    await enrol(test, token, 'password', () => ({ password: 'a new one that is long enough' }));
    const me = await test.house.portal.me(thief.session.token, test.arrival());
    assert.equal(me.state, 'refused');
    const completed = await test.house.enrolments.complete(token, test.arrival());
    assert.equal(completed.state, 'done');
    await signIn(test, { ...ada, password: 'a new one that is long enough' });
  });

  it('an attempt whose first proof was replaced can’t be finished', async () => {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    const password = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(token, password, arrival));

    const owner = await signIn(test, ada);
    await enrol(test, owner.session.token, 'password', () => ({
      password: 'a new one that is long enough',
    }));
    const seen = await eventsOf(test, async () => {
      const code = { kind: 'totp', data: { code: ada.totp.code() } } as const;
      const outcome = await gate.prove(token, code, arrival);
      assert.equal(outcome.state === 'refused' && outcome.reason, 'attempt-over');
    });
    assert.equal(count(seen, 'signin.granted'), 0);
    await signIn(test, { ...ada, password: 'a new one that is long enough' });
  });

  it('two step-ups in one session leave one session, and none in one that has ended', async () => {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { session } = await signIn(test, ada);
    test.clock.advance(600_000);
    const stepUp = { to: 'stepUp', session: session.token, wish: enrolWish } as const;
    const attempts = [
      challenged(await gate.ask(stepUp, arrival)),
      challenged(await gate.ask(stepUp, arrival)),
      challenged(await gate.ask(stepUp, arrival)),
    ];
    const offers = [
      { kind: 'totp', data: { code: ada.totp.code() } },
      { kind: 'recovery', data: { code: ada.recovery[0] } },
      { kind: 'password', data: { password: ada.password } },
    ] as const;
    const outcomes = await Promise.all(
      attempts.map(({ token }, i) => gate.prove(token, offers[i] ?? offers[0], arrival)),
    );
    assert.equal(outcomes.filter(({ state }) => state === 'granted').length, 1);
  });

  it('a pass shown in a session makes nothing fresh', async () => {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { session } = await signIn(test, ada);
    await issuePass(test, ada.id);
    test.clock.advance(600_000);
    const asked = challenged(
      await gate.ask({ to: 'stepUp', session: session.token, wish: enrolWish }, arrival),
    );
    assert.equal(
      asked.challenges.some(({ kind }) => kind === 'pass'),
      false,
    );
  });

  it('offers that nobody asked for slow down nobody else', async () => {
    const { gate } = test.house;
    const arrival = test.arrival({ address: '203.0.113.9', network: '203.0.113.9' });
    for (let i = 0; i < 60; i++) {
      const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
      for (let j = 0; j < 5; j++) {
        await gate.prove(token, { kind: 'totp', data: { code: '000000' } }, arrival);
      }
    }
    await signIn(test, ada);
  });

  it('honest mistakes of many, spread over time, never add up to a wait for all', async () => {
    const { gate } = test.house;
    for (let i = 0; i < 300; i++) {
      const address = `198.51.${100 + (i % 100)}.${i % 250}`;
      const arrival = test.arrival({ address, network: address });
      const { token } = challenged(
        await gate.ask({ to: 'signIn', identifier: `person-${i}` }, arrival),
      );
      await gate.prove(token, { kind: 'password', data: { password: 'mistyped' } }, arrival);
      test.clock.advance(4000);
    }
    const seen = await eventsOf(test, () => signIn(test, ada));
    assert.equal(count(seen, 'signin.granted'), 1);
  });
});
