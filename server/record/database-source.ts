import type { Store } from '../store/store.ts';
import { type EventId, leafSays } from './leaf.ts';
import { allLogs, tileAt } from './log-table.ts';
import {
  eventCounts,
  extentOf,
  looseEvent,
  pendingRows,
  placesFrom,
  strayPlace,
  unlistedEvent,
  wrongPending,
} from './read-table.ts';
import type { Loose, RecordSource } from './source.ts';
import { edgeTile, TILE_WIDTH } from './tiles.ts';
import { HASH } from './tree.ts';

const PAGE = 512;

export function databaseSource(store: Store): RecordSource {
  async function wrongWaiting(): Promise<string | undefined> {
    const found = await store.read((q) => q.one(wrongPending, {}));
    if (found?.idx === null) return `Event ${found.id} waits for its place, but is not there.`;
    if (found) return `Event ${found.id} waits for a place, but has one already.`;
    // Before every id.
    let after = '' as EventId;
    for (;;) {
      const rows = await store.read((q) => q.all(pendingRows, { after, limit: PAGE }));
      for (const row of rows) {
        if (leafSays(row.leaf, row)) continue;
        return `Event ${row.id}, which waits for its place, was altered: its columns are not what its leaf says.`;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE) return undefined;
      after = last.id;
    }
  }

  /** All events stand in a log that was verified or wait, and none does both: then the numbers agree. */
  async function wrongOutside(): Promise<string | undefined> {
    const stray = await store.read((q) => q.one(strayPlace, {}));
    if (stray) return `Event ${stray.event} has a place in a log ${stray.log}, which is not there.`;
    const counts = await store.read((q) => q.one(eventCounts, {}));
    const { events, placed, pending } = counts!; // Always one row, of numbers.
    if (events === placed! + pending!) return undefined;
    const loose = await store.read((q) => q.one(looseEvent, {}));
    if (loose) return `Event ${loose.id} stands in no log, and does not wait for a place in one.`;
    return `There are ${events} events, but ${placed} places and ${pending} events that wait for one.`;
  }

  /** Whoever looks for what tells of someone is shown all of it. */
  async function wrongList(): Promise<string | undefined> {
    const found = await store.read((q) => q.one(unlistedEvent, {}));
    return found && `Event ${found.id} was taken off the list of what tells of its subject.`;
  }

  return {
    logs: () => store.read((q) => q.all(allLogs, {})),
    leaves: (log, from, to) => store.read((q) => q.all(placesFrom, { log, from, to })),
    async tile(log, level, n, width) {
      const hashes = (await store.read((q) => q.one(tileAt, { log, level, n })))?.hashes;
      if (hashes === undefined || hashes.length <= width * HASH) return hashes;
      // The sequencer may be at work: a last tile that grew since still begins with what it was.
      const now = (await store.read((q) => q.one(extentOf, { log })))?.size ?? 0;
      const edge = edgeTile(now, level);
      const grown = n < edge.n ? TILE_WIDTH : edge.width;
      return hashes.length <= grown * HASH ? hashes.subarray(0, width * HASH) : hashes;
    },
    async loose(): Promise<Loose> {
      for (const { log, origin } of await store.read((q) => q.all(allLogs, {}))) {
        const extent = await store.read((q) => q.one(extentOf, { log }));
        if (extent && extent.places !== extent.size) {
          const wrong = `${origin} has ${extent.places} places, but ${extent.size} events were signed.`;
          return { pending: 0, wrong };
        }
      }
      const wrong = (await wrongWaiting()) ?? (await wrongOutside()) ?? (await wrongList());
      const counts = await store.read((q) => q.one(eventCounts, {}));
      return { pending: counts?.pending ?? 0, ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}
