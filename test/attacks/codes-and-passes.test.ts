/** Recovery codes and temporary passes used again, too late, from elsewhere, or for more than they are for (T1098.005, T1556). */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import {
  addPerson,
  challenged,
  comeWithPass,
  enrolledPerson,
  issuePass,
  type TestPerson,
} from '../support/people.ts';

describe('codes and passes', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  async function withRecovery(code: string) {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    const password = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(token, password, arrival));
    return gate.prove(token, { kind: 'recovery', data: { code } }, arrival);
  }

  it('a recovery code is good once, also when used twice at once', async () => {
    const code = ada.recovery[0] ?? '';
    const seen = await eventsOf(test, async () => {
      const outcomes = await Promise.all([withRecovery(code), withRecovery(code)]);
      assert.deepEqual(outcomes.map(({ state }) => state).sort(), ['granted', 'refused']);
      assert.equal((await withRecovery(code)).state, 'refused');
    });
    assert.equal(count(seen, 'signin.granted'), 1);
    assert.equal(count(seen, 'proof.refused'), 2);
    assert.equal((await withRecovery(ada.recovery[1] ?? '')).state, 'granted');
  });

  async function tryPass(identifier: string, code: string, address = '192.0.2.7') {
    const { gate } = test.house;
    const arrival = test.arrival({ address, network: address });
    const { token } = challenged(await gate.ask({ to: 'enrol', who: { identifier } }, arrival));
    return gate.prove(token, { kind: 'pass', data: { code } }, arrival);
  }

  it('a pass of one use is good once', async () => {
    const id = await addPerson(test, 'once');
    const code = await issuePass(test, id);
    const seen = await eventsOf(test, async () => {
      const outcomes = await Promise.all([tryPass('once', code), tryPass('once', code)]);
      assert.deepEqual(outcomes.map(({ state }) => state).sort(), ['granted', 'refused']);
      assert.equal((await tryPass('once', code)).state, 'refused');
    });
    assert.equal(count(seen, 'session.started', 'granted'), 1);
    assert.equal(count(seen, 'proof.refused'), 2);
  });

  it('a pass is refused when it has expired, was revoked, or comes from outside its networks', async () => {
    const id = await addPerson(test, 'bound');
    const bound = await issuePass(test, id, { networks: ['192.0.2.0/24'], uses: 2 });
    assert.equal((await tryPass('bound', bound, '198.51.100.1')).state, 'refused');
    assert.equal((await tryPass('bound', bound)).state, 'granted');
    const late = await issuePass(test, id, { lifetimeMinutes: 10 });
    test.clock.advance(11 * 60_000);
    assert.equal((await tryPass('bound', late)).state, 'refused');
    const revoked = await issuePass(test, id);
    await test.house.store.write((tx) => test.house.passes.revoke(tx, id, { door: 'cli' }));
    const seen = await eventsOf(test, async () => {
      assert.equal((await tryPass('bound', revoked)).state, 'refused');
    });
    assert.deepEqual(
      seen.map((e) => e.reason),
      ['not-held'],
    );
  });

  it('an administrator’s pass administers nothing', async () => {
    const id = await addPerson(test, 'chief', ['administrator']);
    const token = await comeWithPass(test, 'chief', await issuePass(test, id));
    const { administration } = test.house;
    const arrival = test.arrival();
    const seen = await eventsOf(test, async () => {
      for (const outcome of [
        await administration.listPeople(token, { limit: 10 }, arrival),
        await administration.erasePerson(token, ada.id, arrival),
        await administration.issuePass(token, ada.id, {}, arrival),
        await administration.issueToken(
          token,
          { owner: id, scope: ['person.read'], lifetime: 1000 },
          arrival,
        ),
      ]) {
        assert.equal(outcome.state, 'refused');
      }
    });
    assert.equal(count(seen, 'access.refused', 'refused'), 4);
    // What it is for works.
    const progress = await test.house.enrolments.progress(token, arrival);
    assert.equal(progress.state, 'done');
  });

  it('a pass is no proof at sign-in', async () => {
    const code = await issuePass(test, ada.id);
    const { gate } = test.house;
    const arrival = test.arrival();
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    const password = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(token, password, arrival));
    const outcome = await gate.prove(token, { kind: 'pass', data: { code } }, arrival);
    assert.equal(outcome.state === 'refused' && outcome.reason, 'not-asked');
  });
});
