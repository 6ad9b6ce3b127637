/** Somebody at a door, and what stands on record of them. To add a door: its own here beside, and its line in CALLERS (callers.ts). */
import type { TestHouse } from '../support/house.ts';

export interface Caller {
  readonly test: Pick<TestHouse, 'house' | 'clock' | 'test' | 'notices'>;
  /** Comes anew and does all that is asked: whether they got what they came for. */
  right(): Promise<boolean>;
  /** The same with a proof that is wrong. */
  wrong(): Promise<boolean>;
  /** How often something was reported that went wrong in the house. */
  reports?(): number;
  disable(): Promise<unknown>;
  enable(): Promise<unknown>;
  close(): Promise<void>;
}

/** Why something can't be tried at a door. */
export interface Not {
  readonly because: string;
}

/** What stands on record, as type, outcome and reason. */
export interface CallerDoor {
  open(): Promise<Caller>;
  readonly granted: string | Not;
  readonly wrong: string | Not;
  readonly disabled: string | Not;
  /** After so many wrong ones the right one has to wait. */
  readonly throttled: { readonly after: number; readonly record: string } | Not;
  readonly unreadable: string | Not;
  /** Where nothing is on record that could be unwritten. */
  readonly unwritten?: Not;
}
