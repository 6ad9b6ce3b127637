import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type ApprovalHouse, openApprovalHouse } from '../support/approvals.ts';
import { count, eventsOf } from '../support/events.ts';
import { enrol, PASSWORD } from '../support/people.ts';
import type { PasskeyPerson } from '../support/served-people.ts';

describe('a log-in at a network device that waits for a passkey', () => {
  let house: ApprovalHouse;
  let ada: PasskeyPerson;
  let root: PasskeyPerson;
  before(async () => {
    house = await openApprovalHouse();
    ada = await house.operator('ada');
    root = await house.operator('root', ['administrator']);
  });
  after(() => house.close());
  // What was asked an hour ago is forgotten.
  beforeEach(() => house.clock.advance(3_600_000));

  async function held(who: PasskeyPerson, numbered = true) {
    const token = await house.begin(who.identifier);
    const said = await house.hold(token, numbered);
    assert.equal(said.state, 'held', JSON.stringify(said));
    const number = said.state === 'held' ? said.number : undefined;
    const session = await house.signedIn(who);
    const [id = ''] = await house.waiting(session);
    return { token, number, session, id };
  }

  it('lets in whoever shows one in the browser and types the number, administrators too, on record', async () => {
    for (const who of [ada, root]) {
      const left = await eventsOf(house, async () => {
        const { token, number, session, id } = await held(who);
        assert.deepEqual(await house.collect(token), { state: 'waiting' });
        assert.equal(await house.answer(session, id, number), 'approved');
        const outcome = await house.collect(token);
        assert.equal(outcome.state, 'granted', JSON.stringify(outcome));
        if (outcome.state === 'granted') assert.equal(outcome.login.name, who.identifier);
        assert.deepEqual(await house.waiting(session), []);
      });
      assert.equal(count(left, 'login.held', 'challenged'), 1);
      assert.equal(count(left, 'login.approved', 'granted'), 1);
      assert.equal(count(left, 'login.granted', 'granted'), 1);
    }
  });

  it('takes a passkey that was shown since, and no older one', async () => {
    const session = await house.signedIn(ada);
    house.clock.advance(1000);
    const token = await house.begin('ada');
    const said = await house.hold(token);
    const number = said.state === 'held' ? said.number : undefined;
    const [id = ''] = await house.waiting(session);
    assert.equal(await house.answer(session, id, number), 'no-proof');
    assert.deepEqual(await house.collect(token), { state: 'waiting' });
    const fresh = await house.signedIn(ada);
    assert.equal(await house.answer(fresh, id, number), 'approved');
    assert.equal((await house.collect(token)).state, 'granted');
  });

  it('needs a code no more: but one that is typed meanwhile does as well, and takes it off the page', async () => {
    const { token, session, id, number } = await held(ada);
    const { network } = house.house.gate;
    const offer = { kind: 'totp', data: { code: ada.totp.code() } } as const;
    assert.equal((await network.prove(token, offer, house.at())).state, 'granted');
    assert.deepEqual(await house.waiting(session), []);
    assert.equal(await house.answer(session, id, number), 'not-found');
    assert.equal((await house.collect(token)).state, 'refused');
  });

  it('is refused when nobody answers in time, which is on record', async () => {
    const { token, session, id, number } = await held(ada);
    house.clock.advance(120_000);
    assert.deepEqual(await house.waiting(session), []);
    assert.equal(await house.answer(session, id, number), 'not-found');
    const left = await eventsOf(house, async () => {
      assert.equal((await house.collect(token)).state, 'refused');
      assert.equal((await house.collect(token)).state, 'refused');
    });
    assert.equal(count(left, 'login.lapsed', 'refused'), 1);
  });

  it('is judged by the policies that hold by then: who was disabled meanwhile comes in nowhere', async () => {
    const bob = await house.operator('bob');
    const { token, session, id, number } = await held(bob);
    assert.equal(await house.answer(session, id, number), 'approved');
    const changed = await house.house.store.write((tx) =>
      house.house.people.change(tx, bob.id, { groups: [] }, { door: 'cli' }),
    );
    assert.ok(changed.ok);
    assert.equal((await house.collect(token)).state, 'refused');
  });

  it('is over at once when its person says that it was not them, with a code too', async () => {
    const { token, session, id } = await held(ada);
    const left = await eventsOf(house, async () => {
      const done = await house.house.ownLogIns.disown(session, id, house.arrival());
      assert.equal(done.state, 'done');
      assert.equal((await house.collect(token)).state, 'refused');
    });
    assert.equal(count(left, 'login.disowned', 'refused'), 1);
    const offer = { kind: 'totp', data: { code: ada.totp.code() } } as const;
    const late = await house.house.gate.network.prove(token, offer, house.at());
    assert.equal(late.state, 'refused');
    // And nothing more is shown to them for an hour.
    const again = await house.begin('ada');
    assert.deepEqual(await house.hold(again), { state: 'refused', reason: 'too-many' });
    house.clock.advance(3_600_000);
    assert.equal((await house.hold(await house.begin('ada'))).state, 'held');
  });

  it('is asked again at once by whoever changed their password, after they said that it was not them', async () => {
    const eva = await house.operator('eva');
    const { session, id } = await held(eva);
    await house.house.ownLogIns.disown(session, id, house.arrival());
    house.clock.advance(1000);
    assert.equal((await house.hold(await house.begin('eva'))).state, 'refused');
    await enrol(house, await house.signedIn(eva), 'password', () => ({ password: PASSWORD }));
    assert.equal((await house.hold(await house.begin('eva'))).state, 'held');
  });

  it('ends with all that is open when its person reports trouble, approved or not', async () => {
    const { token, session, id, number } = await held(ada);
    assert.equal(await house.answer(session, id, number), 'approved');
    const other = await held(ada);
    const reported = await house.house.portal.reportTrouble(other.session, {}, house.arrival());
    assert.equal(reported.state, 'done');
    assert.equal((await house.collect(token)).state, 'refused');
    assert.equal((await house.collect(other.token)).state, 'refused');
  });

  it('is shown to nobody before a right password, nor where the door could carry what is wanted', async () => {
    const { network } = house.house.gate;
    const wrong = { kind: 'password', data: { password: 'not this one' } } as const;
    const asked = { identifier: 'ada', client: house.client, service: 'admin' };
    const refused = await network.logIn(asked, house.at(), wrong);
    const token = refused.state === 'refused' ? (refused.attempt?.token ?? '') : '';
    assert.notEqual(token, '');
    assert.deepEqual(await house.hold(token), { state: 'refused', reason: 'not-asked' });
    const carried = await house.begin('ada');
    const plain = house.at(house.client, { elsewhere: undefined });
    const held = await network.hold(carried, { numbered: true, lifetime: 60_000 }, plain);
    assert.deepEqual(held, { state: 'refused', reason: 'not-asked' });
  });
});
