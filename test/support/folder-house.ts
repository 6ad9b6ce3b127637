/**
 * A whole house on a database that outlives it: opened by one process of a test, killed there, and opened again by another.
 * Its keys come from the real machine's chance, its time from whoever opens it.
 */
import { join } from 'node:path';
import type { Arrival } from '../../server/gate/arrival.ts';
import type { Later } from '../../server/kernel/later.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { buildHouse, type House } from '../../server/main/house.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { type KeptCheckpoint, keptInFile } from '../../server/record/kept-checkpoint.ts';
import { migrateUp } from '../../server/store/migrate.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { Store } from '../../server/store/store.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import { browserArrival } from './arrival.ts';
import type { ManualClock } from './clock.ts';
import { cheapSettings } from './settings.ts';

export interface FolderHouse {
  readonly house: House;
  readonly clock: ManualClock;
  readonly kept: KeptCheckpoint;
  /** Everything that a part of the house complained of. */
  readonly notices: string[];
  arrival(change?: Partial<Arrival>): Arrival;
  close(): Promise<void>;
}

export interface FolderHouseInput {
  /** `sqlite`, or the URL of a PostgreSQL. */
  readonly database: string;
  readonly folder: string;
  readonly clock: ManualClock;
  readonly later: Later;
  readonly node: string;
  readonly aroundStore?: (store: Store) => Store;
  readonly aroundKept?: (kept: KeptCheckpoint) => KeptCheckpoint;
  readonly poolSize?: number;
  /** Throttles as they come; by default none of them ever engages. */
  readonly throttled?: boolean;
}

const NEVER = { free: 1_000_000 };
/** The same in every process: it is what a data folder's root.key would be. */
const ROOT_KEY = new Uint8Array(32).map((_, at) => (at * 41 + 7) % 256);

export async function openFolderHouse(input: FolderHouseInput): Promise<FolderHouse> {
  const { database, folder, clock, later, node, poolSize = 5 } = input;
  const random = systemRandom();
  const around = input.aroundStore ?? ((store) => store);
  const store = around(await openStore({ database, folder, poolSize, random }));
  const kept = (input.aroundKept ?? ((each) => each))(keptInFile(join(folder, 'checkpoint')));
  const notices: string[] = [];
  await migrateUp(store, clock);
  const house = await buildHouse(
    {
      store,
      rootKeys: [createRootKey(ROOT_KEY.slice(), random)],
      kept,
      clock,
      random,
      later,
      notice: (level, message, cause) =>
        notices.push(
          `${level}: ${message} ${cause instanceof Error ? cause.stack : (cause ?? '')}`,
        ),
      shippedPolicies: shippedPolicies(),
      sendAlert: undefined,
      node,
    },
    cheapSettings({
      gate: {
        attempt: '1h',
        enrolment: '24h',
        idle: '7d',
        absolute: '30d',
        ...(input.throttled ? {} : { throttles: { account: NEVER, source: NEVER, spray: NEVER } }),
      },
      policy: { freshFor: '2m' },
    }),
  );
  let requests = 0;
  return {
    house,
    clock,
    kept,
    notices,
    arrival: (change) => browserArrival({ request: `${node}-${requests++}`, ...change }),
    close: () => store.close(),
  };
}
