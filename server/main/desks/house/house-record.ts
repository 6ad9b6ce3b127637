/** The record of the house of this machine. */
import { userInfo } from 'node:os';
import { MOST_A_PAGE } from '@sallyport/contract/api/parts.ts';
import { eventProof, followed, proofProblem } from '../../../doors/api/record-views.ts';
import { event } from '../../../doors/api/views.ts';
import { noteExported } from '../../../gate/use-cases/record/exporting.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { databaseSource } from '../../../record/database-source.ts';
import { exportRecord } from '../../../record/export.ts';
import type { EventId } from '../../../record/record.ts';
import type { House } from '../../house.ts';
import type { Refused } from '../../remote/connection.ts';
import type { RecordDesk } from '../record-desk.ts';
import { behindId } from './behind-id.ts';

export function houseRecord(house: House): RecordDesk {
  const { store, record, reader, recordActs, sequencer } = house;

  return {
    async openPersonal() {
      // If that can't be written, nothing is opened.
      await store.write((tx) =>
        record.append(tx, {
          type: 'access.granted',
          outcome: 'granted',
          door: 'command-line',
          data: { action: 'record.read', resource: { kind: 'part', id: 'record' } },
          personal: { identifier: userInfo().username },
        }),
      );
    },

    search: behindId(async ({ after, personal, types, ...search }) => {
      const cursor = after === undefined ? undefined : parseId<'event'>(after);
      const query = {
        ...search,
        types: types.length === 0 ? undefined : types,
        cursor: cursor as EventId | undefined,
      };
      const { events, next } = await store.read((q) => reader.search(q, query, personal));
      return ok({ items: events.map(event), next: next ?? null });
    }),

    follow: (place, personal) =>
      store.read(async (q) =>
        ok(followed(await recordActs.follow(q, { place, limit: MOST_A_PAGE, personal }))),
      ),

    names: (ids) => store.read(async (q) => ok(await recordActs.names(q, ids))),

    async prove(id) {
      let proven = await recordActs.prove(id);
      if (!proven.ok && proven.error.code === 'not-placed') {
        // Without a server at work, this process gives it its place.
        await sequencer.settle();
        await sequencer.stop();
        proven = await recordActs.prove(id);
      }
      return proven.ok ? ok(eventProof(proven.value)) : failed<Refused>(proofProblem(proven.error));
    },

    async exportTo(folder, onProgress) {
      const exported = await exportRecord(databaseSource(store), folder, onProgress);
      await store.write(async (tx) => {
        for (const { origin, size } of exported) {
          await noteExported(record, tx, { door: 'command-line' }, { origin, size });
        }
      });
      return ok(exported);
    },
  };
}
