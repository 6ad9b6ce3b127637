/** A whole house on a fresh database, as `serve` would build it, without doors. Its clock alone can be set ahead. */
import { join } from 'node:path';
import { systemLater } from '../../server/kernel/later.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { buildHouse, type House } from '../../server/main/house.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { keptInFile } from '../../server/record/kept-checkpoint.ts';
import { migrateUp } from '../../server/store/migrate.ts';
import type { Store } from '../../server/store/store.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import { writtenSettings } from '../../test/support/settings.ts';
import { type BenchClock, benchClock } from './bench-clock.ts';
import type { BenchDatabase } from './bench-database.ts';

export interface BenchHouse {
  readonly house: House;
  readonly store: Store;
  readonly clock: BenchClock;
  /** Durable commits so far, and the transactions that they held. */
  readonly commits: { count: number; transactions: number };
  close(): Promise<void>;
}

export async function openBenchHouse(database: BenchDatabase): Promise<BenchHouse> {
  const clock = benchClock();
  const random = systemRandom();
  const commits = { count: 0, transactions: 0 };
  const store = database.open((transactions) => {
    commits.count += 1;
    commits.transactions += transactions;
  });
  await migrateUp(store, clock);
  const house = await buildHouse(
    {
      store,
      rootKeys: [createRootKey(random.bytes(32), random)],
      kept: keptInFile(join(database.folder, 'checkpoint')),
      clock,
      random,
      later: systemLater(),
      notice(level, message, cause) {
        // A bench measures a house in which nothing goes wrong.
        if (level === 'error') throw new Error(message, { cause });
      },
      shippedPolicies: shippedPolicies(),
      sendAlert: undefined,
      node: 'bench',
    },
    writtenSettings(),
  );
  await house.sequencer.start();
  return {
    house,
    store,
    clock,
    commits,
    async close() {
      await house.sequencer.settle();
      await house.sequencer.stop();
      await store.close();
    },
  };
}
