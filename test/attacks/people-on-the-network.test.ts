/**
 * People who come onto the network by a certificate (T1078, T1649): by the one for that, worth no more than what was shown, and judged as
 * people who log in.
 */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { Role } from '@sallyport/contract/people.ts';
import type { PersonId } from '../../server/kernel/id.ts';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, networkArrival } from '../support/network.ts';
import { activateForNetwork } from '../support/network-policies.ts';
import { enrolledPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';

const BY = { door: 'cli' } as const;
const pinned = cardConfig.parse({ withPin: { own: true } });
const devicesAlone = `@id("devices-join")
@because("Devices join.")
permit (principal is Device, action == Action::"joinNetwork", resource);
`;

describe('a person on the network', () => {
  let test: TestHouse;
  let made = 0;
  before(async () => {
    const { proofs } = cheapSettings();
    test = await openTestHouse({ proofs: { ...proofs, card: pinned } });
  });
  after(() => test.close());

  interface At {
    readonly test?: TestHouse;
    readonly kind?: 'switch' | 'vpn';
    readonly service?: string;
    readonly groups?: readonly string[];
    readonly roles?: readonly Role[];
  }
  async function join(
    profile: 'person' | 'modbus-role',
    { test: at = test, kind = 'switch', service = 'wired', groups = [], roles = [] }: At = {},
  ) {
    const n = ++made;
    const hall = await addClient(at, `hall-${n}`, `192.0.2.${n}`, 'radius', { kind });
    const ada = await enrolledPerson(at, `ada-${n}`);
    await at.house.authority.chain();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { store, authority, gate, people } = at.house;
    const changed = await store.write((tx) => people.change(tx, ada.id, { groups, roles }, BY));
    assert.ok(changed.ok);
    const subject = { kind: 'person', id: ada.id, name: 'ada' } as const;
    const role = profile === 'person' ? {} : { role: 'Operator' };
    const issued = await store.write((tx) =>
      authority.issue(tx, { profile, publicKey, subject, ...role }, BY),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    const { certificate, chain } = issued.value;
    const joining = { certificate: [certificate, ...chain], service };
    return gate.network.admit(joining, hall, networkArrival(at, hall));
  }
  const state = async (at: At = {}) => (await join('person', at)).state;

  it('comes in by a certificate for people, and by none for another purpose', async () => {
    const left = await eventsOf(test, async () => {
      assert.equal((await join('modbus-role')).state, 'refused');
      assert.equal((await join('person')).state, 'granted');
    });
    assert.equal(count(left, 'network.refused', 'refused'), 1);
    assert.equal(count(left, 'network.admitted'), 0);
    const [granted] = left.filter(({ type }) => type === 'login.granted');
    assert.deepEqual(
      [granted?.outcome, granted?.data.service, granted?.data.issuer, granted?.data.policies],
      ['granted', 'wired', 'own', ['cards-come-in']],
    );
  });

  it('has shown one kind of proof, unless the house promises that each card asks for its PIN', async () => {
    const bare = await openTestHouse();
    try {
      const left = await eventsOf(bare, async () => {
        const outcome = await join('person', { test: bare });
        assert.deepEqual(outcome, { state: 'refused', reason: 'not-permitted' });
      });
      assert.equal(count(left, 'network.refused', 'refused'), 1);
    } finally {
      await bare.close();
    }
    const left = await eventsOf(test, async () => {
      assert.equal((await join('person')).state, 'granted');
    });
    assert.equal(count(left, 'login.granted', 'granted'), 1);
  });

  it('logs in there as whoever types a password does, by the policies for people and for what it is for', async () => {
    // As shipped a card comes onto the network; to log in at the device, or through a gateway, takes what it takes of everybody.
    assert.equal(await state({ service: 'wifi' }), 'granted');
    for (const service of ['admin', 'login', 'vpn', 'network']) {
      assert.equal(await state({ service, kind: 'vpn' }), 'refused', service);
    }
    const remote = { kind: 'vpn', service: 'vpn', groups: ['remote-access'] } as const;
    assert.equal(await state(remote), 'granted');
    assert.equal(await state({ ...remote, service: 'admin' }), 'refused');
    assert.equal(await state({ service: 'admin', groups: ['network-operators'] }), 'granted');
  });

  it('is enough for whoever has a role, since a card can’t be phished', async () => {
    const admin = { service: 'admin', groups: ['network-operators'], roles: ['administrator'] };
    assert.equal(await state(admin as At), 'granted');
  });

  it('is kept out by what policies forbid people who log in, and by none that permits devices to join', async () => {
    const own = await openTestHouse({ proofs: { ...cheapSettings().proofs, card: pinned } });
    try {
      await activateForNetwork(own, devicesAlone);
      assert.equal(await state({ test: own }), 'refused');
      await activateForNetwork(
        own,
        `${devicesAlone}
@id("staff")
@because("Staff come in by card.")
permit (principal in Group::"staff", action == Action::"logIn", resource)
when { context.service == "wired" && context.proven.methods.contains("card") };
@id("no-contractors")
@because("Contractors log in nowhere.")
forbid (principal in Group::"contractors", action == Action::"logIn", resource);`,
      );
      assert.equal(await state({ test: own, groups: ['staff'] }), 'granted');
      assert.equal(await state({ test: own, groups: ['staff', 'contractors'] }), 'refused');
      assert.equal(await state({ test: own, groups: ['guests'] }), 'refused');
    } finally {
      await own.close();
    }
  });

  it('is judged again as a log-in: it goes on, and ends when they lose the group that let them in', async () => {
    const remote = { kind: 'vpn', service: 'vpn', groups: ['remote-access'] } as const;
    const outcome = await join('person', remote);
    assert.ok(outcome.state === 'granted');
    const { house } = test;
    const { session, subject } = outcome.login;
    const judged = () => house.store.write((tx) => house.logInActs.reauthorize(tx, session, BY));
    assert.deepEqual(await judged(), { ok: true, value: { outcome: 'same' } });
    const id = subject as PersonId; // Theirs.
    await house.store.write((tx) => house.people.change(tx, id, { groups: [] }, BY));
    assert.deepEqual(await judged(), { ok: true, value: { outcome: 'ended' } });
  });
});
