/** A proof's name is changed by its owner: policies judge that as a change, and not as looking at one's own account. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { count, eventsOf } from '../support/events.ts';
import { openTestHouse, type TestHouse } from '../support/house.ts';
import { enrolledPerson, signIn } from '../support/people.ts';

const LOOK_ONLY =
  '@id("look-only") @because("From outside, people look at their account and change nothing.") ' +
  'forbid (principal is Person, action == Action::"renameProof", resource);';

describe('a proof', () => {
  let test: TestHouse;
  let session: string;
  beforeEach(async () => {
    test = await openTestHouse();
    const ada = await enrolledPerson(test, 'ada');
    session = (await signIn(test, ada)).session.token;
  });
  afterEach(() => test.close());

  async function rename() {
    const { portal } = test.house;
    const own = await portal.proofs(session, test.arrival());
    assert.ok(own.state === 'done');
    return portal.renameProof(session, own.value[0]?.id ?? '', 'the blue one', test.arrival());
  }

  it('is renamed by its owner, and not where policies let them look alone', async () => {
    const { policies, store } = test.house;
    const seen = await eventsOf(test, async () => {
      assert.equal((await rename()).state, 'done');
      const prepared = await policies.prepare({ ...shippedPolicies(), 'look.cedar': LOOK_ONLY });
      const done = await store.write((tx) =>
        policies.activate(tx, prepared, { by: { door: 'cli' }, administrators: [] }),
      );
      assert.equal(done.state, 'activated', JSON.stringify(done));
      const refused = await rename();
      assert.ok(refused.state === 'refused' && refused.reason === 'not-permitted', refused.state);
    });
    assert.equal(count(seen, 'proof.renamed', 'done'), 1);
    assert.equal(count(seen, 'access.refused', 'refused'), 1);
  });
});
