/** A vault on a fresh database, and what a test needs to open it again. */
import { createIds, type Ids, type PersonId } from '../../server/kernel/id.ts';
import type { Random } from '../../server/kernel/random.ts';
import type { KeyEvent } from '../../server/vault/key-event.ts';
import { createRootKey, type RootKeys } from '../../server/vault/root-key.ts';
import { openVault, type VaultDeps, type VaultKeeper } from '../../server/vault/vault.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

export interface VaultTest extends TestStore {
  readonly clock: ManualClock;
  readonly random: Random;
  readonly ids: Ids;
  readonly rootKeys: RootKeys;
  readonly rootBytes: Uint8Array;
  /** What the record was told. */
  readonly events: KeyEvent[];
  /** Opens it as another process would, with nothing in memory. */
  open(changes?: Partial<VaultDeps>): Promise<VaultKeeper>;
  /** A new person's key, and something sealed under it. */
  person(vault: VaultKeeper): Promise<{ id: PersonId; sealed: Uint8Array }>;
}

export const PLACE = { table: 'subject', column: 'profile', row: 'p' };
export const PLAIN = new TextEncoder().encode('Ada Lovelace');

export async function vaultTest(): Promise<VaultTest> {
  const clock = manualClock();
  const test = await openTestStore(clock);
  const { store } = test;
  const random = seededRandom('vault');
  const ids = createIds(clock, random);
  const rootBytes = random.bytes(32);
  const rootKeys: RootKeys = [createRootKey(rootBytes.slice(), random)];
  const events: KeyEvent[] = [];
  const note = async (_: unknown, event: KeyEvent) => void events.push(event);
  return {
    ...test,
    clock,
    random,
    ids,
    rootKeys,
    rootBytes,
    events,
    open: (changes = {}) => openVault({ store, clock, random, ids, rootKeys, note, ...changes }),
    async person(vault) {
      const id: PersonId = ids.next();
      const sealed = await store.write(async (tx) =>
        (await vault.createSubjectKey(tx, id)).seal(PLACE, PLAIN),
      );
      return { id, sealed };
    },
  };
}
