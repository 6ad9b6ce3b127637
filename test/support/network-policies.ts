/** Policies of an installation that has its own about network devices. */
import assert from 'node:assert/strict';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { TestHouse } from './house.ts';

const BY = { door: 'cli' } as const;

/** The policies as shipped, with these in place of those about network devices. */
export async function activateForNetwork({ house }: TestHouse, network: string): Promise<void> {
  const { policies, store } = house;
  const files = { ...shippedPolicies(), 'network.cedar': network };
  let prepared = await policies.prepare(files);
  // They are checked for ten seconds at most, which a machine that does much else at once can use up.
  const late = () => prepared.late === true;
  for (let tries = 0; tries < 3 && late(); tries += 1) prepared = await policies.prepare(files);
  const activated = await store.write((tx) =>
    policies.activate(tx, prepared, { by: BY, administrators: [] }),
  );
  assert.equal(activated.state, 'activated', JSON.stringify(activated));
}
