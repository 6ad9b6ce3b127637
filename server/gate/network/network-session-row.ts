/** A session at a network device, as it stands in the database. */
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { NetworkSessionId } from './network-words.ts';

export interface NetworkSessionRow {
  id: NetworkSessionId;
  subject_id: PersonId | DeviceId;
  client_id: DeviceId;
  /** Of the subject, then. */
  epoch: number;
  door: string;
  service: string;
  /** JSON of ShownAt. */
  shown: string;
  /** JSON of Reply: what the network device was told to do with them, or is to be. */
  reply: string;
  /** The version of the policies, and the epoch of the network device, that it was judged by. */
  policies: number;
  client_epoch: number;
  /** Who and where, sealed under the subject's key. */
  about: Uint8Array;
  /** The serial number of the certificate of ours that it rests on. */
  certificate: string | null;
  /** The CA of others that it rests on, and the version of what is known of that CA, that it was judged by. */
  trusted_id: string | null;
  trusted_version: number | null;
  device_session: string | null;
  started_at: number;
  until: number;
  ended_at: number | null;
  /** One of `TOLD`. */
  told: number;
  /** When it was last asked to take that, or once more to put out whom it still tells of. */
  asked_at: number | null;
}

/** What a network device has heard of a session. */
export const TOLD = Object.freeze({
  /** That somebody was put out it is still to be asked to act on. */
  notItsEnd: 0,
  /** All that there is to tell. */
  all: 1,
  /** Another reply is still to be told to it. */
  notItsChange: 2,
  /** It told of the end itself: they may be back by its word, too. */
  byItself: 3,
});
