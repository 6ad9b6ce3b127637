/**
 * A browser that nobody knows, with somebody's proofs in the wrong hands (T1078): signing in makes it known for the next time,
 * and not for the session that begins there and then.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Arrival } from '../../server/gate/arrival.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { challenged, enrolledPerson, granted, signIn, type TestPerson } from '../support/people.ts';

const WISH = { action: 'enrolProof', resource: { kind: 'part', id: 'portal' } } as const;
const PORTAL = { action: 'readSelf', resource: { kind: 'part', id: 'portal' } } as const;
const KNOWN_ONLY =
  '@id("known-browsers-only") @because("Proofs are added from a browser that was here before.") ' +
  'forbid (principal is Person, action == Action::"enrolProof", resource) ' +
  'when { principal.status == "active" } unless { context.knownDevice };';

describe('a new browser', () => {
  let test: TestHouse;
  let ada: TestPerson;
  beforeEach(async () => {
    test = await openTestHouse();
    ada = await enrolledPerson(test, 'ada');
    const { policies, store } = test.house;
    const prepared = await policies.prepare({ ...shippedPolicies(), 'known.cedar': KNOWN_ONLY });
    const done = await store.write((tx) =>
      policies.activate(tx, prepared, { by: { door: 'cli' }, administrators: [] }),
    );
    assert.equal(done.state, 'activated', JSON.stringify(done));
  });
  afterEach(() => test.close());

  const judge = async (token: string) =>
    (await test.house.gate.judge(token, WISH, test.arrival())).state;

  async function stepUp(session: string, arrival: Arrival) {
    const { gate } = test.house;
    const asked = await gate.ask({ to: 'stepUp', session, wish: WISH }, arrival);
    if (asked.state !== 'challenged') return asked;
    const code = ada.totp.code();
    const outcome = await gate.prove(
      asked.attempt.token,
      { kind: 'totp', data: { code } },
      arrival,
    );
    test.clock.advance(30_000);
    return outcome;
  }

  it('is a new one for as long as the session lasts that began in it, and known from the next one on', async () => {
    let device: string | undefined;
    let session = '';
    const first = await eventsOf(test, async () => {
      const grant = await signIn(test, ada);
      device = grant.device?.token;
      session = grant.session.token;
      // Its own token is brought along from now on, and makes nothing of it.
      assert.equal(await judge(session), 'refused');
      const stepped = await stepUp(session, test.arrival({ device }));
      assert.deepEqual(stepped, { state: 'refused', reason: 'not-permitted' });
      // What is not kept from new browsers goes on.
      const read = await test.house.gate.judge(session, PORTAL, test.arrival());
      assert.equal(read.state, 'granted');
    });
    assert.ok(device);
    const refused = first.filter(({ type }) => type === 'access.refused');
    assert.ok(refused.length >= 2);
    for (const { data, subject } of refused) {
      assert.equal(subject, ada.id);
      assert.deepEqual(data.policies, ['known-browsers-only']);
    }
    const known = (list: typeof first) =>
      list.filter(({ type }) => type === 'signin.granted').map(({ data }) => data.knownDevice);
    assert.deepEqual(known(first), [false]);

    const next = await eventsOf(test, async () => {
      const grant = await signIn(test, ada, test.arrival({ device }));
      assert.equal(await judge(grant.session.token), 'granted');
      // Stepping up later renews the session, and it still is of a known browser.
      test.clock.advance(600_000);
      const stepped = granted(await stepUp(grant.session.token, test.arrival({ device })));
      assert.equal(await judge(stepped.session.token), 'granted');
    });
    assert.deepEqual(known(next), [true]);
    assert.equal(next.filter(({ type }) => type === 'stepup.granted').length, 1);
  });

  it('is not made known by stepping up for something else', async () => {
    const { gate } = test.house;
    const { session, device } = await signIn(test, ada);
    test.clock.advance(600_000);
    const arrival = test.arrival({ device: device?.token });
    const wish = { action: 'changePassword', resource: PORTAL.resource } as const;
    const { token } = challenged(
      await gate.ask({ to: 'stepUp', session: session.token, wish }, arrival),
    );
    const offer = { kind: 'totp', data: { code: ada.totp.code() } } as const;
    const stepped = granted(await gate.prove(token, offer, arrival));
    assert.equal(await judge(stepped.session.token), 'refused');
  });
});
