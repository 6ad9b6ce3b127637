/** The ring: a few keys, one of them primary, that wrap data keys. Held open in memory, read again when a version is new. */
import { Fault } from '../kernel/fault.ts';
import type { Id, Ids } from '../kernel/id.ts';
import type { Random } from '../kernel/random.ts';
import type { Queries, Tx } from '../store/store.ts';
import {
  type Box,
  createBox,
  KEY_BYTES,
  keyFrom,
  keyIdOf,
  type Place,
  sealedUnder,
} from './box.ts';
import {
  insertRingKey,
  insertRingSecret,
  liveRingKeys,
  primaryRingKey,
  type RingState,
} from './ring-table.ts';
import type { RootKey, RootKeys } from './root-key.ts';

/** Under which root key something is, and how many there have been of them in this database. */
export interface UnderRoot {
  readonly rootId: string;
  readonly rootVersion: number;
}

export interface LiveRingKey extends UnderRoot {
  readonly version: number;
  readonly id: string;
  readonly state: RingState;
  readonly wrapped: Uint8Array;
  readonly box: Box;
}

export interface Ring {
  /** The ring keys that are not destroyed, as the database has them now. Empty before the first opening. */
  live(q: Queries): Promise<LiveRingKey[]>;
  /** What a new data key is wrapped under. Asked of the database each time: another node may have rotated. */
  primary(q: Queries): Promise<{ readonly version: number; readonly box: Box }>;
  /** The ring key that a data key is wrapped under; undefined when it is destroyed. */
  boxFor(q: Queries, wrapped: Uint8Array): Promise<Box | undefined>;
  /** Makes a ring key and its row, as primary; false when that version is there already. */
  create(tx: Tx, version: number, under: UnderRoot, now: number): Promise<boolean>;
  /** One of the root keys at hand, by its check value. Faults: 'vault.root' when it is not at hand. */
  root(id: string): RootKey;
  /** The root key that the ring is to be under. */
  sealingRoot(): RootKey;
}

export interface RingDeps {
  readonly random: Random;
  readonly ids: Ids;
  readonly rootKeys: RootKeys;
  /** Reads the root keys again, for when the ring is under one that was not there at the start. */
  readonly rereadRootKeys?: (() => RootKeys | undefined) | undefined;
}

export function ringPlace(version: number, id: string): Place {
  return { table: 'vault_ring_secret', column: 'wrapped', row: `${version}/${id}` };
}

export function createRing({ random, ids, rootKeys, rereadRootKeys }: RingDeps): Ring {
  // By id, never by version: a version that was made in a transaction that failed may be made again with another key.
  let open = new Map<string, Box>();
  let roots = rootKeys;

  function root(id: string): RootKey {
    const known = (key: RootKey) => key.id === id;
    if (!roots.some(known)) roots = rereadRootKeys?.() ?? roots;
    const found = roots.find(known);
    if (found) return found;
    const given = roots.map((key) => short(key.id)).join(' and ');
    throw new Fault(
      'vault.root',
      `this database was sealed under another root key: it is under ${short(id)}, the root key given is ${given}`,
    );
  }

  async function live(q: Queries): Promise<LiveRingKey[]> {
    const rows = await q.all(liveRingKeys, {});
    const found = new Map<string, Box>();
    const keys = rows.map((row) => {
      const { version, id, state, root_id: rootId, root_version: rootVersion, wrapped } = row;
      // What is open stays open, though its root key may be one that this node does not have any more.
      const box =
        open.get(hexId(id)) ?? opened(id, root(rootId).box.open(ringPlace(version, id), wrapped));
      found.set(hexId(id), box);
      return { version, id, state, rootId, rootVersion, wrapped, box };
    });
    // What is no longer in the database is forgotten here too.
    open = found;
    return keys;
  }

  function opened(id: string, key: Uint8Array): Box {
    return createBox(keyIdOf(id), keyFrom(key), random);
  }

  async function byId(q: Queries, id: string): Promise<Box | undefined> {
    if (!open.has(id)) await live(q);
    return open.get(id);
  }

  return {
    live,
    boxFor: (q, wrapped) => byId(q, sealedUnder(wrapped)),
    async primary(q) {
      const row = await q.one(primaryRingKey, {});
      const box = row && (await byId(q, hexId(row.id)));
      if (!row || !box) throw new Fault('vault.key', 'the key ring has no primary key');
      return { version: row.version, box };
    },
    async create(tx, version, { rootId, rootVersion }, now) {
      const id: Id<'ring-key'> = ids.next();
      if ((await tx.run(insertRingKey, { version, id, now })) !== 1) return false;
      const key = random.bytes(KEY_BYTES);
      const wrapped = root(rootId).box.seal(ringPlace(version, id), key);
      key.fill(0);
      await tx.run(insertRingSecret, { version, rootId, rootVersion, wrapped });
      return true;
    },
    root,
    sealingRoot: () => roots[0],
  };
}

/** An id as the header of a sealed value has it. */
function hexId(id: string): string {
  return id.replaceAll('-', '');
}

/** Enough of a root key's id to tell it from others. */
function short(rootId: string): string {
  return rootId.slice(0, 8);
}
