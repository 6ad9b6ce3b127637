import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, signIn, type TestPerson } from '../support/people.ts';

describe('signing in', () => {
  let test: TestHouse;
  let ada: TestPerson;
  before(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
  });
  after(() => test.close());

  it('grants a session to a password and a code', async () => {
    const grant = await signIn(test, ada);
    assert.equal(grant.subject, ada.id);
    const me = await test.house.portal.me(grant.session.token, test.arrival());
    assert.equal(me.state, 'done');
    assert.deepEqual(test.notices, []);
  });

  it('asks everyone for the same first, known or not', async () => {
    const { gate } = test.house;
    const known = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, test.arrival()));
    const unknown = challenged(await gate.ask({ to: 'signIn', identifier: 'eve' }, test.arrival()));
    const shape = ({ challenges }: typeof known) =>
      challenges.map(({ kind, data }) => [kind, Object.keys(data)]);
    assert.deepEqual(shape(known), shape(unknown));
  });

  it('asks for the second kind after a right password, and says nothing after a wrong one', async () => {
    const { gate } = test.house;
    const arrival = test.arrival();
    const { token } = challenged(await gate.ask({ to: 'signIn', identifier: 'ada' }, arrival));
    const wrong = await gate.prove(
      token,
      { kind: 'password', data: { password: 'not this one' } },
      arrival,
    );
    assert.equal(wrong.state, 'refused');
    const right = challenged(
      await gate.prove(token, { kind: 'password', data: { password: ada.password } }, arrival),
    );
    assert.deepEqual(right.challenges.map(({ kind }) => kind).sort(), ['recovery', 'totp']);
    granted(await gate.prove(token, { kind: 'totp', data: { code: ada.totp.code() } }, arrival));
  });
});
