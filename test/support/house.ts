/** A whole house for a test, on a fresh database, with a clock that stands still and chance that repeats. */
import type { Arrival } from '../../server/gate/arrival.ts';
import type { Later } from '../../server/kernel/later.ts';
import {
  buildHouse,
  type House,
  type HouseDeps,
  type HouseSettings,
} from '../../server/main/house.ts';
import { shippedPolicies } from '../../server/policy/shipped.ts';
import { createRootKey } from '../../server/vault/root-key.ts';
import type { Alert } from '../../server/watch/alerts.ts';
import { browserArrival } from './arrival.ts';
import { type ManualClock, manualClock } from './clock.ts';
import { testJudge } from './guesses.ts';
import { seededRandom } from './random.ts';
import { cheapSettings } from './settings.ts';
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
  /** Another node on the same database: what one of them only remembers, the other does not know. */
  beside(change?: Partial<HouseSettings>): Promise<TestHouse>;
  close(): Promise<void>;
}

/** Nothing happens by itself: tests call `settle`. */
const never: Later = () => () => {};

export async function openTestHouse(
  change: Partial<HouseSettings> = {},
  parts: Partial<
    Pick<
      HouseDeps,
      'fetch' | 'fetchList' | 'post' | 'outOfReach' | 'challenges' | 'shippedPolicies'
    >
  > = {},
): Promise<TestHouse> {
  const clock = manualClock();
  const random = seededRandom('house');
  const test = await openTestStore(clock);
  const notices: string[] = [];
  const alerts: Alert[] = [];
  let kept: string | undefined;
  const rootKeys = [createRootKey(random.bytes(32), random)] as const;
  const deps: HouseDeps = {
    store: test.store,
    rootKeys,
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
      notices.push(`${level}: ${message} ${cause instanceof Error ? cause.stack : (cause ?? '')}`),
    shippedPolicies: shippedPolicies(),
    rereadRootKeys: undefined,
    sendAlert: async (alert) => void alerts.push(alert),
    node: 'test',
    judge: testJudge(),
    ...parts,
  };
  const settings = { ...cheapSettings(), ...change };
  const house = await buildHouse(deps, settings);
  let requests = 0;
  const opened: TestHouse = {
    house,
    clock,
    test,
    notices,
    alerts,
    arrival: (change) => browserArrival({ request: `request-${requests++}`, ...change }),
    async beside(change = {}) {
      const own = { random: seededRandom('beside'), node: 'beside' };
      return {
        ...opened,
        house: await buildHouse({ ...deps, ...own }, { ...settings, ...change }),
      };
    },
    close: () => test.close(),
  };
  return opened;
}
