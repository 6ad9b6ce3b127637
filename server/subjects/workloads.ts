/**
 * Workloads: which programs of a machine are which process, told by what its kernel says of them (SPIFFE calls these selectors).
 * A caller is the process of each row of which every selector is true of it. docs/spiffe.md tells what each of them is worth.
 */
import {
  readSelector,
  type Selector,
  type SelectorKind,
  selectorText,
} from '@sallyport/contract/workloads.ts';
import type { Clock } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { Ids, ProcessId } from '../kernel/id.ts';
import { failed, ok, type Result } from '../kernel/result.ts';
import type { By, Recorder } from '../record/record.ts';
import type { Queries, Tx } from '../store/store.ts';
import type { Processes } from './processes.ts';
import {
  deleteWorkload,
  insertWorkload,
  listWorkloads,
  type WorkloadFilter,
  type WorkloadId,
  type WorkloadRow,
  workloadMark,
  workloadsOfCaller,
} from './workload-table.ts';

export type { WorkloadFilter, WorkloadId } from './workload-table.ts';

export interface Workload {
  readonly id: WorkloadId;
  readonly process: {
    readonly id: ProcessId;
    readonly name: string;
    readonly active: boolean;
    readonly epoch: number;
  };
  readonly selectors: readonly Selector[];
  readonly createdAt: number;
}

export type WorkloadError =
  | { readonly code: 'not-found' }
  | { readonly code: 'malformed'; readonly selector: string }
  /** Neither a user nor a unit: anyone can run a file under a debugger of their own. */
  | { readonly code: 'anyones' }
  | { readonly code: 'twice'; readonly selector: string }
  | { readonly code: 'held-already' };

export interface Workloads {
  /** Those that a caller with this user and unit could be. */
  ofCaller(q: Queries, uid: number, unit: string | undefined): Promise<readonly Workload[]>;
  list(q: Queries, filter?: WorkloadFilter): Promise<readonly Workload[]>;
  /** Another one after each change of a workload, or of a process that has one. */
  mark(q: Queries): Promise<string>;
  add(
    tx: Tx,
    process: ProcessId,
    selectors: readonly string[],
    by: By,
  ): Promise<Result<Workload, WorkloadError>>;
  remove(tx: Tx, id: WorkloadId, by: By): Promise<Result<Workload, WorkloadError>>;
}

export interface WorkloadsDeps {
  readonly processes: Pick<Processes, 'get' | 'raise'>;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** No unit is called so. */
const NO_UNIT = '';
const MOST_SELECTORS = 8;

export function createWorkloads({ processes, record, clock, ids }: WorkloadsDeps): Workloads {
  async function list(q: Queries, filter: WorkloadFilter): Promise<readonly Workload[]> {
    return (await q.all(listWorkloads(filter), {})).map(readWorkload);
  }

  return {
    async ofCaller(q, uid, unit) {
      return (await q.all(workloadsOfCaller, { uid, unit: unit ?? NO_UNIT })).map(readWorkload);
    },

    list: (q, filter = {}) => list(q, filter),

    async mark(q) {
      return JSON.stringify(await q.one(workloadMark, {}));
    },

    async add(tx, process, typed, by) {
      const found = await processes.get(tx, process);
      if (found === undefined) return failed({ code: 'not-found' });
      const read = readAll(typed);
      if (!read.ok) return read;
      const texts = read.value.map(selectorText);
      const same = JSON.stringify(texts);
      const held = await list(tx, { process });
      if (held.some(({ selectors }) => JSON.stringify(selectors.map(selectorText)) === same)) {
        return failed({ code: 'held-already' });
      }
      const id = ids.next<'workload'>();
      const uid = valueFor(read.value, 'uid');
      const createdAt = clock.now();
      await tx.run(insertWorkload, {
        id,
        process_id: process,
        selectors: same,
        uid: uid === undefined ? null : Number(uid),
        unit: valueFor(read.value, 'unit') ?? null,
        created_at: createdAt,
      });
      await record.append(tx, {
        type: 'workload.added',
        outcome: 'done',
        subject: process,
        ...by,
        data: { workload: id, name: found.name, selectors: texts.map(shortened) },
      });
      const { name, epoch, status } = found;
      const active = status === 'active';
      return ok({
        id,
        process: { id: process, name, epoch, active },
        selectors: read.value,
        createdAt,
      });
    },

    async remove(tx, id, by) {
      const workload = (await list(tx, {})).find((one) => one.id === id);
      if (workload === undefined) return failed({ code: 'not-found' });
      if ((await tx.run(deleteWorkload, { id })) !== 1) return failed({ code: 'not-found' });
      const { process, selectors } = workload;
      // What was granted for it is judged anew.
      await processes.raise(tx, process.id);
      await record.append(tx, {
        type: 'workload.removed',
        outcome: 'done',
        subject: process.id,
        ...by,
        data: {
          workload: id,
          name: process.name,
          selectors: selectors.map((one) => shortened(selectorText(one))),
        },
      });
      return ok(workload);
    },
  };
}

function readAll(typed: readonly string[]): Result<readonly Selector[], WorkloadError> {
  const selectors: Selector[] = [];
  for (const text of typed.slice(0, MOST_SELECTORS)) {
    const selector = readSelector(text);
    if (selector === undefined) return failed({ code: 'malformed', selector: text });
    // A program has one user, one unit and one file: of two, one would never be true.
    if (valueFor(selectors, selector.kind) !== undefined) {
      return failed({ code: 'twice', selector: text });
    }
    selectors.push(selector);
  }
  const named = (kind: SelectorKind) => valueFor(selectors, kind) !== undefined;
  if (!named('uid') && !named('unit')) return failed({ code: 'anyones' });
  return ok(selectors.sort((a, b) => (a.kind < b.kind ? -1 : 1)));
}

const valueFor = (selectors: readonly Selector[], kind: SelectorKind): string | undefined =>
  selectors.find((one) => one.kind === kind)?.value;

/** As the record takes it: a path may be longer. */
const shortened = (text: string) => text.slice(0, 128);

function readWorkload(row: WorkloadRow): Workload {
  const texts: unknown = JSON.parse(row.selectors);
  const selectors = (Array.isArray(texts) ? texts : []).map((text) => {
    const selector = typeof text === 'string' ? readSelector(text) : undefined;
    // One that could be left out would make the row true of more.
    if (selector === undefined) throw new Fault('store.misuse', `workload ${row.id} is spoiled`);
    return selector;
  });
  const { id, process_id, name, epoch, created_at: createdAt } = row;
  const process = { id: process_id, name, epoch, active: row.status === 'active' };
  return { id, process, selectors, createdAt };
}
