import type { Id, ProcessId } from '../kernel/id.ts';
import { tables } from '../store/statement.ts';
import type { SubjectRow } from './subject-table.ts';

export type WorkloadId = Id<'workload'>;

interface WorkloadOnlyRow {
  id: WorkloadId;
  process_id: ProcessId;
  /** JSON list of text, as contract/workloads.ts has them. */
  selectors: string;
  uid: number | null;
  unit: string | null;
  created_at: number;
}

interface WorkloadTables {
  workload: WorkloadOnlyRow;
  subject: SubjectRow;
  process: { id: ProcessId; name: string };
}

/** With the process that it is. */
export interface WorkloadRow extends WorkloadOnlyRow {
  name: string;
  status: string;
  epoch: number;
}

const t = tables<WorkloadTables>();

export const insertWorkload = t.statement((db, p: WorkloadOnlyRow) =>
  db.insertInto('workload').values({
    id: p.id,
    process_id: p.process_id,
    selectors: p.selectors,
    uid: p.uid,
    unit: p.unit,
    created_at: p.created_at,
  }),
);

export const deleteWorkload = t.statement((db, p: { id: WorkloadId }) =>
  db.deleteFrom('workload').where('id', '=', p.id),
);

/** Those that one caller could be. Processes that went with their application are not among them. */
export const workloadsOfCaller = t.statement((db, p: { uid: number; unit: string }) =>
  db
    .selectFrom('workload')
    .innerJoin('process', 'process.id', 'workload.process_id')
    .innerJoin('subject', 'subject.id', 'workload.process_id')
    .selectAll('workload')
    .select(['process.name', 'subject.status', 'subject.epoch'])
    .where((eb) => eb.or([eb('workload.uid', '=', p.uid), eb('workload.unit', '=', p.unit)]))
    .orderBy('workload.id'),
);

/** Ids ascend, and so do epochs: what is added, goes or changes gives other numbers. */
export const workloadMark = t.statement((db) =>
  db
    .selectFrom('workload')
    .innerJoin('process', 'process.id', 'workload.process_id')
    .innerJoin('subject', 'subject.id', 'workload.process_id')
    .select(({ fn }) => [
      fn.countAll().as('count'),
      fn.max('workload.id').as('last'),
      fn.sum('subject.epoch').as('epochs'),
    ]),
);

export interface WorkloadFilter {
  readonly process?: ProcessId | undefined;
  readonly after?: WorkloadId | undefined;
  readonly limit?: number | undefined;
}

export const listWorkloads = ({ process, after, limit }: WorkloadFilter) =>
  t.query((db) => {
    let query = db
      .selectFrom('workload')
      .innerJoin('process', 'process.id', 'workload.process_id')
      .innerJoin('subject', 'subject.id', 'workload.process_id')
      .selectAll('workload')
      .select(['process.name', 'subject.status', 'subject.epoch'])
      .orderBy('workload.id');
    if (process !== undefined) query = query.where('workload.process_id', '=', process);
    if (after !== undefined) query = query.where('workload.id', '>', after);
    return limit === undefined ? query : query.limit(limit);
  });
