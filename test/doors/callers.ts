/**
 * Doors at which devices, programs and people on the network prove themselves, each with somebody who may come and who does it rightly
 * or wrongly. What can't be tried at a door has the reason in its place.
 */
import type { TestHouse } from '../support/house.ts';
import { acme, est } from './caller-certificates.ts';
import { eapTls, radius, tacacs } from './caller-network.ts';
import { cards, pki, spiffe, ssh } from './caller-others.ts';

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

export const CALLERS: Readonly<Record<string, CallerDoor>> = {
  radius,
  'radius, EAP-TLS': eapTls,
  tacacs,
  est,
  acme,
  ssh,
  spiffe,
  cards,
  pki,
};
