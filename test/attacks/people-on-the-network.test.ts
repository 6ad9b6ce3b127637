/** People who come onto the network by a certificate (T1078, T1649): by the one for that, and worth no more than what was shown. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { cardConfig } from '../../server/proofs/card/card-config.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { addClient, networkArrival } from '../support/network.ts';
import { enrolledPerson } from '../support/people.ts';
import { cheapSettings } from '../support/settings.ts';

const BY = { door: 'cli' } as const;

describe('a person on the network', () => {
  let test: TestHouse;
  let made = 0;
  before(async () => {
    const { proofs } = cheapSettings();
    const card = cardConfig.parse({ withPin: { own: true } });
    test = await openTestHouse({ proofs: { ...proofs, card } });
  });
  after(() => test.close());

  async function join(profile: 'person' | 'modbus-role', at = test) {
    const n = ++made;
    const hall = await addClient(at, `hall-${n}`, `192.0.2.${n}`);
    const ada = await enrolledPerson(at, `ada-${n}`);
    await at.house.authority.chain();
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { store, authority, gate } = at.house;
    const subject = { kind: 'person', id: ada.id, name: 'ada' } as const;
    const role = profile === 'person' ? {} : { role: 'Operator' };
    const issued = await store.write((tx) =>
      authority.issue(tx, { profile, publicKey, subject, ...role }, BY),
    );
    assert.ok(issued.ok, JSON.stringify(issued));
    const { certificate, chain } = issued.value;
    const joining = { certificate: [certificate, ...chain] };
    return gate.network.admit(joining, hall, networkArrival(at, hall));
  }

  it('comes in by a certificate for people, and by none for another purpose', async () => {
    const left = await eventsOf(test, async () => {
      assert.equal((await join('modbus-role')).state, 'refused');
      assert.equal((await join('person')).state, 'granted');
    });
    assert.equal(count(left, 'network.refused', 'refused'), 1);
    assert.equal(count(left, 'network.admitted', 'granted'), 1);
  });

  it('has shown one kind of proof, unless the house promises that each card asks for its PIN', async () => {
    const bare = await openTestHouse();
    try {
      const left = await eventsOf(bare, async () => {
        const outcome = await join('person', bare);
        assert.deepEqual(outcome, { state: 'refused', reason: 'not-permitted' });
      });
      assert.equal(count(left, 'network.refused', 'refused'), 1);
    } finally {
      await bare.close();
    }
    const left = await eventsOf(test, async () => {
      assert.equal((await join('person')).state, 'granted');
    });
    assert.equal(count(left, 'network.admitted', 'granted'), 1);
  });
});
