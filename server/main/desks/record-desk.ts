/** Reading the record and taking it out (desk.ts). It is verified from what was taken out, or on the machine itself. */
import type { Outcome } from '@sallyport/contract/event-parts.ts';
import type { Exported } from '../../record/export.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownEvent = AnswerOf<'showEvent'>;
export type EventProof = AnswerOf<'proveEvent'>;
export type Followed = AnswerOf<'followEvents'>;

export interface EventSearch {
  readonly subject?: string | undefined;
  readonly actor?: string | undefined;
  readonly types: readonly string[];
  readonly outcome?: Outcome | undefined;
  /** Milliseconds. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
  readonly order: 'newest' | 'oldest';
  readonly after?: string | undefined;
  readonly limit: number;
  readonly personal: Personal;
}

/** Whether what is personal in events is opened. */
export type Personal = 'open' | 'closed';

export type Place = Pick<Followed, 'log' | 'from'>;

export interface RecordDesk {
  /** Whoever is going to open what is personal is on record first, where that needs saying. */
  openPersonal(): Promise<void>;
  search(search: EventSearch): Done<Page<ShownEvent>>;
  /** Events by their places from one on; without one, where the record ends. */
  follow(place: Place | undefined, personal: Personal): Done<Followed>;
  /** What ids go by; those that go by nothing are left out. */
  names(ids: readonly string[]): Done<ReadonlyMap<string, string>>;
  prove(id: string): Done<EventProof>;
  /** Writes it into a folder, as C2SP tlog-tiles. */
  exportTo(
    folder: string,
    onProgress: (done: number, total: number) => void,
  ): Done<readonly Exported[]>;
}
