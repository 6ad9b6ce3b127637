/** A whole house for a test, on a fresh database, with a clock that stands still and chance that repeats. */
import type { Arrival } from '../../server/gate/arrival.ts';
import { gateConfig } from '../../server/gate/gate-config.ts';
import type { Later } from '../../server/kernel/later.ts';
import { buildHouse, type House, type HouseSettings } from '../../server/main/house.ts';
import { policyConfig } from '../../server/policy/policy-config.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { passConfig } from '../../server/proofs/pass/pass-config.ts';
import { passwordConfig } from '../../server/proofs/password/password-config.ts';
import { recoveryConfig } from '../../server/proofs/recovery/recovery-config.ts';
import { totpConfig } from '../../server/proofs/totp/totp-config.ts';
import { webauthnConfig } from '../../server/proofs/webauthn/webauthn-config.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import type { Alert } from '../../server/watch/alerts.ts';
import { type ManualClock, manualClock } from './clock.ts';
import { seededRandom } from './random.ts';
import { openTestStore, type TestStore } from './store.ts';

export interface TestHouse {
  readonly house: House;
  readonly clock: ManualClock;
  readonly test: TestStore;
  /** Everything that a part of the house complained of. */
  readonly notices: string[];
  /** What was sent to those who watch. */
  readonly alerts: Alert[];
  arrival(change?: Partial<Arrival>): Arrival;
  close(): Promise<void>;
}

/** Cheap enough that tests can sign in hundreds of times; what real hashes cost is tested with the proof. */
const CHEAP_HASH = { memory: 1024, passes: 1 };

/** Nothing happens by itself: tests call `settle`. */
const never: Later = () => () => {};

export async function openTestHouse(change: Partial<HouseSettings> = {}): Promise<TestHouse> {
  const clock = manualClock();
  const random = seededRandom('house');
  const test = await openTestStore(clock);
  const notices: string[] = [];
  const alerts: Alert[] = [];
  let kept: string | undefined;
  const house = await buildHouse(
    {
      store: test.store,
      rootKeys: [createRootKey(random.bytes(32), random)],
      kept: {
        read: async () => kept,
        write: async (note) => {
          kept = note;
        },
      },
      clock,
      random,
      later: never,
      notice: (level, message, cause) =>
        notices.push(
          `${level}: ${message} ${cause instanceof Error ? cause.stack : (cause ?? '')}`,
        ),
      shippedPolicies: shippedPolicies(),
      rereadRootKeys: undefined,
      sendAlert: async (alert) => void alerts.push(alert),
      node: 'test',
    },
    {
      gate: gateConfig.parse({}),
      policy: policyConfig.parse({}),
      proofs: {
        password: { ...passwordConfig.parse({}), ...CHEAP_HASH },
        totp: totpConfig.parse({}),
        webauthn: webauthnConfig.parse({}),
        recovery: recoveryConfig.parse({}),
        pass: passConfig.parse({}),
      },
      site: { rpId: 'localhost', origins: ['http://localhost:8080'] },
      origin: 'localhost/record',
      ...change,
    },
  );
  let requests = 0;
  return {
    house,
    clock,
    test,
    notices,
    alerts,
    arrival: (change = {}) => ({
      door: 'web',
      channel: 'browser',
      address: '192.0.2.7',
      network: '192.0.2.7',
      trustedNetwork: false,
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/130.0',
      origin: 'http://localhost:8080',
      request: `request-${requests++}`,
      device: undefined,
      carries: ['password', 'totp', 'webauthn', 'recovery', 'pass'],
      ...change,
    }),
    close: () => test.close(),
  };
}
