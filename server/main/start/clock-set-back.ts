import { type Clock, MINUTE } from '../../kernel/clock.ts';
import { idTime } from '../../kernel/id.ts';
import { eventsWhere } from '../../record/search-table.ts';
import type { Queries, Store } from '../../store/store.ts';
import { momentWords } from '../terminal/amounts.ts';

const NEWEST = eventsWhere({ order: 'newest', limit: 1 });

/** When the newest event on record came; undefined when there is none. */
export async function newestEvent(q: Queries): Promise<number | undefined> {
  const [newest] = await q.all(NEWEST, {});
  return newest && idTime(newest.id);
}

/** What is to be told at a start whose clock is behind the record; undefined where it is not. */
export async function clockSetBack(store: Store, clock: Clock): Promise<string | undefined> {
  const now = clock.now();
  const recorded = await store.read(newestEvent);
  if (recorded === undefined || recorded <= now + MINUTE) return undefined;
  return `The clock says ${momentWords(now)}, but the newest event on record is of ${momentWords(recorded)}. Codes, certificates and sessions go by it: set it right, and keep it right with NTP.`;
}
