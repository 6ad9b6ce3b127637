/** What is done to workloads, whoever may: by whoever has the machine in their hands, and by those who are judged. */
import { failed, type Result } from '../../../kernel/result.ts';
import type { By } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import type {
  Workload,
  WorkloadError,
  WorkloadFilter,
  WorkloadId,
  Workloads,
} from '../../../subjects/workloads.ts';
import { NOT_FOUND, type NotFound, type Page } from '../answered.ts';
import type { SvidEnding } from './svid-ending.ts';

export interface WorkloadPage extends Omit<WorkloadFilter, 'process'> {
  /** By name or id. */
  readonly process?: string | undefined;
  readonly limit: number;
}

export interface WorkloadActs {
  list(q: Queries, page: WorkloadPage): Promise<Result<Page<Workload>, NotFound>>;
  add(
    tx: Tx,
    process: string,
    selectors: readonly string[],
    by: By,
  ): Promise<Result<Workload, WorkloadError>>;
  /** Programs that were known by it have certificates that are good for a while: they are revoked in the same stroke. */
  remove(tx: Tx, id: WorkloadId, by: By): Promise<Result<Workload, WorkloadError>>;
}

export interface WorkloadActsDeps {
  readonly workloads: Workloads;
  readonly processes: Pick<Processes, 'find'>;
  readonly svids: Pick<SvidEnding, 'endSvids'>;
}

export function createWorkloadActs({
  workloads,
  processes,
  svids,
}: WorkloadActsDeps): WorkloadActs {
  return {
    async list(q, { process: named, ...page }) {
      const process = named === undefined ? undefined : await processes.find(q, named);
      if (named !== undefined && process === undefined) return failed(NOT_FOUND);
      const items = await workloads.list(q, { ...page, process: process?.id });
      const next = items.length === page.limit ? items.at(-1)?.id : undefined;
      return { ok: true, value: { items, next } };
    },

    async add(tx, named, selectors, by) {
      const process = await processes.find(tx, named);
      if (process === undefined) return failed(NOT_FOUND);
      return workloads.add(tx, process.id, selectors, by);
    },

    async remove(tx, id, by) {
      const removed = await workloads.remove(tx, id, by);
      if (removed.ok) await svids.endSvids(tx, removed.value.process.id, by);
      return removed;
    },
  };
}
