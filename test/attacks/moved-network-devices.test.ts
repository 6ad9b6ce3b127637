/**
 * A network device is moved to a zone where policy lets in others: whoever has a connection open to us, a log-in half done, or comes in
 * that very moment, is judged by where it stands now (T1078, T1556.004; CWE-367).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { Device } from '../../server/subjects/devices.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { ADDRESS, addClient, addDevice, certify, networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { enrolledPerson } from '../support/people.ts';
import { openTacacsHouse } from '../support/tacacs-house.ts';

const BY = { door: 'cli' } as const;
const PASS = 1;
const FAIL = 2;
const RUN = 1;
const REFUSED = 16;
const CLOSED = `
@id("vault-is-closed") @because("Nobody comes in at network devices in the vault.")
forbid (principal, action in [Action::"logIn", Action::"joinNetwork", Action::"runCommand"], resource in Group::"zone:vault");
`;

const closeVault = (test: TestHouse) =>
  activateForNetwork(test, `${shippedPolicies()['network.cedar']}${CLOSED}`);

const move = async ({ house }: TestHouse, { id }: Pick<Device, 'id'>, zone: string) => {
  const moved = await house.store.write((tx) => house.devices.change(tx, id, { zone }, BY));
  assert.ok(moved.ok);
};

describe('at a network device that was moved', () => {
  it('a connection that stays open lets nobody run what is refused there by now', async (t) => {
    const house = await openTacacsHouse();
    t.after(() => house.close());
    const { test, device } = house;
    await closeVault(test);
    const ada = await house.person('ada');
    const client = await house.connect();
    const logIn = async () => {
      test.clock.advance(30_000);
      const replies = await client.logIn({ user: 'ada' }, [ada.password, ada.totp.code()]);
      return replies.at(-1)?.status;
    };
    const runs = async () =>
      (await client.authorise('ada', ['service=shell', 'cmd=show', 'cmd-arg=version']))?.status;
    assert.deepEqual([await logIn(), await runs()], [PASS, RUN]);
    await move(test, device, 'vault');
    test.clock.advance(6_000);
    const left = await eventsOf(test, async () => {
      assert.equal(await runs(), REFUSED);
      assert.equal(await logIn(), FAIL);
    });
    assert.equal(count(left, 'command.refused', 'refused'), 1);
    assert.equal(count(left, 'login.granted'), 0);
    await move(test, device, 'hall');
    const done = await eventsOf(test, async () => {
      assert.deepEqual([await logIn(), await runs()], [PASS, RUN]);
    });
    assert.deepEqual([count(done, 'login.granted'), count(done, 'command.granted')], [1, 1]);
    await client.close();
  });

  it('a log-in that was half done is judged by where it stands when it is finished', async (t) => {
    const test = await openTestHouse();
    t.after(() => test.close());
    await closeVault(test);
    const { network } = test.house.gate;
    const ada = await enrolledPerson(test, 'ada');
    const groups = ['network-operators'];
    await test.house.store.write((tx) => test.house.people.change(tx, ada.id, { groups }, BY));
    const client = await addClient(test, 'switch-1');
    const arrival = networkArrival(test, client);
    async function begin(): Promise<string> {
      test.clock.advance(30_000);
      const login = { identifier: 'ada', client, service: 'admin' };
      const offer = { kind: 'password', data: { password: ada.password } } as const;
      const begun = await network.logIn(login, arrival, offer);
      assert.equal(begun.state, 'challenged');
      return begun.attempt.token;
    }
    const finish = (token: string) =>
      network.prove(token, { kind: 'totp', data: { code: ada.totp.code() } }, arrival);
    const early = await begin();
    await move(test, { id: client.device }, 'vault');
    const left = await eventsOf(test, async () => {
      assert.equal((await finish(early)).state, 'refused');
    });
    assert.deepEqual([count(left, 'login.granted'), count(left, 'signin.refused')], [0, 1]);
    await move(test, { id: client.device }, 'hall');
    const done = await eventsOf(test, async () => {
      assert.equal((await finish(await begin())).state, 'granted');
    });
    assert.equal(count(done, 'login.granted', 'granted'), 1);
  });

  it('whoever came in by where it stood a moment ago is out again', async (t) => {
    const test = await openTestHouse();
    t.after(() => test.close());
    await closeVault(test);
    const { gate } = test.house;
    const before = await addClient(test, 'switch-1');
    const arrival = networkArrival(test, before);
    const laptop = await addDevice(test, 'laptop', { kind: 'workstation' });
    const { chain } = await certify(test, laptop);
    const joining = { certificate: chain, service: 'wired' };
    await move(test, { id: before.device }, 'vault');
    const left = await eventsOf(test, async () => {
      // Its packet was read before the change.
      await gate.network.admit(joining, before, arrival);
      await gate.settleNetwork();
    });
    assert.deepEqual([count(left, 'network.admitted'), count(left, 'login.ended')], [1, 1]);
    await move(test, { id: before.device }, 'hall');
    const now = await gate.network.client('radius', ADDRESS);
    assert.ok(now);
    const done = await eventsOf(test, async () => {
      assert.equal((await gate.network.admit(joining, now, arrival)).state, 'granted');
      await gate.settleNetwork();
    });
    assert.deepEqual([count(done, 'network.admitted'), count(done, 'login.ended')], [1, 0]);
  });
});
