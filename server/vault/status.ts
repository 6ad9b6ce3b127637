import type { Queries } from '../store/store.ts';
import { dataKeyCounts } from './data-key-table.ts';
import { liveRingKeys, type RingState, ringHistory } from './ring-table.ts';

/** What there is to know about the keys without any of them: for `key list`, the doctor and the console. */
export interface KeyStatus {
  /** The root key that the primary ring key is under: its check value, and how many there have been. */
  readonly root: { readonly id: string; readonly version: number } | undefined;
  /** The newest first. */
  readonly ring: readonly {
    readonly version: number;
    readonly state: RingState;
    readonly createdAt: number;
    readonly retiredAt: number | undefined;
    readonly destroyedAt: number | undefined;
    /** How many data keys it wraps. */
    readonly dataKeys: number;
  }[];
  /** Whether a rotation has begun and not ended. */
  readonly rotating: boolean;
}

export async function keyStatus(q: Queries): Promise<KeyStatus> {
  const live = await q.all(liveRingKeys, {});
  const counts = new Map((await q.all(dataKeyCounts, {})).map((row) => [row.ring_version, row]));
  const ring = (await q.all(ringHistory, {})).map((row) => ({
    version: row.version,
    state: row.state,
    createdAt: row.created_at,
    retiredAt: row.retired_at ?? undefined,
    destroyedAt: row.destroyed_at ?? undefined,
    dataKeys: Number(counts.get(row.version)?.keys ?? 0),
  }));
  const primary = live.find((key) => key.state === 'primary');
  return {
    root: primary && { id: primary.root_id, version: primary.root_version },
    ring,
    rotating: ring.some((key) => key.state === 'decrypt-only'),
  };
}
