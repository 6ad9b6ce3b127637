/**
 * Fetches the revocation lists of CAs of others from where they publish them, by plain HTTP: each half way to its end and twice
 * a day at the least, so that one that revokes something is known before the last is over. What was got is taken in like a list
 * that somebody imports: signed by that CA, not over, not older than the one that is here. Where none can be got the old one is
 * good until its end, and then nothing of that CA is let in.
 */
import { type Clock, HOUR, MINUTE } from '../../kernel/clock.ts';
import type { Later } from '../../kernel/later.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import type { Recorder } from '../../record/record.ts';
import type { Queries, Store } from '../../store/store.ts';
import { writeOrUndo } from '../../store/undo.ts';
import { readPem } from '../../wire/der/pem.ts';
import { same } from '../../wire/x509/certificate.ts';
import { readRevocationList } from '../../wire/x509/revocation-list.ts';
import type { Trusted } from './trusted.ts';
import { claimSource, settleSource, sourceRows } from './trusted-table.ts';

/** What is at an address, or why it can't be got. */
export type FetchList = (url: URL) => Promise<Result<Uint8Array, string>>;

export interface ListSource {
  /** The CA's. */
  readonly name: string;
  readonly url: string;
  readonly gotAt: number | undefined;
  /** Why the last try was none. */
  readonly failed: string | undefined;
}

export interface ListFetching {
  sources(q: Queries): Promise<readonly ListSource[]>;
  /** All that are due. */
  fetchDue(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

const LOOK_EVERY = MINUTE;
const SOONEST = 5 * MINUTE;
const LATEST = 12 * HOUR;

export interface ListFetchingDeps {
  readonly store: Store;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly later: Later;
  readonly trusted: Pick<Trusted, 'list' | 'importList'>;
  /** Where it is left out, none are fetched. */
  readonly fetchList?: FetchList | undefined;
  readonly report: (fault: unknown) => void;
}

export function createListFetching(deps: ListFetchingDeps): ListFetching {
  const { store, record, clock, later, trusted, fetchList, report } = deps;
  let cancel: (() => void) | undefined;
  let working: Promise<void> = Promise.resolve();

  /** When the list ends that is there now; the error is for the record. */
  async function takeIn(name: string, bytes: Uint8Array): Promise<Result<number, string>> {
    const text = Buffer.from(bytes.subarray(0, 11)).toString('latin1');
    const pem =
      text === '-----BEGIN ' ? readPem(Buffer.from(bytes).toString('latin1'), ['X509 CRL']) : [];
    const der = pem[0] ?? bytes;
    const list = readRevocationList(der);
    const nextUpdate = list?.nextUpdate;
    if (list === undefined || nextUpdate === undefined) return failed('it is no revocation list');
    const views = await store.read(trusted.list);
    const known = views.find((view) => view.name === name)?.lists;
    // What is here already is no news.
    if (known?.some((each) => same(each.list.body, list.body))) {
      return nextUpdate > clock.now() ? ok(nextUpdate) : failed('it is over');
    }
    const done = await writeOrUndo(store, (tx) => trusted.importList(tx, name, der, {}));
    return done.ok ? ok(nextUpdate) : failed(`it was refused: ${done.error.code}`);
  }

  async function fetchOne(source: {
    readonly trusted_id: string;
    readonly name: string;
    readonly url: string;
    readonly due_at: number;
    readonly got_at: number | null;
    readonly failed: string | null;
  }): Promise<void> {
    if (fetchList === undefined) return;
    const { trusted_id: id, name, url, due_at: seen } = source;
    const retry = clock.now() + SOONEST;
    const claimed = await store.write((tx) => tx.run(claimSource, { id, url, seen, due: retry }));
    if (claimed !== 1) return;
    const got = await fetchList(new URL(url));
    const taken = got.ok ? await takeIn(name, got.value) : got;
    const now = clock.now();
    if (taken.ok) {
      const due = now + Math.min(Math.max((taken.value - now) / 2, SOONEST), LATEST);
      const settled = { id, url, due: Math.floor(due), got: now, failed: null };
      await store.write((tx) => tx.run(settleSource, settled));
      return;
    }
    await store.write(async (tx) => {
      const why = taken.error;
      const settled = { id, url, due: now + SOONEST, got: source.got_at, failed: why };
      // Somebody may have removed that CA meanwhile.
      if ((await tx.run(settleSource, settled)) !== 1 || source.failed !== null) return;
      const data = { name, url, why };
      await record.append(tx, { type: 'authority.list-missed', outcome: 'failed', data });
    });
  }

  async function fetchDue(): Promise<void> {
    const now = clock.now();
    const due = (await store.read((q) => q.all(sourceRows, {}))).filter(
      ({ due_at }) => due_at <= now,
    );
    for (const source of due) await fetchOne(source).catch(report);
  }

  function wake(): void {
    cancel = later(LOOK_EVERY, () => {
      working = fetchDue()
        .catch(report)
        .finally(() => cancel && wake());
    });
  }

  return {
    async sources(q) {
      return (await q.all(sourceRows, {})).map(({ name, url, got_at, failed }) => ({
        name,
        url,
        gotAt: got_at ?? undefined,
        failed: failed ?? undefined,
      }));
    },
    fetchDue,
    start: wake,
    async stop() {
      cancel?.();
      cancel = undefined;
      await working;
    },
  };
}
