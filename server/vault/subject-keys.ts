/**
 * The keys of subjects: one each, kept open for a while, since a sign-in asks for the same one several times.
 *
 * The cache is bounded in number, for there may be a million people, and in time: a node learns of a key that another node
 * destroyed when its own copy has run out. Until then it could still open what it had read before the erasure.
 */
import { createBoundedMap } from '../kernel/bounded-map.ts';
import { type Clock, MINUTE } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { SubjectId } from '../kernel/id.ts';
import type { Queries, Tx } from '../store/store.ts';
import { whenCommitted } from '../store/when-committed.ts';
import type { Box } from './box.ts';
import { destroyDataKey } from './data-key-table.ts';
import type { DataKeys } from './data-keys.ts';

export interface SubjectKeyLimits {
  readonly most: number;
  /** Milliseconds. */
  readonly lifetime: number;
}

/** A cached key takes some 2.5 kB, most of it OpenSSL's. */
const SUBJECT_KEY_LIMITS: SubjectKeyLimits = { most: 10_000, lifetime: MINUTE };

export interface SubjectKeys {
  box(q: Queries, id: SubjectId): Promise<Box | undefined>;
  create(tx: Tx, id: SubjectId): Promise<Box>;
  /** Whether there was a key to destroy. */
  destroy(tx: Tx, id: SubjectId): Promise<boolean>;
}

interface Kept {
  readonly box: Box;
  readonly until: number;
  readonly close: () => void;
}

export function createSubjectKeys(
  dataKeys: DataKeys,
  clock: Clock,
  limits: SubjectKeyLimits = SUBJECT_KEY_LIMITS,
): SubjectKeys {
  const kept = createBoundedMap<SubjectId, Kept>(limits.most);
  // What a transaction that has not ended yet made, destroyed or read is for its own eyes: in SQLite it may have read what another
  // one of its group made, and when the group fails, that subject may be made again with another key.
  const pending = new WeakMap<Queries, Map<SubjectId, Box | undefined>>();
  // Rises with each destruction, so that a read that began before it does not put the key back.
  let destructions = 0;

  function fresh(id: SubjectId): Box | undefined {
    const entry = kept.get(id);
    return entry !== undefined && entry.until > clock.now() ? entry.box : undefined;
  }

  function within(tx: Tx): Map<SubjectId, Box | undefined> {
    let own = pending.get(tx);
    if (own === undefined) {
      own = new Map();
      pending.set(tx, own);
    }
    return own;
  }

  return {
    async box(q, id) {
      const own = pending.get(q);
      if (own?.has(id)) return own.get(id);
      const cached = fresh(id);
      if (cached) return cached;
      const before = destructions;
      const key = await dataKeys.open(q, id);
      if (key === undefined) return undefined;
      const entry = closable(dataKeys.boxOf(key), id, clock.now() + limits.lifetime);
      if (isTx(q)) within(q).set(id, entry.box);
      whenCommitted(q, () => {
        if (before === destructions) kept.set(id, entry);
      });
      return entry.box;
    },
    async create(tx, id) {
      const key = await dataKeys.create(tx, id, clock.now());
      if (key === undefined) throw new Fault('vault.key', `${id} has, or had, a key`);
      const box = dataKeys.boxOf(key);
      within(tx).set(id, box);
      return box;
    },
    async destroy(tx, id) {
      const destroyed = (await tx.run(destroyDataKey, { owner: id, now: clock.now() })) === 1;
      within(tx).set(id, undefined);
      tx.afterCommit(() => {
        destructions += 1;
        kept.get(id)?.close();
        kept.delete(id);
      });
      return destroyed;
    },
  };
}

function isTx(q: Queries): q is Tx {
  return 'afterCommit' in q;
}

/** A box that can be closed under the hands of whoever still holds it. */
function closable(box: Box, id: SubjectId, until: number): Kept {
  let open = true;
  const check = () => {
    if (!open) throw new Fault('vault.key', `the key of ${id} was destroyed`);
  };
  return {
    until,
    box: {
      seal(place, plain) {
        check();
        return box.seal(place, plain);
      },
      open(place, sealed) {
        check();
        return box.open(place, sealed);
      },
    },
    close() {
      open = false;
    },
  };
}
