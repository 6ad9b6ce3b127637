/** A whole house on a fresh database, as `serve` would build it, without doors. Its clock alone can be set ahead. */
import { join } from 'node:path';
import { gateConfig } from '../../server/gate/gate-config.ts';
import { systemLater } from '../../server/kernel/later.ts';
import { systemRandom } from '../../server/kernel/random.ts';
import { buildHouse, type House } from '../../server/main/house.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { passConfig } from '../../server/proofs/pass/pass-config.ts';
import type { Argon2Cost } from '../../server/proofs/password/argon2id.ts';
import { passwordConfig } from '../../server/proofs/password/password-config.ts';
import { recoveryConfig } from '../../server/proofs/recovery/recovery-config.ts';
import { totpConfig } from '../../server/proofs/totp/totp-config.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';
import { keptInFile } from '../../server/record/kept-checkpoint.ts';
import { migrateUp } from '../../server/store/migrate.ts';
import type { Store } from '../../server/store/store.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
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

export async function openBenchHouse(
  database: BenchDatabase,
  change: { readonly argon2?: Argon2Cost } = {},
): Promise<BenchHouse> {
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
    {
      gate: gateConfig.parse({}),
      policy: policyConfig.parse({}),
      proofs: {
        password: { ...passwordConfig.parse({}), ...change.argon2 },
        totp: totpConfig.parse({}),
        webauthn: webauthnConfig.parse({}),
        recovery: recoveryConfig.parse({}),
        pass: passConfig.parse({}),
      },
      site: { rpId: 'localhost', origins: ['http://localhost:8080'] },
      origin: 'localhost/record',
    },
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
