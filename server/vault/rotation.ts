/**
 * Rotation: a new primary ring key, every data key wrapped again under it, and the old ring key destroyed.
 *
 * There is no list of what is left to do besides the keys themselves: each data key's row says which ring key it is under, and
 * moves to the new one by a conditional update. So a rotation that was killed at any step is taken up again where it stood, a
 * step done twice changes nothing, and subjects may come and be erased meanwhile. A lease keeps two nodes from doing the same
 * work; it is not what makes the work right.
 */
import { type Clock, SECOND } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { Ids } from '../kernel/id.ts';
import { holdLease, type Lease, releaseLease, takeLease } from '../store/lease.ts';
import type { Store, Tx } from '../store/store.ts';
import { dataKeyCounts, dataKeysUnder, oneDataKeyUnder, rewrapDataKey } from './data-key-table.ts';
import { dataKeyPlace } from './data-keys.ts';
import type { KeyEventBy, NoteKeyEvent } from './key-event.ts';
import { type LiveRingKey, type Ring, ringPlace } from './ring.ts';
import { deleteRingSecret, endRingKey, retireRingKey, rewrapRingSecret } from './ring-table.ts';
import type { RootKey } from './root-key.ts';

export interface RotationOptions {
  /** Told after each batch: how many data keys are under the primary ring key, of how many. */
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Stops between two batches; a later `resume` goes on from there. */
  readonly signal?: AbortSignal;
  /** Who rotates, for the record. */
  readonly by?: KeyEventBy;
  /** How many data keys a transaction rewraps. */
  readonly batch?: number;
}

export type RotationOutcome =
  | { readonly state: 'finished'; readonly primary: number; readonly rewrapped: number }
  /** To be resumed; the old ring key still opens what is left under it. */
  | {
      readonly state: 'unfinished';
      readonly reason: 'stopped' | 'lease-lost' | 'in-use' | 'damaged';
      readonly primary: number;
      readonly rewrapped: number;
      /** Owners of data keys that don't open, the first few. */
      readonly damaged: readonly string[];
    }
  /** Another node is at it. */
  | { readonly state: 'busy' }
  /** There was no rotation to resume. */
  | { readonly state: 'nothing' };

export interface Rotation {
  /** Begins a rotation, or takes up the one that was begun, and carries it through. */
  rotate(options?: RotationOptions): Promise<RotationOutcome>;
  /** Takes up a rotation that was begun; for every start of a node. */
  resume(options?: RotationOptions): Promise<RotationOutcome>;
  /**
   * Wraps the ring keys under the first of the root keys at hand, all at once; 'nothing' when they are. No data key is touched.
   * Not under one that is no longer where it came from.
   */
  rewrapRoot(
    origin?: RootOrigin,
  ): Promise<
    { readonly state: 'finished' | 'nothing'; readonly root: string } | { readonly state: 'busy' }
  >;
}

/** Where the root keys came from, while nobody else changes them. */
export interface RootOrigin {
  holds(root: string): boolean;
  /** All of the ring is under this one. */
  wrapped(root: string): void;
}

export interface RotationDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly ring: Ring;
  readonly note: NoteKeyEvent;
}

const LEASE = 'vault.rotation';
const LEASE_TIME = 30 * SECOND;
/** Small enough that sign-ins, which wait for the same writer, hardly notice: under a millisecond. */
const BATCH = 25;
const MOST_NAMED = 10;

class LeaseLost extends Error {}

