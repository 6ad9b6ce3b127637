/** A part that fails refuses: database, record, policy, clock (ASVS 16.5.3; T1556.003 by outage). */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { PolicySetRow } from '../../server/policy/policy-table.ts';
import { tables } from '../../server/store/statement.ts';
import { count, events, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, signIn, type TestPerson } from '../support/people.ts';

const t = tables<{
  policy_set: PolicySetRow;
  session: { id: string; kind: string };
  record_event: { id: string };
}>();

describe('a fault', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  afterEach(() => test.close().catch(() => {}));

  async function trySignIn() {
    const { gate } = test.house;
    const arrival = test.arrival();
    const asked = await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival);
    if (asked.state !== 'challenged') return asked;
    const { token } = asked.attempt;
    const password = { kind: 'password', data: { password: ada.password } } as const;
    const first = await gate.prove(token, password, arrival);
    if (first.state !== 'challenged') return first;
    return gate.prove(token, { kind: 'totp', data: { code: ada.totp.code() } }, arrival);
  }

  it('of the database refuses, and says nothing of it', async () => {
    const { session } = await signIn(test, ada);
    await test.test.store.close();
    assert.deepEqual(await trySignIn(), { state: 'refused', reason: 'unavailable' });
    const judged = await test.house.gate.judge(
      session.token,
      { action: 'readSelf', resource: { kind: 'part', id: 'portal' } },
      test.arrival(),
    );
    assert.deepEqual(judged, { state: 'refused', reason: 'unavailable' });
    assert.ok(test.notices.length > 0);
  });

  it('of the record leaves what it would have told of undone', async () => {
    await test.house.store.write((tx) =>
      tx.run(
        t.query((db) => db.schema.alterTable('record_event').renameTo('record_event_gone')),
        {},
      ),
    );
    const outcome = await trySignIn();
    assert.deepEqual(outcome, { state: 'refused', reason: 'unavailable' });
    const rows = await test.house.store.read((q) =>
      q.all(
        t.query((db) => db.selectFrom('session').select('id').where('kind', '=', 'full')),
        {},
      ),
    );
    assert.equal(rows.length, 0);
    await test.house.store.write((tx) =>
      tx.run(
        t.query((db) => db.schema.alterTable('record_event_gone').renameTo('record_event')),
        {},
      ),
    );
    const seen = await eventsOf(test, () => signIn(test, ada));
    assert.equal(count(seen, 'signin.granted'), 1);
  });

  it('of the policy refuses everyone, and is on record', async () => {
    const { session } = await signIn(test, ada);
    await test.house.store.write((tx) =>
      tx.run(
        t.query((db) =>
          db.insertInto('policy_set').values({
            version: 1,
            files: 'not what a set of policies looks like',
            sha256: 'x',
            activated_at: 0,
            activated_by: null,
          }),
        ),
        {},
      ),
    );
    test.clock.advance(60_000);
    const me = await test.house.portal.me(session.token, test.arrival());
    assert.equal(me.state, 'refused');
    assert.notEqual((await trySignIn()).state, 'granted');
    assert.ok(test.notices.some((notice) => notice.includes('polic')));
    assert.ok(count(await events(test), 'signin.refused') > 0);
    await test.house.store.write((tx) =>
      tx.run(
        t.query((db) => db.deleteFrom('policy_set')),
        {},
      ),
    );
    test.clock.advance(60_000);
    await signIn(test, ada);
  });

  it('of the clock makes nothing fresh again that was not', async () => {
    const { session } = await signIn(test, ada);
    const code = ada.totp.code();
    assert.equal((await trySignIn()).state, 'granted');
    // Set back by an hour: the code that was used is not good again, and what was shown is not fresh.
    test.clock.advance(-3_600_000);
    const wish = { action: 'enrolProof', resource: { kind: 'part', id: 'portal' } } as const;
    const judged = await test.house.gate.judge(session.token, wish, test.arrival());
    assert.notEqual(judged.state, 'granted');
    const { gate } = test.house;
    const arrival = test.arrival();
    const asked = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    const password = { kind: 'password', data: { password: ada.password } } as const;
    challenged(await gate.prove(asked.token, password, arrival));
    const replay = await gate.prove(asked.token, { kind: 'totp', data: { code } }, arrival);
    assert.equal(replay.state, 'refused');
  });
});
