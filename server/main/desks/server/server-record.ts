/** The record of a server elsewhere, by its API. */
import { setTimeout as wait } from 'node:timers/promises';
import { MOST_A_PAGE } from '@sallyport/contract/api/parts.ts';
import { MOST_NAMED } from '@sallyport/contract/api/record.ts';
import { SECOND } from '../../../kernel/clock.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { exportRecord } from '../../../record/export.ts';
import type { Connection, Refused } from '../../remote/connection.ts';
import { NOT_FOUND } from '../not-found.ts';
import type { RecordDesk } from '../record-desk.ts';
import { RefusedMeanwhile, serverLogs } from './server-logs.ts';
import { serverPages } from './server-pages.ts';

/** A new event waits for its place for about one second. */
const MOST_TRIES = 5;

export function serverRecord(server: Connection): RecordDesk {
  const { call } = server;
  const iso = (at: number | undefined) =>
    at === undefined ? undefined : new Date(at).toISOString();

  return {
    // There, who reads is on record by themselves.
    openPersonal: async () => {},

    search: ({ after, limit, types, from, until, ...search }) =>
      serverPages({ after, limit }, (paging) =>
        call('searchEvents', {
          query: {
            ...search,
            ...(types.length === 0 ? {} : { type: types.join(',') }),
            from: iso(from),
            until: iso(until),
            ...paging,
          },
        }),
      ),

    follow: (place, personal) =>
      call('followEvents', {
        query: {
          limit: String(MOST_A_PAGE),
          personal,
          ...(place === undefined ? {} : { log: String(place.log), from: String(place.from) }),
        },
      }),

    async names(ids) {
      const names = new Map<string, string>();
      for (let at = 0; at < ids.length; at += MOST_NAMED) {
        const some = ids.slice(at, at + MOST_NAMED).join(',');
        const told = await call('nameInRecord', { query: { ids: some } });
        if (!told.ok) return told;
        for (const { id, name } of told.value.items) names.set(id, name);
      }
      return ok(names);
    },

    async prove(id) {
      if (parseId(id) === undefined) return NOT_FOUND;
      for (let tries = 1; ; tries += 1) {
        const proven = await call('proveEvent', { params: { id } });
        const waits = !proven.ok && proven.error.code === 'unavailable';
        if (!waits || tries === MOST_TRIES) return proven;
        await wait(SECOND / 2);
      }
    },

    async exportTo(folder, onProgress) {
      try {
        return ok(await exportRecord(serverLogs(server, folder), folder, onProgress));
      } catch (error) {
        if (error instanceof RefusedMeanwhile) return failed<Refused>(error.refused);
        throw error;
      }
    },
  };
}