export function createRotation({ store, clock, ids, ring, note }: RotationDeps): Rotation {
  const holder = ids.next<'rotation'>();

  /** Work that only the holder of the lease does; the lease is given back whatever happens. */
  async function alone<T>(work: (lease: Lease) => Promise<T>): Promise<T | { state: 'busy' }> {
    const lease = await store.write((tx) =>
      takeLease(tx, { name: LEASE, holder }, clock.now(), LEASE_TIME),
    );
    if (lease === undefined) return { state: 'busy' };
    try {
      return await work(lease);
    } catch (reason) {
      if (reason instanceof LeaseLost) return { state: 'busy' };
      throw reason;
    } finally {
      // A lease that can't be given back runs out by itself; what went wrong before matters more.
      await store.write((tx) => releaseLease(tx, lease)).catch(() => {});
    }
  }

  /** A transaction behind the lease. */
  function fenced<T>(lease: Lease, work: (tx: Tx) => Promise<T>): Promise<T> {
    return store.write(async (tx) => {
      if (!(await holdLease(tx, lease, clock.now(), LEASE_TIME))) throw new LeaseLost();
      return work(tx);
    });
  }

  async function begin(lease: Lease, by: KeyEventBy | undefined): Promise<void> {
    await fenced(lease, async (tx) => {
      const live = await ring.live(tx);
      const primary = primaryOf(live);
      const now = clock.now();
      const previous = primary.version;
      const version = previous + 1;
      const retired = await tx.run(retireRingKey, { version: previous, now });
      if (retired !== 1 || !(await ring.create(tx, version, primary, now))) {
        throw new Fault('vault.key', `ring key ${version} was made by someone else meanwhile`);
      }
      const data = { purpose: 'ring', version } as const;
      await note(tx, { ...by, type: 'key.created', outcome: 'done', data });
      await note(tx, { ...by, type: 'key.rotated', outcome: 'done', data: { ...data, previous } });
    });
  }

  /** Rewraps everything under one old ring key. Passes are made until one finds nothing that it can rewrap. */
  async function rewrapAll(
    lease: Lease,
    old: LiveRingKey,
    primary: LiveRingKey,
    tell: (rewrapped: number) => void,
    { signal, batch = BATCH }: RotationOptions,
  ): Promise<{ damaged: string[]; stopped: boolean }> {
    for (;;) {
      const damaged: string[] = [];
      let moved = 0;
      let after = '';
      for (;;) {
        if (signal?.aborted) return { damaged, stopped: true };
        const rows = await store.read((q) =>
          q.all(dataKeysUnder, { ringVersion: old.version, after, limit: batch }),
        );
        const last = rows.at(-1);
        if (last === undefined) break;
        after = last.owner;
        const wrapped = rows.flatMap(({ owner, id, wrapped: sealed }) => {
          const again = rewrap(old, primary, owner, id, sealed);
          if (again === undefined) damaged.push(owner);
          return again === undefined ? [] : [{ owner, wrapped: again }];
        });
        if (wrapped.length === 0) continue;
        const changed = await fenced(lease, async (tx) => {
          // Not one after the other: PostgreSQL gets them in one go.
          const each = wrapped.map((one) =>
            tx.run(rewrapDataKey, { ...one, from: old.version, to: primary.version }),
          );
          return (await Promise.all(each)).reduce((sum, count) => sum + count, 0);
        });
        moved += changed;
        tell(changed);
      }
      if (moved === 0) return { damaged, stopped: false };
    }
  }

  /** Destroys an old ring key unless something is still under it. */
  async function destroy(lease: Lease, version: number): Promise<boolean> {
    try {
      return await fenced(lease, async (tx) => {
        if (await tx.one(oneDataKeyUnder, { ringVersion: version })) return false;
        await tx.run(deleteRingSecret, { version });
        if ((await tx.run(endRingKey, { version, now: clock.now() })) !== 1) {
          throw new Fault('vault.key', `ring key ${version} is not one to destroy`);
        }
        const data = { purpose: 'ring', version } as const;
        await note(tx, { type: 'key.destroyed', outcome: 'done', data });
        return true;
      });
    } catch (reason) {
      // A subject came in a transaction that began before the rotation, and its key refers to this ring key: the foreign key
      // keeps it, and the next resume finds it.
      if (reason instanceof Fault && reason.code === 'store.conflict') return false;
      throw reason;
    }
  }

  async function finish(lease: Lease, options: RotationOptions): Promise<RotationOutcome> {
    const live = await store.read(ring.live);
    const primary = primaryOf(live);
    const { total, done } = await progress(primary.version);
    let rewrapped = 0;
    const tell = (count: number) => {
      rewrapped += count;
      options.onProgress?.({ done: Math.min(done + rewrapped, total), total });
    };
    tell(0);
    const result = { primary: primary.version, damaged: [] as string[] };
    try {
      for (const old of live.filter((key) => key.state === 'decrypt-only')) {
        const { damaged, stopped } = await rewrapAll(lease, old, primary, tell, options);
        result.damaged.push(...damaged.slice(0, MOST_NAMED));
        if (stopped) return { state: 'unfinished', reason: 'stopped', ...result, rewrapped };
        if (damaged.length > 0) continue;
        if (!(await destroy(lease, old.version))) {
          return { state: 'unfinished', reason: 'in-use', ...result, rewrapped };
        }
      }
    } catch (reason) {
      if (!(reason instanceof LeaseLost)) throw reason;
      return { state: 'unfinished', reason: 'lease-lost', ...result, rewrapped };
    }
    // Destroyed keys leave this node's memory too.
    await store.read(ring.live);
    if (result.damaged.length > 0) {
      return { state: 'unfinished', reason: 'damaged', ...result, rewrapped };
    }
    return { state: 'finished', primary: primary.version, rewrapped };
  }

  async function progress(primary: number): Promise<{ done: number; total: number }> {
    const counts = await store.read((q) => q.all(dataKeyCounts, {}));
    const total = counts.reduce((sum, row) => sum + Number(row.keys), 0);
    return { total, done: Number(counts.find((row) => row.ring_version === primary)?.keys ?? 0) };
  }

  async function unfinished(): Promise<boolean> {
    return (await store.read(ring.live)).some((key) => key.state === 'decrypt-only');
  }

  return {
    async resume(options = {}) {
      if (!(await unfinished())) return { state: 'nothing' };
      return alone((lease) => finish(lease, options));
    },
    rotate: (options = {}) =>
      alone(async (lease) => {
        if (!(await unfinished())) await begin(lease, options.by);
        return finish(lease, options);
      }),
    rewrapRoot: (origin) =>
      alone(async (lease) => {
        const target = ring.sealingRoot();
        if (origin?.holds(target.id) === false) return { state: 'busy' };
        const state = await fenced(lease, async (tx) => {
          const live = await ring.live(tx);
          if (live.every((key) => key.rootId === target.id)) return 'nothing';
          const previous = primaryOf(live).rootVersion;
          const rootVersion = previous + 1;
          for (const key of live) await rewrapRing(tx, key, target, rootVersion);
          const data = { purpose: 'root', version: rootVersion, previous } as const;
          await note(tx, { type: 'key.rotated', outcome: 'done', data });
          return 'finished';
        });
        origin?.wrapped(target.id);
        return { state, root: target.id };
      }),
  };

  async function rewrapRing(tx: Tx, key: LiveRingKey, target: RootKey, rootVersion: number) {
    const { version, id, rootId } = key;
    const place = ringPlace(version, id);
    const plain = ring.root(rootId).box.open(place, key.wrapped);
    const wrapped = target.box.seal(place, plain);
    plain.fill(0);
    const change = { version, wrapped, rootId: target.id, rootVersion, oldRootId: rootId };
    if ((await tx.run(rewrapRingSecret, change)) !== 1) {
      throw new Fault('vault.key', `ring key ${version} was changed by someone else meanwhile`);
    }
  }
}

function primaryOf(live: readonly LiveRingKey[]): LiveRingKey {
  const primary = live.find((key) => key.state === 'primary');
  if (primary === undefined) throw new Fault('vault.key', 'the key ring has no primary key');
  return primary;
}

/** A data key under another ring key; undefined when it does not open. */
function rewrap(
  old: LiveRingKey,
  primary: LiveRingKey,
  owner: string,
  id: string,
  sealed: Uint8Array | null,
): Uint8Array | undefined {
  if (sealed === null) return undefined;
  const place = dataKeyPlace(owner, id);
  try {
    const plain = old.box.open(place, sealed);
    const wrapped = primary.box.seal(place, plain);
    plain.fill(0);
    return wrapped;
  } catch (reason) {
    if (reason instanceof Fault && reason.code === 'vault.sealed') return undefined;
    throw reason;
  }
}
