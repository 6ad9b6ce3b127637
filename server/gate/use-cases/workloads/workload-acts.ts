/** What is done to workloads, by whoever has the machine in their hands; not judged. */
import type { Authority } from '../../../authority/x509/authority-words.ts';
import type { ProcessId } from '../../../kernel/id.ts';
import type { Result } from '../../../kernel/result.ts';
import type { By } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type {
  Workload,
  WorkloadError,
  WorkloadId,
  Workloads,
} from '../../../subjects/workloads.ts';

export interface WorkloadActs {
  /** Programs that were known by it have certificates that are good for a while: they are revoked in the same stroke. */
  remove(tx: Tx, id: WorkloadId, by: By): Promise<Result<Workload, WorkloadError>>;
}

export interface WorkloadActsDeps {
  readonly workloads: Workloads;
  readonly authority: Pick<Authority, 'list' | 'revoke'>;
}

/** They live for hours at the most, and each program of a process shares one: there are a few. */
const MOST = 1000;

export function createWorkloadActs({ workloads, authority }: WorkloadActsDeps): WorkloadActs {
  async function revokeSvids(tx: Tx, subject: ProcessId, by: By): Promise<void> {
    const filter = { subject, profile: 'svid', state: 'good', limit: MOST } as const;
    for (const { serial } of await authority.list(tx, filter)) {
      await authority.revoke(tx, serial, 'cessation-of-operation', by);
    }
  }

  return {
    async remove(tx, id, by) {
      const removed = await workloads.remove(tx, id, by);
      if (removed.ok) await revokeSvids(tx, removed.value.process.id, by);
      return removed;
    },
  };
}
