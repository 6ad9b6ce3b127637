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
import { openTacacsHouse } from '../support/tacacs-house.ts';

/** In an answer to a login (RFC 8907 §5.2). */
const PASS = 1;
const FAIL = 2;

const NAMED = `
@id("images") @because("The group images looks after images.") @ssh("accounts=ubuntu minutes=5")
permit (principal in Group::"images", action == Action::"logIn", resource in Group::"kind:server");
`;

describe('by PAM at a server', () => {
  let test: TestHouse;
  before(async () => {
    test = await openTestHouse();
    await addClient(test, 'web1', '192.0.2.10', 'radius', { kind: 'server' });
    await addClient(test, 'desk1', '192.0.2.12', 'radius', { kind: 'workstation' });
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
      // Nor by login, su or sudo, which a network device calls by no name of their own.
      for (const service of ['login', 'admin']) assert.equal(await logIn(mole, service), 'refused');
      assert.equal(await logIn(mole, 'login', '192.0.2.12'), 'refused');
    });
    assert.deepEqual([count(seen, 'login.granted'), count(seen, 'signin.refused')], [0, 4]);
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

  it('nobody is one by TACACS+ either, as pam_tacplus asks', async (t) => {
    const tacacs = await openTacacsHouse();
    t.after(tacacs.close);
    const { house, clock } = tacacs.test;
    const server = await house.store.write((tx) =>
      house.devices.change(tx, tacacs.device.id, { kind: 'server' }, { door: 'cli' }),
    );
    assert.ok(server.ok);
    house.gate.forgetClients();
    const mole = await tacacs.person('ubuntu');
    const ada = await tacacs.person('ada');
    const client = await tacacs.connect();
    async function tried({ identifier: user, password, totp }: TestPerson) {
      const asked = await client.logIn({ user }, [password, totp.code()]);
      clock.advance(30_000);
      const data = Buffer.from(password + totp.code());
      const atOnce = await client.logIn({ type: 2, user, data }, []);
      clock.advance(30_000);
      return [asked.at(-1)?.status, atOnce.at(-1)?.status];
    }
    const seen = await eventsOf(tacacs.test, async () => {
      assert.deepEqual(await tried(mole), [FAIL, FAIL]);
      assert.deepEqual(await tried(ada), [PASS, PASS]);
    });
    await client.close();
    assert.deepEqual([count(seen, 'login.granted'), count(seen, 'signin.refused')], [2, 2]);
  });
});
