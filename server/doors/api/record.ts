/** Reading the record, and taking it out. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { recordOperations } from '@sallyport/contract/api/record.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { Lines } from './lines.ts';
import { eventProof, followed, proofProblem } from './record-views.ts';
import { answered, never, Told } from './told.ts';
import { event, time } from './views.ts';

const USUAL_EXPORT = 1024;

export function recordHandlers(
  { reading, exporting }: Pick<ApiDeps, 'reading' | 'exporting'>,
  cursors: Cursors,
): Handlers<keyof typeof recordOperations> {
  return {
    async searchEvents({ query }, { token, arrival }) {
      const { limit = USUAL_PAGE, cursor, type, from, until, personal, ...where } = query;
      const list = `events ${JSON.stringify({ type, from, until, ...where })}`;
      const begins = cursors.read(list, cursor);
      if (begins instanceof Told) return begins;
      const search = {
        ...where,
        limit,
        types: type?.split(','),
        from: from === undefined ? undefined : Date.parse(from),
        until: until === undefined ? undefined : Date.parse(until),
        cursor: begins.after,
      };
      return answered(
        await reading.search(token, search, arrival, personal),
        ({ events, next }) => ({
          items: events.map(event),
          next: cursors.write(list, next),
        }),
        never,
      );
    },

    async showEvent({ params }, { token, arrival }) {
      const found = await reading.event(token, params.id, arrival);
      return answered(found, event, ({ code }) => new Told(code));
    },

    async proveEvent({ params }, { token, arrival }) {
      return answered(await reading.prove(token, params.id, arrival), eventProof, proofProblem);
    },

    async followEvents({ query }, { token, arrival }) {
      const { log, from, limit = USUAL_PAGE, personal = 'open' } = query;
      const place = log === undefined || from === undefined ? undefined : { log, from };
      const wanted = { place, limit, personal };
      return answered(await reading.follow(token, wanted, arrival), followed, never);
    },

    async nameInRecord({ query }, { token, arrival }) {
      return answered(
        await reading.names(token, query.ids.split(','), arrival),
        (names) => ({ items: [...names].map(([id, name]) => ({ id, name })) }),
        never,
      );
    },

    async listLogs(_, { token, arrival }) {
      return answered(
        await reading.logs(token, arrival),
        (logs) => ({
          items: logs.map(({ log, origin, vkey, checkpoint }) => ({
            log,
            origin,
            key: vkey,
            checkpoint,
          })),
        }),
        never,
      );
    },

    async exportEvents({ query: { log, from = 0, limit = USUAL_EXPORT } }, { token, arrival }) {
      return answered(
        await exporting.page(token, { log, from, limit }, arrival),
        (page) => {
          const next = `/record/export?log=${page.log}&from=${page.next}&limit=${limit}`;
          return new Lines(page.leaves, page.next === undefined ? undefined : next);
        },
        ({ code }) => new Told(code),
      );
    },

    async showCheckpoint(_, { token, arrival }) {
      return answered(
        await reading.head(token, arrival),
        ({ origin, vkey, size, unsequenced, lastCheckpointAt, checkpoint }) => ({
          origin,
          key: vkey,
          size,
          unsequenced,
          signedAt: time(lastCheckpointAt),
          note: checkpoint,
        }),
        ({ code }) => new Told(code),
      );
    },
  };
}
