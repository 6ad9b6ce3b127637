/**
 * Attempts opened without end (CWE-770, T1499.003): each is a row, so a source that opens them as fast as it can would fill the
 * disk. What is beyond its share waits, leaves no row and no event of its own, and holds up nobody elsewhere.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { gateConfig } from '../../server/gate/gate-config.ts';
import { createBuckets } from '../../server/gate/throttles/buckets.ts';
import { networkOf } from '../../server/http/source-address.ts';
import { tables } from '../../server/store/statement.ts';
import { manualClock } from '../support/clock.ts';
import { events } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { enrolledPerson, signIn } from '../support/people.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { signInOnWeb } from '../support/web-sign-in.ts';

const t = tables<{ attempt: { id: string } }>();
const everyAttempt = t.statement((db) => db.selectFrom('attempt').select('id'));
const limited = (network: number, all: number) =>
  gateConfig.parse({ throttles: { opening: { network, all } } });
const elsewhere = { address: '198.51.100.9', network: '198.51.100.9' };

describe('a flood of attempts', () => {
  let test: TestHouse | undefined;
  afterEach(() => test?.close());

  const open = (house: TestHouse, change = {}) =>
    house.house.gate.ask({ to: 'signIn', identifier: 'ada' }, house.arrival(change));
  const rows = async (house: TestHouse) =>
    (await house.test.store.read((q) => q.all(everyAttempt, {}))).length;

  it('from one network waits there, leaves no rows, and is counted; other networks go on', async () => {
    test = await openTestHouse({ gate: limited(20, 1000) });
    const ada = await enrolledPerson(test, 'ada');
    test.clock.advance(60_000);
    const before = await rows(test);
    const outcomes = [];
    for (let i = 0; i < 120; i++) outcomes.push(await open(test));
    const refused = outcomes.filter(({ state }) => state === 'refused');
    assert.equal(refused.length, 100);
    assert.deepEqual(refused[0], {
      state: 'refused',
      reason: 'throttled',
      retryAt: test.clock.now() + 3000,
    });
    assert.equal((await rows(test)) - before, 20);
    await signIn(test, ada, test.arrival(elsewhere));

    // Once it said so, the next one is open there too: nobody waits for good.
    test.clock.advance(3000);
    assert.equal((await open(test)).state, 'challenged');
    await signIn(test, ada);
    await test.house.counter.stop();
    const seen = await events(test);
    const counted = seen.filter(
      ({ type, outcome }) => type === 'decision.counted' && outcome === 'refused',
    );
    assert.deepEqual(
      counted.map(({ data }) => [data.action, data.count]),
      [['signIn', 100]],
    );
    assert.equal(seen.filter(({ type }) => type === 'signin.granted').length, 2);
  });

  it('from many networks together has a bound, which leaks as well', async () => {
    test = await openTestHouse({ gate: limited(20, 60) });
    const states = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const network = `198.51.100.${i}`;
      states.add((await open(test, { address: network, network })).state);
    }
    assert.deepEqual([...states], ['challenged']);
    const next = await open(test, elsewhere);
    assert.deepEqual(next, {
      state: 'refused',
      reason: 'throttled',
      retryAt: test.clock.now() + 1000,
    });
    test.clock.advance(1000);
    assert.equal((await open(test, elsewhere)).state, 'challenged');
  });

  it('does not slow down what was begun: a proof for an open attempt is looked at', async () => {
    test = await openTestHouse({ gate: limited(20, 1000) });
    const ada = await enrolledPerson(test, 'ada');
    test.clock.advance(60_000);
    const opened = await open(test);
    assert.ok(opened.state === 'challenged');
    for (let i = 0; i < 30; i++) await open(test);
    assert.equal((await open(test)).state, 'refused');
    const offer = { kind: 'password', data: { password: ada.password } } as const;
    const first = await test.house.gate.prove(opened.attempt.token, offer, test.arrival());
    assert.equal(first.state, 'challenged');
  });
});

describe('a flood over HTTP', () => {
  let served: ServedHouse;
  afterEach(() => served.close());

  it('is answered with 429 and a time to come back, by pages and by the API', async () => {
    served = await openServedHouse({ settings: { gate: limited(20, 1000) } });
    const begin = () =>
      served.api('beginAttempt', { body: { to: 'signIn', identifier: 'nobody' } });
    for (let i = 0; i < 20; i++) assert.equal((await begin()).status, 200);
    const answer = await begin();
    assert.equal(answer.status, 429);
    assert.equal(answer.json.code, 'throttled');
    assert.equal(answer.headers.get('retry-after'), '3');
    const browser = served.browser();
    const page = await browser.get('/signin');
    assert.equal(page.status, 200);
    const sent = await browser.post('/signin', { identifier: 'nobody' });
    assert.equal(sent.status, 429);
    served.clock.advance(3000);
    assert.equal((await begin()).status, 200);
  });

  it('is no fault to someone signed in who has to show a proof again: they are told to wait', async () => {
    served = await openServedHouse({ settings: { gate: limited(20, 1000) } });
    const ada = await enrolledPerson(served, 'ada');
    const browser = served.browser();
    await signInOnWeb({ test: served }, browser, ada);
    served.clock.advance(600_000);
    for (let i = 0; i < 21; i++) {
      await served.api('beginAttempt', { body: { to: 'signIn', identifier: 'nobody' } });
    }
    const page = await browser.get('/me/proofs/add/totp');
    assert.equal(page.status, 429);
    assert.equal(page.headers.get('retry-after'), '3');
    served.clock.advance(3000);
    assert.equal((await browser.get('/me/proofs/add/totp')).location, '/confirm');
  });
});

describe('the count of attempts', () => {
  it('knows an IPv6 subscriber by their /64, whichever of its addresses they use', () => {
    const clock = manualClock();
    const openings = createBuckets(clock, { each: 10, all: 1000 });
    const take = (address: string) => openings.take(networkOf(address));
    for (let i = 0; i < 10; i++) assert.equal(take(`2001:db8:1:2::${i + 1}`), undefined);
    assert.equal(take('2001:db8:1:2::ffff'), clock.now() + 6000);
    assert.equal(take('2001:db8:1:3::1'), undefined);
  });

  it('forgets the networks that are quiet, so that it is itself no way to fill anything', () => {
    const clock = manualClock();
    const openings = createBuckets(clock, { each: 10, all: 10_000_000 });
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      openings.take(`network ${i}`);
      clock.advance(10);
      most = Math.max(most, openings.size);
    }
    assert.ok(most <= 2048, `${most} networks at once`);
  });

  it('keeps nobody out for longer when the clock was set back, a little or far', () => {
    for (const back of [30_000, 3_600_000]) {
      const clock = manualClock();
      const openings = createBuckets(clock, { each: 10, all: 1000 });
      clock.advance(back);
      assert.equal(openings.take('one'), undefined);
      clock.advance(-back);
      for (let i = 0; i < 9; i++) assert.equal(openings.take('one'), undefined);
      assert.equal(openings.take('one'), clock.now() + 6000);
      clock.advance(6000);
      assert.equal(openings.take('one'), undefined);
    }
  });

  it('never lets more through in any minute than twice its bound, and what it refuses fills nothing', () => {
    const clock = manualClock();
    const openings = createBuckets(clock, { each: 60, all: 6000 });
    let through = 0;
    for (let i = 0; i < 60_000; i += 10) {
      if (openings.take('one') === undefined) through++;
      clock.advance(10);
    }
    assert.ok(through >= 118 && through <= 120, String(through));
  });
});
