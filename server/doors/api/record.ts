/** Reading the record. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { recordOperations } from '@sallyport/contract/api/record.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';
import { event, time } from './views.ts';

export function recordHandlers(
  { reading }: Pick<ApiDeps, 'reading'>,
  cursors: Cursors,
): Handlers<keyof typeof recordOperations> {
  return {
    async searchEvents({ query }, { token, arrival }) {
      const { limit = USUAL_PAGE, cursor, type, from, until, ...where } = query;
      const list = `events ${JSON.stringify({ type, from, until, ...where })}`;
      const after = cursor === undefined ? undefined : cursors.read(list, cursor);
      if (cursor !== undefined && after === undefined) return new Told('cursor-not-valid');
      const search = {
        ...where,
        limit,
        types: type?.split(','),
        from: from === undefined ? undefined : Date.parse(from),
        until: until === undefined ? undefined : Date.parse(until),
        cursor: after,
      };
      return answered(
        await reading.search(token, search, arrival),
        ({ events, next }) => ({
          items: events.map(event),
          next: next === undefined ? null : cursors.write(list, next),
        }),
        never,
      );
    },

    async showEvent({ params }, { token, arrival }) {
      const found = await reading.event(token, params.id, arrival);
      return answered(found, event, ({ code }) => new Told(code));
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
