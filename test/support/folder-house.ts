/**
 * A whole house on a database that outlives it: opened by one process of a test, killed there, and opened again by another.
 * Its keys come from the real machine's chance, its time from whoever opens it.
 */
import { join } from 'node:path';
import type { Arrival } from '../../server/gate/arrival.ts';
import { gateConfig } from '../../server/gate/gate-config.ts';
import type { Later } from '../../server/kernel/later.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { buildHouse, type House } from '../../server/main/house.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { passConfig } from '../../server/proofs/pass/pass-config.ts';
import { passwordConfig } from '../../server/proofs/password/password-config.ts';
import { recoveryConfig } from '../../server/proofs/recovery/recovery-config.ts';
import { totpConfig } from '../../server/proofs/totp/totp-config.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';
import { type KeptCheckpoint, keptInFile } from '../../server/record/kept-checkpoint.ts';
import { migrateUp } from '../../server/store/migrate.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { Store } from '../../server/store/store.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import type { ManualClock } from './clock.ts';

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

export const SITE = 'http://localhost:8080';
const CHEAP_HASH = { memory: 1024, passes: 1 };
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
    {
      gate: gateConfig.parse({
        attempt: '1h',
        enrolment: '24h',
        idle: '7d',
        absolute: '30d',
        ...(input.throttled ? {} : { throttles: { account: NEVER, source: NEVER, spray: NEVER } }),
      }),
      policy: policyConfig.parse({ freshFor: '2m' }),
      proofs: {
        password: { ...passwordConfig.parse({}), ...CHEAP_HASH },
        totp: totpConfig.parse({}),
        webauthn: webauthnConfig.parse({}),
        recovery: recoveryConfig.parse({}),
        pass: passConfig.parse({}),
      },
      site: { rpId: 'localhost', origins: [SITE] },
      origin: 'localhost/record',
    },
  );
  let requests = 0;
  return {
    house,
    clock,
    kept,
    notices,
    arrival: (change = {}) => ({
      door: 'web',
      channel: 'browser',
      address: '192.0.2.7',
      network: '192.0.2.7',
      trustedNetwork: false,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0',
      origin: SITE,
      request: `${node}-${requests++}`,
      device: undefined,
      carries: ['password', 'totp', 'webauthn', 'recovery', 'pass'],
      ...change,
    }),
    close: () => store.close(),
  };
}
