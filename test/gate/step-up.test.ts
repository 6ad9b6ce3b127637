import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MINUTE } from '../../server/kernel/clock.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, signIn, type TestPerson } from '../support/people.ts';
import { createTotpApp } from '../support/totp-app.ts';

describe('an authenticator that is being set up', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  it('need not be scanned again when a fresh proof is wanted on the way', async () => {
    const { gate, enrolments } = test.house;
    const arrival = test.arrival();
    const before = (await signIn(test, ada)).session.token;
    const begun = await enrolments.begin(before, 'totp', {}, arrival);
    assert.ok(begun.state === 'done', JSON.stringify(begun));
    const app = createTotpApp(String(begun.value.offer.uri), test.clock);
    test.clock.advance(10 * MINUTE);

    const finish = (token: string) =>
      enrolments.finish(token, begun.value.id, { code: app.code() }, arrival);
    const stale = await finish(before);
    assert.ok(stale.state === 'challenged', JSON.stringify(stale));
    const wanted = { to: 'stepUp', session: before, wish: stale.wish } as const;
    const { token } = challenged(await gate.ask(wanted, arrival));
    const shown = await gate.prove(
      token,
      { kind: 'totp', data: { code: ada.totp.code() } },
      arrival,
    );
    const renewed = granted(shown).session.token;

    assert.equal((await finish(before)).state, 'refused');
    assert.equal((await finish(renewed)).state, 'done');
  });
});
