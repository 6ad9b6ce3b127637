/** Policies of an installation that has its own about network devices. */
import assert from 'node:assert/strict';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import type { TestHouse } from './house.ts';

const BY = { door: 'cli' } as const;

/** The policies as shipped, with these in place of those about network devices. */
export async function activateForNetwork({ house }: TestHouse, network: string): Promise<void> {
  const { policies, store } = house;
  const files = { ...shippedPolicies(), 'network.cedar': network };
  const prepared = await policies.prepare(files);
  const activated = await store.write((tx) =>
    policies.activate(tx, prepared, { by: BY, administrators: [] }),
  );
  assert.equal(activated.state, 'activated', JSON.stringify(activated));
}
