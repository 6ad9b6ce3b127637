/** One log of the record, taken up to be appended to: its signer, its edge, and how a batch of events is written to it. */
import { type Clock, SECOND } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import { holdLease, type Lease } from '../store/lease.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Vault } from '../vault/vault.ts';
import { checkpointText } from './checkpoint.ts';
import type { EventId } from './leaf.ts';
import { advanceLog, type LogRow, placePending, putTile, tileAt } from './log-table.ts';
import { type NoteSigner, noteSigner } from './note.ts';
import type { Edge, ReadTile, Tile } from './tiles.ts';
import { EMPTY_ROOT, leafHash } from './tree.ts';

/** Under which lease the sequencer works, and how long it may be silent. */
export const LEASE = 'record';
export const LEASE_TIME = 5 * SECOND;

export interface OpenLog {
  readonly log: number;
  readonly origin: string;
  readonly signer: NoteSigner;
  readonly edge: Edge;
}

export interface PendingLeaf {
  readonly id: EventId;
  readonly leaf: Uint8Array;
}

/** A batch that was added to the edge, ready to be written. */
export interface Growth {
  readonly from: number;
  readonly size: number;
  readonly root: Uint8Array;
  readonly ids: readonly EventId[];
  readonly tiles: readonly Tile[];
  readonly checkpoint: string;
}

export function seedPlace(log: number) {
  return { table: 'record_log', column: 'seed', row: String(log) };
}

export function openSigner(vault: Vault, row: LogRow): NoteSigner {
  return noteSigner(row.origin, vault.system('signing').open(seedPlace(row.log), row.seed));
}

export function tilesOf(q: Queries, log: number): ReadTile {
  return async (level, n) => (await q.one(tileAt, { log, level, n }))?.hashes;
}

/**
 * Adds leaves to the edge and signs the tree that comes of it. The checkpoint leaves this process only once it is durable;
 * when it does not become so, the whole OpenLog is to be dropped and taken up anew.
 */
export function growLog({ origin, signer, edge }: OpenLog, leaves: readonly PendingLeaf[]): Growth {
  const from = edge.size;
  for (const { leaf } of leaves) edge.append(leafHash(leaf));
  const root = edge.root() ?? EMPTY_ROOT;
  return {
    from,
    size: edge.size,
    root,
    ids: leaves.map(({ id }) => id),
    tiles: edge.changedTiles(),
    checkpoint: signer.sign(checkpointText({ origin, size: edge.size, root })),
  };
}

/** Writes a batch under the lease. Throws when the lease is another's, or the log is not as it was when it was taken up. */
export async function writeGrowth(
  tx: Tx,
  lease: Lease,
  log: number,
  growth: Growth,
  clock: Clock,
): Promise<void> {
  const { from, size, ids, tiles, checkpoint } = growth;
  const now = clock.now();
  if (!(await holdLease(tx, lease, now, LEASE_TIME))) {
    throw new Fault('record.lease', 'another node gives events their places now');
  }
  if ((await tx.run(advanceLog, { log, from, size, checkpoint, now })) !== 1) {
    throw new Fault('record.tree', `log ${log} no longer ends at ${from} events`);
  }
  if (!(await placePending(tx, log, from, ids))) {
    throw new Fault('record.tree', 'an event that waited for its place is gone');
  }
  for (const { level, n, hashes } of tiles) await tx.run(putTile, { log, level, n, hashes });
}
