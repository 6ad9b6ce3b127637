/**
 * The vault: every secret of the house is sealed under a key, and every key under another, up to one that is not here.
 *
 *     root key       outside the database (root-key-source.ts)                               wraps
 *     ring keys      a few versions; one is primary, older ones only open (ring.ts)          wrap
 *     data keys      one a subject, one a purpose of the house (data-keys.ts)                seal
 *     columns        bound to their table, column and row (box.ts)
 *
 * A subject's own secrets go under its own key, `vault.subject(q, id)`: destroying that one key erases them all. What belongs
 * to the house goes under `vault.system(purpose)`; to add a purpose, add its word to SYSTEM_PURPOSES, and the key is made when
 * the vault is next opened. To find a sealed value again, store `vault.blindIndex(…)` beside it. docs/keys.md tells operators.
 */
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { Ids, SubjectId } from '../kernel/id.ts';
import type { Random } from '../kernel/random.ts';
import type { Queries, Store, Tx } from '../store/store.ts';
import type { Box } from './box.ts';
import { createDataKeys, type DataKey, type DataKeys } from './data-keys.ts';
import { createDerivedKeys } from './derived-keys.ts';
import type { NoteKeyEvent } from './key-event.ts';
import { createRing, type Ring } from './ring.ts';
import { liveRingKeys } from './ring-table.ts';
import type { RootKeys } from './root-key.ts';
import { createRotation, type Rotation } from './rotation.ts';
import { type KeyStatus, keyStatus } from './status.ts';
import { createSubjectKeys, type SubjectKeyLimits } from './subject-keys.ts';

export type { Box, Place } from './box.ts';
export type { NoteKeyEvent } from './key-event.ts';

const SYSTEM_PURPOSES = ['signing', 'record', 'settings'] as const;
export type SystemPurpose = (typeof SYSTEM_PURPOSES)[number];

export interface Vault {
  /** The box of a system data key. */
  system(purpose: SystemPurpose): Box;
  /** A subject's own box; undefined when its key was destroyed or never made. Ask again each time: do not keep it. */
  subject(q: Queries, id: SubjectId): Promise<Box | undefined>;
  createSubjectKey(tx: Tx, id: SubjectId): Promise<Box>;
  /** Erasure: whatever was sealed under the subject's key can never be read again. */
  destroySubjectKey(tx: Tx, id: SubjectId): Promise<void>;
  /** A keyed HMAC-SHA-256 of the value, for finding a sealed value without opening any. 32 bytes. */
  blindIndex(purpose: string, value: string): Uint8Array;
  /** A key of 32 bytes for MACs, the same on every node and after every rotation. */
  derive(purpose: string): Uint8Array;
}

/** The vault as main and the key commands hold it. */
export interface VaultKeeper extends Vault {
  /** Whether this opening made the first keys. It is for main to have that on record, once there is a record. */
  readonly isNew: boolean;
  readonly rotation: Rotation;
  status(q: Queries): Promise<KeyStatus>;
}

export interface VaultDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly rootKeys: RootKeys;
  /** Where the root keys are cheap to read again, so that a node need not be restarted when they change. */
  readonly rereadRootKeys?: (() => RootKeys | undefined) | undefined;
  /** Called only after the vault is open, so it may reach a record that is built on the vault. */
  readonly note?: NoteKeyEvent;
  readonly subjectKeyLimits?: SubjectKeyLimits;
}

/** The owner of a data key that is no subject's: no id of a subject has this form. */
const house = (purpose: string) => `house:${purpose}`;
const HOUSE_KEYS = [...SYSTEM_PURPOSES, 'index'] as const;
type HouseKey = (typeof HOUSE_KEYS)[number];

/** Whether a database was sealed under some root key. A migrated one that was not may be given a new root key. */
export async function isSealed(store: Store): Promise<boolean> {
  return (await store.read((q) => q.all(liveRingKeys, {}))).length > 0;
}

/** Opens the vault, and makes its first keys when there are none. Faults: 'vault.root' for a root key of another database. */
export async function openVault(deps: VaultDeps): Promise<VaultKeeper> {
  const { store, clock, random, ids, subjectKeyLimits, note = async () => {} } = deps;
  const ring = createRing(deps);
  const dataKeys = createDataKeys({ ring, random, ids });
  const isNew = await makeMissingKeys(deps, ring, dataKeys);
  const opened = await store.read(async (q) => {
    const keys = new Map<HouseKey, DataKey>();
    for (const purpose of HOUSE_KEYS) {
      const key = await dataKeys.open(q, house(purpose));
      if (key) keys.set(purpose, key);
    }
    return keys;
  });

  const keyOf = (purpose: HouseKey) => {
    const key = opened.get(purpose);
    if (!key) throw new Fault('vault.key', `the key for ${purpose} is missing`);
    return key;
  };
  const boxes: Record<SystemPurpose, Box> = {
    signing: dataKeys.boxOf(keyOf('signing')),
    record: dataKeys.boxOf(keyOf('record')),
    settings: dataKeys.boxOf(keyOf('settings')),
  };
  const derived = createDerivedKeys(keyOf('index').key);
  const subjects = createSubjectKeys(dataKeys, clock, subjectKeyLimits);

  return {
    isNew,
    system: (purpose) => boxes[purpose],
    subject: subjects.box,
    createSubjectKey: subjects.create,
    async destroySubjectKey(tx, id) {
      if (!(await subjects.destroy(tx, id))) return;
      const data = { purpose: 'subject', version: 1 } as const;
      await note(tx, { type: 'key.destroyed', outcome: 'done', subject: id, data });
    },
    blindIndex: derived.blindIndex,
    derive: derived.derive,
    rotation: createRotation({ store, clock, ids, ring, note }),
    status: keyStatus,
  };
}

/** Two nodes may do this at once on an empty database: the insert of the first ring key lets one of them through. */
async function makeMissingKeys(
  { store, clock, rootKeys }: VaultDeps,
  ring: Ring,
  dataKeys: DataKeys,
): Promise<boolean> {
  const complete = await store.read(async (q) => {
    for (const purpose of HOUSE_KEYS) if (!(await dataKeys.has(q, house(purpose)))) return false;
    return true;
  });
  if (complete) return false;
  return store.write(async (tx) => {
    const made = await ring.create(tx, 1, { rootId: rootKeys[0].id, rootVersion: 1 }, clock.now());
    // Read again from what is there now: it may be the other node's.
    await ring.live(tx);
    for (const purpose of HOUSE_KEYS) await dataKeys.create(tx, house(purpose), clock.now());
    return made;
  });
}
