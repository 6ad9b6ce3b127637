/** Where a record is read from to be verified, proven or exported: the database, or a folder that was exported from one. */
import type { EventId, LeafHead } from './leaf.ts';

export interface LogView {
  readonly log: number;
  readonly origin: string;
  readonly vkey: string;
  /** The last checkpoint, a signed note. */
  readonly checkpoint: string;
}

export interface PlacedLeaf {
  readonly index: number;
  /** Undefined where a place stands without its event. */
  readonly leaf: Uint8Array | undefined;
  /** What the columns beside the leaf say; undefined where there are none, or no event. */
  readonly head: LeafHead | undefined;
  /** Which event the place names, where places name any. */
  readonly event: EventId | undefined;
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
