/** A house of which a part is broken for a while: what comes meanwhile, and then the part is as it was. */
import type { PolicySetRow } from '../../server/policy/policy-table.ts';
import { tables } from '../../server/store/statement.ts';
import type { TestHouse } from './house.ts';

type Some = Pick<TestHouse, 'house' | 'clock'>;

const t = tables<{ policy_set: PolicySetRow; record_event: { id: string } }>();
const VERSION = 1_000_000;
const spoilPolicies = t.query((db) =>
  db.insertInto('policy_set').values({
    version: VERSION,
    files: 'not what a set of policies looks like',
    sha256: 'x',
    activated_at: 0,
    activated_by: null,
  }),
);
const mendPolicies = t.query((db) => db.deleteFrom('policy_set').where('version', '=', VERSION));
const takeRecord = t.query((db) => db.schema.alterTable('record_event').renameTo('record_gone'));
const giveRecord = t.query((db) => db.schema.alterTable('record_gone').renameTo('record_event'));
/** Policies are looked for again after it. */
const A_WHILE = 61_000;

type Change = typeof spoilPolicies | typeof mendPolicies | typeof takeRecord;

async function between(test: Some, first: Change, last: Change, work: () => Promise<void>) {
  const { store } = test.house;
  await store.write((tx) => tx.run(first, {}));
  test.clock.advance(A_WHILE);
  try {
    await work();
  } finally {
    await store.write((tx) => tx.run(last, {}));
    test.clock.advance(A_WHILE);
  }
}

/** The newest policies can't be read. */
export const withoutPolicies = (test: Some, work: () => Promise<void>) =>
  between(test, spoilPolicies, mendPolicies, work);

/** Nothing can be put on record, nor be read of it. */
export const withoutRecord = (test: Some, work: () => Promise<void>) =>
  between(test, takeRecord, giveRecord, work);
