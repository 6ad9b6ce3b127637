/**
 * Log-ins at network devices that wait for a passkey, in other hands: approved by somebody else, by a session that was stolen, with a
 * guessed number, too late or a second time; and a person who is pestered by whoever knows their password (T1621).
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type ApprovalHouse, openApprovalHouse } from '../support/approvals.ts';
import { count, eventsOf } from '../support/events.ts';
import { addClient } from '../support/network.ts';
import type { PasskeyPerson } from '../support/served-people.ts';

describe('a log-in that waits for a passkey', () => {
  let house: ApprovalHouse;
  let ada: PasskeyPerson;
  let mallory: PasskeyPerson;
  before(async () => {
    house = await openApprovalHouse();
    ada = await house.operator('ada');
    mallory = await house.operator('mallory');
  });
  after(() => house.close());
  beforeEach(() => house.clock.advance(3_600_000));

  interface Open {
    readonly token: string;
    readonly number: number;
    readonly id: string;
    /** Ada's, with a passkey that was shown since. */
    readonly session: string;
  }

  async function open(): Promise<Open> {
    const token = await house.begin('ada');
    const held = await house.hold(token);
    assert.equal(held.state, 'held', JSON.stringify(held));
    const number = held.state === 'held' ? (held.number ?? 0) : 0;
    const session = await house.signedIn(ada);
    const [id = ''] = await house.waiting(session);
    return { token, number, id, session };
  }
  const state = async (token: string) => (await house.collect(token)).state;
  /** The person themselves, undisturbed. */
  async function worksFor({ token, number, id, session }: Open): Promise<void> {
    assert.equal(await house.answer(session, id, number), 'approved');
    assert.equal(await state(token), 'granted');
  }

  it('of somebody else is not there, to be seen, approved or refused', async () => {
    const hers = await open();
    const theirs = await house.signedIn(mallory);
    const { ownLogIns } = house.house;
    const left = await eventsOf(house, async () => {
      assert.deepEqual(await house.waiting(theirs), []);
      assert.equal((await ownLogIns.look(theirs, hers.id, house.arrival())).state, 'failed');
      assert.equal(await house.answer(theirs, hers.id, hers.number), 'not-found');
      assert.equal((await ownLogIns.disown(theirs, hers.id, house.arrival())).state, 'failed');
      assert.equal(await state(hers.token), 'waiting');
    });
    assert.equal(count(left, 'login.approved'), 0);
    await worksFor(hers);
  });

  it('can’t be approved in a session that was stolen, without its passkey', async () => {
    const stolen = await house.signedIn(ada);
    house.clock.advance(60_000);
    const hers = await open();
    const left = await eventsOf(house, async () => {
      assert.equal(await house.answer(stolen, hers.id, hers.number), 'no-proof');
      assert.equal(await state(hers.token), 'waiting');
    });
    assert.equal(count(left, 'login.approved'), 0);
    await worksFor(hers);
  });

  it('is refused for good by a wrong number, or by none', async () => {
    for (const guess of [(right: number) => (right === 99 ? 10 : right + 1), () => undefined]) {
      const hers = await open();
      const left = await eventsOf(house, async () => {
        assert.equal(await house.answer(hers.session, hers.id, guess(hers.number)), 'mismatched');
        assert.equal(await house.answer(hers.session, hers.id, hers.number), 'not-found');
        assert.equal(await state(hers.token), 'refused');
      });
      assert.equal(count(left, 'login.mismatched', 'refused'), 1);
      assert.equal(count(left, 'login.granted'), 0);
    }
    await worksFor(await open());
  });

  it('lets nobody in that was approved too late, or was not fetched in time', async () => {
    const late = await open();
    house.clock.advance(120_000);
    assert.equal(await house.answer(late.session, late.id, late.number), 'not-found');
    const unfetched = await open();
    assert.equal(await house.answer(unfetched.session, unfetched.id, unfetched.number), 'approved');
    house.clock.advance(120_000);
    const left = await eventsOf(house, async () => {
      assert.equal(await state(late.token), 'refused');
      assert.equal(await state(unfetched.token), 'refused');
    });
    assert.equal(count(left, 'login.lapsed', 'refused'), 2);
    assert.equal(count(left, 'login.granted'), 0);
    await worksFor(await open());
  });

  it('is good once, for the log-in that it was given for, at the network device where that began', async () => {
    const hers = await open();
    const other = await house.begin('ada');
    assert.equal((await house.hold(other)).state, 'held');
    const elsewhere = await addClient(house, 'lab', '192.0.2.99');
    assert.equal(await house.answer(hers.session, hers.id, hers.number), 'approved');
    const left = await eventsOf(house, async () => {
      assert.equal(await state(other), 'waiting');
      assert.equal((await house.collect(hers.token, elsewhere)).state, 'refused');
      assert.equal(await state(hers.token), 'granted');
      assert.equal(await state(hers.token), 'refused');
      assert.equal(await house.answer(hers.session, hers.id, hers.number), 'not-found');
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
  });

  it('is good once, however many ask for it at the same time', async () => {
    const hers = await open();
    assert.equal(await house.answer(hers.session, hers.id, hers.number), 'approved');
    const left = await eventsOf(house, async () => {
      const all = await Promise.all(Array.from({ length: 8 }, () => state(hers.token)));
      assert.equal(all.filter((one) => one === 'granted').length, 1, all.join());
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
  });

  it('comes three at a time at most, and none for an hour to whoever said that it was not them', async () => {
    const hers = await open();
    const held = async () => (await house.hold(await house.begin('ada'))).state;
    const left = await eventsOf(house, async () => {
      assert.deepEqual([await held(), await held(), await held()], ['held', 'held', 'refused']);
    });
    assert.equal(count(left, 'login.held', 'refused'), 1);
    assert.equal((await house.waiting(hers.session)).length, 3);
    await worksFor(hers);
    const [next = ''] = await house.waiting(hers.session);
    const { ownLogIns } = house.house;
    const done = await ownLogIns.disown(hers.session, next, house.arrival());
    assert.equal(done.state, 'done');
    house.clock.advance(600_000);
    assert.equal(await held(), 'refused');
    // Others are asked as before.
    const theirs = await house.hold(await house.begin('mallory'));
    assert.equal(theirs.state, 'held');
    house.clock.advance(3_600_000);
    await worksFor(await open());
  });
});
