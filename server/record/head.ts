import type { Queries } from '../store/store.ts';
import { countPending, newestLog } from './log-table.ts';

/** Where the record stands, for metrics and `doctor`. */
export interface RecordHead {
  readonly log: number;
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  /** Events that wait for their places. */
  readonly unsequenced: number;
  readonly lastCheckpointAt: number;
  readonly checkpoint: string;
}

/** Undefined before the first start. */
export async function recordHead(q: Queries): Promise<RecordHead | undefined> {
  const row = await q.one(newestLog, {});
  if (row === undefined) return undefined;
  const { log, origin, vkey, size, checkpoint, signed_at: lastCheckpointAt } = row;
  const unsequenced = (await q.one(countPending, {}))?.events ?? 0;
  return { log, origin, vkey, size, unsequenced, lastCheckpointAt, checkpoint };
}
