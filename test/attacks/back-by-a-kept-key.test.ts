/**
 * A laptop is stolen while it is on the air. Access points keep the key that came of 802.1X for hours (IEEE 802.11 §12.7.1.3, PMKSA
 * caching) and let whoever has it come back without asking us: all that we hear is accounting, which says Stop when they go and Start when
 * they are back, with the Class of the login of before. Whoever switched the radio off for a moment must not be out of reach for good
 * (T1078, CWE-613).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type {
  AccountingReport,
  NetworkClient,
  NetworkSessionId,
} from '../../server/gate/network/network-words.ts';
import { MINUTE } from '../../server/kernel/clock.ts';
import type { Device } from '../../server/subjects/devices.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, addDevice, certify, networkArrival } from '../support/network.ts';
import { enrol, enrolledPerson, PASSWORD, signIn, type TestPerson } from '../support/people.ts';

const BY = { door: 'cli' } as const;

describe('whoever comes back to an access point by a key that it kept', () => {
  let test: TestHouse;
  let radio: NetworkClient;
  let other: NetworkClient;
  let gateway: NetworkClient;
  const told: string[] = [];
  before(async () => {
    test = await openTestHouse();
    radio = await addClient(test, 'radio', undefined, 'radius', { kind: 'access-point' });
    other = await addClient(test, 'other', '192.0.2.11', 'radius', { kind: 'access-point' });
    gateway = await addClient(test, 'gateway', '192.0.2.12', 'radius', { kind: 'vpn' });
    test.house.gate.network.onEnded(({ id, deviceSession }) => {
      told.push(`${id} ${deviceSession ?? ''}`);
    });
  });
  after(() => test.close());

  async function joined(name: string): Promise<{ laptop: Device; session: NetworkSessionId }> {
    told.length = 0;
    const laptop = await addDevice(test, name, { kind: 'workstation' });
    const { chain } = await certify(test, laptop);
    const joining = { certificate: chain, service: 'wifi' } as const;
    const outcome = await test.house.gate.network.admit(
      joining,
      radio,
      networkArrival(test, radio),
    );
    assert.ok(outcome.state === 'granted');
    return { laptop, session: outcome.login.session };
  }
  const report = (
    kind: AccountingReport['kind'],
    session: NetworkSessionId,
    deviceSession: string,
    at = radio,
  ) =>
    test.house.gate.network.account(
      { kind, session, deviceSession, name: undefined },
      at,
      networkArrival(test, at),
    );
  const disable = (laptop: Device) =>
    test.house.store.write((tx) => test.house.devices.disable(tx, laptop.id, BY));
  async function tunnel(who: TestPerson): Promise<NetworkSessionId> {
    const { gate, people, store } = test.house;
    const groups = ['remote-access'];
    assert.ok((await store.write((tx) => people.change(tx, who.id, { groups }, BY))).ok);
    const arrival = networkArrival(test, gateway, { address: '192.0.2.12' });
    const login = { identifier: who.identifier, client: gateway, service: 'vpn' };
    const password = { kind: 'password', data: { password: PASSWORD } } as const;
    const first = await gate.network.logIn(login, arrival, password);
    assert.ok(first.state === 'challenged', JSON.stringify(first));
    const code = { kind: 'totp', data: { code: who.totp.code() } } as const;
    const second = await gate.network.prove(first.attempt.token, code, arrival);
    assert.ok(second.state === 'granted', JSON.stringify(second));
    test.clock.advance(MINUTE);
    return second.login.session;
  }
  async function revokeAllOf({ id }: TestPerson): Promise<void> {
    const { store, acts } = test.house;
    assert.ok((await store.write((tx) => acts.revokeSessionsOf(tx, id, BY))).ok);
  }
  async function replacePassword(who: TestPerson): Promise<void> {
    const { session } = await signIn(test, who);
    const password = 'quite another horse of fifty';
    await enrol(test, session.token, 'password', () => ({ password }));
  }
  async function isOpen(session: NetworkSessionId): Promise<boolean> {
    const { gate, store } = test.house;
    const open = await store.read((q) => gate.networkSessions.list(q, { limit: 100 }));
    return open.some(({ id }) => id === session);
  }

  it('is put out when the laptop is disabled, under the name that the access point has for them by then', async () => {
    const { laptop, session } = await joined('stolen');
    const left = await eventsOf(test, async () => {
      await report('start', session, 'a1');
      await report('stop', session, 'a1');
      await report('start', session, 'a2');
    });
    assert.deepEqual([count(left, 'login.ended'), count(left, 'login.resumed')], [1, 1]);
    await disable(laptop);
    const ended = await eventsOf(test, () => test.house.gate.settleNetwork());
    assert.deepEqual(told, [`${session} a2`]);
    assert.equal(count(ended, 'login.ended'), 1);
  });

  it('is put out when the laptop was disabled while they were off the air', async () => {
    const { laptop, session } = await joined('switched-off');
    await report('start', session, 'b1');
    await report('stop', session, 'b1');
    await disable(laptop);
    await test.house.gate.settleNetwork();
    assert.deepEqual(told, [], 'nobody is there');
    // The Start was lost on its way.
    const left = await eventsOf(test, async () => {
      await report('interim', session, 'b2');
      await test.house.gate.settleNetwork();
    });
    assert.deepEqual(told, [`${session} b2`]);
    assert.deepEqual([count(left, 'login.resumed'), count(left, 'login.ended')], [1, 1]);
  });

  it('is asked for again where the access point goes on telling of whoever had to go, now and then', async () => {
    const { laptop, session } = await joined('unheard');
    await report('start', session, 'c1');
    await disable(laptop);
    await test.house.gate.settleNetwork();
    assert.deepEqual(told, [`${session} c1`]);
    const again = async (name = 'c1') => {
      await report('interim', session, name);
      await test.house.gate.settleNetwork();
      return told.length;
    };
    const left = await eventsOf(test, async () => {
      assert.deepEqual([await again(), await again()], [2, 2]);
      test.clock.advance(5 * MINUTE);
      assert.deepEqual([await again(), await again()], [3, 3]);
      // Nobody heard that they went and came back: by the name of before it would find nobody.
      test.clock.advance(5 * MINUTE);
      assert.equal(await again('c2'), 4);
    });
    assert.equal(told.at(-1), `${session} c2`);
    assert.equal(count(left, 'login.resumed'), 0, 'nobody is let in by what an access point says');
    assert.equal(await isOpen(session), false);
    assert.equal(left.filter(({ data }) => data.login === session).length, 5);
  });

  it('is not taken for who is gone: reports that come late or again, or from elsewhere, bring nobody back', async () => {
    const { session } = await joined('gone');
    // Its Start was lost and is sent again, after the Stop.
    await report('stop', session, 'd1');
    const left = await eventsOf(test, async () => {
      await report('start', session, 'd1');
      await report('interim', session, 'd1');
      await report('stop', session, 'd1');
      await report('start', session, 'd2', other);
    });
    assert.deepEqual([count(left, 'login.resumed'), await isOpen(session)], [0, false]);
    await report('start', session, 'd3');
    assert.equal(await isOpen(session), true, 'whoever is back is there');
    // The Stop of the time before comes again.
    await report('stop', session, 'd1');
    assert.equal(await isOpen(session), true);
    await report('stop', session, 'd3');
    assert.equal(await isOpen(session), false);
  });

  it('is nobody who logged in at the access point itself: what they may run there is judged by that', async () => {
    const ada = await enrolledPerson(test, 'ada');
    const { gate, people, store } = test.house;
    const groups = ['network-operators'];
    assert.ok((await store.write((tx) => people.change(tx, ada.id, { groups }, BY))).ok);
    const arrival = networkArrival(test, radio);
    const login = { identifier: 'ada', client: radio, service: 'admin' };
    const password = { kind: 'password', data: { password: PASSWORD } } as const;
    const first = await gate.network.logIn(login, arrival, password);
    assert.ok(first.state === 'challenged');
    const code = { kind: 'totp', data: { code: ada.totp.code() } } as const;
    const second = await gate.network.prove(first.attempt.token, code, arrival);
    assert.ok(second.state === 'granted');
    const { session } = second.login;
    await report('start', session, 'f1');
    await report('stop', session, 'f1');
    const left = await eventsOf(test, () => report('start', session, 'f2'));
    assert.deepEqual([count(left, 'network.accounted'), count(left, 'login.resumed')], [1, 0]);
    assert.equal(await gate.network.stands(session, radio), false);
  });

  for (const [what, ends] of [
    ['an administrator ended all that is theirs', (who: TestPerson) => revokeAllOf(who)],
    ['the password that they showed was replaced', (who: TestPerson) => replacePassword(who)],
  ] as const) {
    it(`is put out when ${what} while they were off the air`, async () => {
      told.length = 0;
      const name = `person-${what.length}`;
      const ada = await enrolledPerson(test, name);
      const eve = await enrolledPerson(test, `other-${what.length}`);
      const [taken, stays] = [await tunnel(ada), await tunnel(eve)];
      for (const session of [taken, stays]) {
        await report('start', session, `${name} 1`, gateway);
        await report('stop', session, `${name} 1`, gateway);
      }
      await ends(ada);
      const left = await eventsOf(test, async () => {
        for (const session of [taken, stays]) await report('start', session, `${name} 2`, gateway);
        await test.house.gate.settleNetwork();
      });
      assert.deepEqual([await isOpen(taken), await isOpen(stays)], [false, true]);
      assert.deepEqual(told, [`${taken} ${name} 2`], 'the gateway is asked to put out the one');
      const resumed = left.filter(({ type }) => type === 'login.resumed');
      assert.deepEqual(
        resumed.map(({ data }) => data.login),
        [stays],
      );
    });
  }

  it('is over by the time that they were let in for', async () => {
    const { session } = await joined('late');
    await report('start', session, 'e1');
    await report('stop', session, 'e1');
    test.clock.advance(30 * 24 * 60 * MINUTE);
    const left = await eventsOf(test, () => report('start', session, 'e2'));
    assert.equal(count(left, 'login.resumed'), 0);
  });
});
