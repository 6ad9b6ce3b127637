/** Data keys: each seals the columns of one subject, or of one purpose of the house, and is itself wrapped by the ring. */
import type { KeyObject } from 'node:crypto';
import { Fault } from '../kernel/fault.ts';
import type { Id, Ids } from '../kernel/id.ts';
import type { Random } from '../kernel/random.ts';
import type { Queries, Tx } from '../store/store.ts';
import { type Box, createBox, KEY_BYTES, keyFrom, keyIdOf, type Place } from './box.ts';
import { dataKeyOf, insertDataKey } from './data-key-table.ts';
import type { Ring } from './ring.ts';

export interface DataKey {
  readonly id: string;
  readonly key: KeyObject;
}

export interface DataKeys {
  /** Makes an owner's key; undefined when the owner has, or had, one. */
  create(tx: Tx, owner: string, now: number): Promise<DataKey | undefined>;
  /** Undefined when the owner has none, or no longer. */
  open(q: Queries, owner: string): Promise<DataKey | undefined>;
  has(q: Queries, owner: string): Promise<boolean>;
  boxOf(key: DataKey): Box;
}

/** How often a key is read again that was rewrapped, and its old ring key destroyed, between two reads. */
const TRIES = 3;

export function dataKeyPlace(owner: string, id: string): Place {
  return { table: 'vault_data_key', column: 'wrapped', row: `${owner}/${id}` };
}

export interface DataKeyDeps {
  readonly ring: Ring;
  readonly random: Random;
  readonly ids: Ids;
}

export function createDataKeys({ ring, random, ids }: DataKeyDeps): DataKeys {
  return {
    async create(tx, owner, now) {
      const primary = await ring.primary(tx);
      const id: Id<'data-key'> = ids.next();
      const bytes = random.bytes(KEY_BYTES);
      const wrapped = primary.box.seal(dataKeyPlace(owner, id), bytes);
      const key = keyFrom(bytes);
      const row = { owner, id, ringVersion: primary.version, wrapped, now };
      return (await tx.run(insertDataKey, row)) === 1 ? { id, key } : undefined;
    },
    async open(q, owner) {
      for (let attempt = 0; attempt < TRIES; attempt++) {
        const row = await q.one(dataKeyOf, { owner });
        if (!row || row.wrapped === null) return undefined;
        const box = await ring.boxFor(q, row.wrapped);
        if (box) {
          const bytes = box.open(dataKeyPlace(owner, row.id), row.wrapped);
          return { id: row.id, key: keyFrom(bytes) };
        }
      }
      throw new Fault('vault.key', `the key of ${owner} is under a ring key that is gone`);
    },
    has: async (q, owner) => (await q.one(dataKeyOf, { owner })) !== undefined,
    boxOf: ({ id, key }) => createBox(keyIdOf(id), key, random),
  };
}
