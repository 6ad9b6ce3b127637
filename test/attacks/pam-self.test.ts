/**
 * A host that asks by PAM lets people in at the account that they are called like: whoever may add people adds one who is called like an
 * account of systems, and is that there (T1136, T1078.003). As with certificates, such an account is nobody's own (ssh-self.test.ts).
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { enrolledPerson, type TestPerson } from '../support/people.ts';

const NAMED = `
@id("images") @because("The group images looks after images.") @ssh("accounts=ubuntu minutes=5")
permit (principal in Group::"images", action == Action::"logIn", resource in Group::"kind:server");
`;

describe('by PAM at a server', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
    await addClient(test, 'web1', '192.0.2.10', 'radius', { kind: 'server' });
    await addClient(test, 'vpn1', '192.0.2.11', 'radius', { kind: 'vpn' });
    await activateForNetwork(test, `${shippedPolicies()['network.cedar']}${NAMED}`);
  });
  after(() => test.close());

  async function person(name: string, groups: readonly string[]) {
    const added = await enrolledPerson(test, name);
    await regroup(added, groups);
    return added;
  }
  const regroup = ({ id }: TestPerson, groups: readonly string[]) =>
    test.house.store.write((tx) => test.house.people.change(tx, id, { groups }, { door: 'cli' }));

  async function logIn(who: TestPerson, service: string, address = '192.0.2.10') {
    const { network } = test.house.gate;
    test.clock.advance(30_000);
    const client = await network.client('radius', address);
    assert.ok(client);
    const arrival = networkArrival(test, client, { called: who.identifier });
    const password = { kind: 'password', data: { password: who.password } } as const;
    const login = { identifier: who.identifier, client, service };
    const begun = await network.logIn(login, arrival, password);
    assert.equal(begun.state, 'challenged');
    const code = { kind: 'totp', data: { code: who.totp.code() } } as const;
    return (await network.prove(begun.attempt.token, code, arrival)).state;
  }

  it('nobody is an account of systems since they are called like it', async () => {
    const mole = await person('ubuntu', ['ssh-users', 'network-operators']);
    const seen = await eventsOf(test, async () => {
      assert.equal(await logIn(mole, 'ssh'), 'refused');
    });
    assert.deepEqual([count(seen, 'login.granted'), count(seen, 'signin.refused')], [0, 1]);
    const ada = await person('ada', ['ssh-users']);
    const done = await eventsOf(test, async () => {
      assert.equal(await logIn(ada, 'ssh'), 'granted');
      // Elsewhere it is a name like any other.
      assert.equal(await logIn(mole, 'admin', '192.0.2.11'), 'granted');
      // A policy that names the account gives it.
      await regroup(mole, ['images', 'ssh-users']);
      assert.equal(await logIn(mole, 'ssh'), 'granted');
    });
    assert.equal(count(done, 'login.granted', 'granted'), 3);
  });
});
