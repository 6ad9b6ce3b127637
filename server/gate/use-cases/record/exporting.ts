/**
 * The record, taken out of the house a page at a time, as its leaves: what is personal in them stays sealed. That it was done is on
 * record before anything is handed out. The command line writes whole logs as files, by `noteExported` alike.
 */
import { fromUtf8 } from '../../../kernel/bytes.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { databaseSource } from '../../../record/database-source.ts';
import { leavesBetween, sizeOf } from '../../../record/export.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Store, Tx } from '../../../store/store.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish } from '../../wish.ts';
import { RECORD } from '../../wishes.ts';
import type { NotFound } from '../answered.ts';

/** Which leaves: some of one log from a place on. */
export interface ExportQuery {
  /** The newest where none is named. */
  readonly log: number | undefined;
  readonly from: number;
  readonly limit: number;
}

export interface ExportPage {
  readonly log: number;
  /** The place behind the last; undefined when that is the end. */
  readonly next: number | undefined;
  /** Each leaf’s text, read as it is asked for. */
  readonly leaves: AsyncIterable<string>;
}

export interface Exporting {
  page(
    token: string,
    query: ExportQuery,
    arrival: Arrival,
  ): Promise<Performed<ExportPage, NotFound>>;
}

export interface ExportingDeps {
  readonly gate: Gate;
  readonly store: Store;
  readonly record: Recorder;
}

const EXPORT: Wish = { action: 'record.export', resource: RECORD };
/** How many are read at once. */
const TOGETHER = 256;

/** That some of a log was taken out, by whom. */
export function noteExported(
  record: Recorder,
  tx: Tx,
  by: By,
  { origin, size }: { readonly origin: string; readonly size: number },
): Promise<unknown> {
  const data = { origin, size, personal: false };
  return record.append(tx, { ...by, type: 'record.exported', outcome: 'done', data });
}

export function createExporting({ gate, store, record }: ExportingDeps): Exporting {
  const source = databaseSource(store);

  async function* textsOf(
    log: { readonly log: number; readonly origin: string },
    from: number,
    to: number,
  ) {
    for (let at = from; at < to; at += TOGETHER) {
      const width = Math.min(TOGETHER, to - at);
      for (const leaf of await leavesBetween(source, log, at, width)) yield fromUtf8(leaf);
    }
  }

  return {
    async page(token, { log, from, limit }, arrival) {
      const logs = await source.logs();
      const view = log === undefined ? logs.at(-1) : logs.find((each) => each.log === log);
      const size = view === undefined ? 0 : sizeOf(view);
      const to = Math.min(size, from + limit);
      return gate.perform(token, EXPORT, arrival, async (tx, { by }) => {
        if (view === undefined || from > size) return failed<NotFound>({ code: 'not-found' });
        await noteExported(record, tx, by, { origin: view.origin, size: to - from });
        const next = to < size ? to : undefined;
        return ok<ExportPage>({ log: view.log, next, leaves: textsOf(view, from, to) });
      });
    },
  };
}
