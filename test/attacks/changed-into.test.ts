/**
 * Making of people what one may not touch (T1098, CWE-269, CWE-863): a policy that keeps somebody away from a role or a group keeps
 * them from giving it, too, whether to somebody who is there or to somebody who is added; a key that several people have is revoked by
 * whoever may end the log-ins of all of them; and what is issued in the moment of a promotion is judged by what came of it.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { tables } from '../../server/store/statement.ts';
import { keyLine, publicKeyOf } from '../../server/wire/ssh/public-key.ts';
import { count, eventsOf } from '../support/events.ts';
import { addDevice } from '../support/network.ts';
import { openServedHouse, type ServedHouse } from '../support/served-house.ts';
import { type PasskeyPerson, passkeyPerson, passkeySignIn } from '../support/served-people.ts';

const POLICIES = `
@id("hr-gives-roles") @because("The personnel office gives roles, but for the highest.")
permit (principal in Group::"personnel", action == Action::"role.change", resource)
unless { resource in Role::"administrator" };

@id("core-is-for-administrators") @because("Who is in the group core, administrators say.")
forbid (principal, action in [Action::"person.create", Action::"person.change"], resource)
when { resource in Group::"core" }
unless { principal in Role::"administrator" };

@id("at-web") @because("Whoever is here may log in at the web server.") @ssh("accounts=deploy minutes=5")
permit (principal is Person, action == Action::"logIn", resource == Network::"web1");
`;
const t = tables<{ entry_grant: { id: string } }>();
const nothing = t.statement((db) => db.selectFrom('entry_grant').select('id').limit(1));

describe('somebody who may change people, and not all of them', () => {
  let house: ServedHouse;
  let root: PasskeyPerson;
  let desk: PasskeyPerson;
  let admin: string;
  let operator: string;
  before(async () => {
    const policies = { ...shippedPolicies(), 'test.cedar': POLICIES };
    house = await openServedHouse({ parts: { shippedPolicies: policies } });
    root = await passkeyPerson(house, 'root', ['administrator']);
    desk = await passkeyPerson(house, 'desk', ['operator']);
    await addDevice(house, 'web1', { kind: 'server' });
  });
  after(() => house?.close());
  beforeEach(async () => {
    house.clock.advance(60_000);
    admin = await signedIn(root);
    operator = await signedIn(desk);
  });

  const signedIn = async (person: PasskeyPerson) =>
    (await passkeySignIn(house, person)).session.token;
  async function tries(
    token: string,
    name: 'changePerson' | 'addPerson' | 'issuePass' | 'enablePerson' | 'disablePerson',
    id: string | undefined,
    body?: unknown,
  ) {
    const params = id === undefined ? {} : { params: { id } };
    const answer = await house.api(name, {
      token,
      ...params,
      ...(body === undefined ? {} : { body }),
    });
    return answer.status < 300 ? 'done' : answer.json.code;
  }
  const refusals = async (work: () => Promise<void>) =>
    count(await eventsOf(house, work), 'access.refused', 'refused');

  it('gives nobody a role whose people are not theirs to change', async () => {
    const clerk = await passkeyPerson(house, 'clerk');
    const mole = await passkeyPerson(house, 'mole');
    assert.equal(await tries(admin, 'changePerson', clerk.id, { groups: ['personnel'] }), 'done');
    const token = await signedIn(clerk);
    const refused = await refusals(async () => {
      const highest = { roles: ['administrator'] };
      assert.equal(await tries(token, 'changePerson', mole.id, highest), 'not-permitted');
      assert.equal(await tries(token, 'changePerson', clerk.id, highest), 'not-permitted');
      assert.equal(await tries(token, 'changePerson', root.id, { roles: [] }), 'not-permitted');
      const fresh = { identifier: 'highest', displayName: 'New', email: null, ...highest };
      assert.equal(await tries(token, 'addPerson', undefined, fresh), 'not-permitted');
    });
    assert.equal(refused, 4);
    const done = await eventsOf(house, async () => {
      assert.equal(await tries(token, 'changePerson', mole.id, { roles: ['viewer'] }), 'done');
    });
    assert.equal(count(done, 'person.changed', 'done'), 1);
  });

  it('puts nobody into a group whose people are not theirs to change', async () => {
    const ada = await passkeyPerson(house, 'ada');
    const fresh = (identifier: string, groups: readonly string[]) => ({
      ...{ identifier, displayName: 'New', email: null, groups },
    });
    const refused = await refusals(async () => {
      const into = { groups: ['day', 'core'] };
      assert.equal(await tries(operator, 'changePerson', ada.id, into), 'not-permitted');
      const added = fresh('inside', ['core']);
      assert.equal(await tries(operator, 'addPerson', undefined, added), 'not-permitted');
    });
    assert.equal(refused, 2);
    assert.equal(await tries(operator, 'changePerson', ada.id, { groups: ['day'] }), 'done');
    assert.equal(await tries(operator, 'addPerson', undefined, fresh('bob', ['day'])), 'done');
    const done = await eventsOf(house, async () => {
      assert.equal(await tries(admin, 'changePerson', ada.id, { groups: ['core'] }), 'done');
      assert.equal(await tries(admin, 'addPerson', undefined, fresh('eve', ['core'])), 'done');
    });
    assert.deepEqual([count(done, 'person.changed'), count(done, 'person.created')], [1, 1]);
  });

  it('revokes no key of an administrator since somebody else came with it, too', async () => {
    const key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
    assert.ok(key);
    const publicKey = keyLine(key);
    const helper = await passkeyPerson(house, 'helper', ['viewer']);
    const certified = async (token: string) => {
      const answer = await house.api('logInBySsh', { token, body: { host: 'web1', publicKey } });
      assert.equal(answer.status, 201, answer.text);
    };
    const revoke = async (token: string) => {
      const answer = await house.api('revokeSshKey', { token, body: { publicKey } });
      return answer.status === 204 ? 'done' : answer.json.code;
    };
    await certified(admin);
    await certified(await signedIn(helper));
    const refused = await refusals(async () => {
      assert.equal(await revoke(operator), 'not-permitted');
    });
    assert.equal(refused, 1);
    const done = await eventsOf(house, async () => assert.equal(await revoke(admin), 'done'));
    assert.equal(count(done, 'ssh.key-revoked', 'done'), 1);
  });

  it('has no pass for somebody who is given a role at that moment', async () => {
    const heir = await passkeyPerson(house, 'heir');
    const { store, acts } = house.house;
    const raising = Promise.withResolvers<void>();
    const raised = store.write(async (tx) => {
      await acts.change(tx, heir.id, { roles: ['administrator'] }, { door: 'cli' });
      raising.resolve();
      // The other reaches the database, and waits there, before this goes on to commit.
      for (let turns = 0; turns < 200; turns++) await tx.one(nothing, {});
    });
    await raising.promise;
    const left = await eventsOf(house, async () => {
      assert.equal(await tries(operator, 'issuePass', heir.id, {}), 'not-permitted');
      await raised;
    });
    assert.deepEqual([count(left, 'pass.issued'), count(left, 'access.refused')], [0, 1]);
    const done = await eventsOf(house, async () => {
      assert.equal(await tries(admin, 'issuePass', heir.id, {}), 'done');
    });
    assert.equal(count(done, 'pass.issued', 'done'), 1);
  });

  it('sees nothing by the account of somebody who may see, for which a token had a pass issued', async () => {
    const seer = await passkeyPerson(house, 'seer', ['viewer']);
    const plain = await passkeyPerson(house, 'plain');
    const body = { owner: root.id, scope: ['pass.issue'] };
    const script = (await house.api('issueToken', { token: admin, body })).json.token;
    const refused = await refusals(async () => {
      assert.equal(await tries(script, 'issuePass', seer.id, {}), 'not-permitted');
    });
    assert.equal(refused, 1);
    const done = await eventsOf(house, async () => {
      assert.equal(await tries(script, 'issuePass', plain.id, {}), 'done');
      assert.equal(await tries(operator, 'issuePass', seer.id, {}), 'done');
    });
    assert.equal(count(done, 'pass.issued', 'done'), 2);
  });

  it('lets nobody in again by a token that may shut out alone', async () => {
    const gone = await passkeyPerson(house, 'gone');
    const issue = async (scope: readonly string[]) =>
      (await house.api('issueToken', { token: admin, body: { owner: root.id, scope } })).json.token;
    const alarm = await issue(['person.disable']);
    assert.equal(await tries(alarm, 'disablePerson', gone.id), 'done');
    const refused = await refusals(async () => {
      assert.equal(await tries(alarm, 'enablePerson', gone.id), 'not-permitted');
    });
    assert.equal(refused, 1);
    const done = await eventsOf(house, async () => {
      assert.equal(await tries(operator, 'enablePerson', gone.id), 'done');
    });
    assert.equal(count(done, 'person.enabled', 'done'), 1);
  });
});
