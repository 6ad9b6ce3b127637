/** Where a record is read from to be verified, proven or exported: the database, or a folder that was exported from one. */
import type { EventId } from './leaf.ts';

export interface LogView {
  readonly log: number;
  readonly origin: string;
  readonly vkey: string;
  /** The last checkpoint, a signed note. */
  readonly checkpoint: string;
}

/** A place and what stands there. The columns beside the leaf are null where there are none, as in an exported folder. */
export interface PlacedLeaf {
  readonly idx: number;
  /** Which event the place names, where places name any. */
  readonly event: EventId | null;
  readonly type: string | null;
  readonly outcome: string | null;
  readonly subject: string | null;
  readonly actor: string | null;
  /** Null when the event is gone from its place. */
  readonly leaf: Uint8Array | null;
}

export interface RecordSource {
  logs(): Promise<readonly LogView[]>;
  /** What is there of the places from `from` up to `to`, in order. */
  leaves(log: number, from: number, to: number): Promise<readonly PlacedLeaf[]>;
  tile(log: number, level: number, n: number, width: number): Promise<Uint8Array | undefined>;
  /** What only the whole shows: places beyond the end, events outside all logs. Names the first wrong thing. */
  loose(): Promise<Loose>;
}

export interface Loose {
  readonly pending: number;
  readonly wrong?: string;
}
