/**
 * Workloads as administrators look after them by a door. Which programs are a process is how it proves itself: whoever adds one can
 * come as that process, and so it is `process.rotate`.
 */
import { parseId } from '../../../kernel/id.ts';
import { failed } from '../../../kernel/result.ts';
import type { Action } from '../../../policy/actions.ts';
import type { Workload, WorkloadError } from '../../../subjects/workloads.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish } from '../../wish.ts';
import { PROCESSES } from '../../wishes.ts';
import type { NotFound, Page } from '../answered.ts';
import type { WorkloadActs, WorkloadPage } from './workload-acts.ts';

export interface WorkloadAdministration {
  list(
    token: string,
    page: WorkloadPage,
    arrival: Arrival,
  ): Promise<Performed<Page<Workload>, NotFound>>;
  add(
    token: string,
    process: string,
    selectors: readonly string[],
    arrival: Arrival,
  ): Promise<Performed<Workload, WorkloadError>>;
  remove(token: string, id: string, arrival: Arrival): Promise<Performed<Workload, WorkloadError>>;
}

const wish = (action: Action): Wish => ({ action, resource: PROCESSES });

export function createWorkloadAdministration({
  gate,
  workloadActs,
}: {
  readonly gate: Gate;
  readonly workloadActs: WorkloadActs;
}): WorkloadAdministration {
  return {
    async list(token, page, arrival) {
      const read = await gate.read(token, wish('process.read'), arrival, (q) =>
        workloadActs.list(q, page),
      );
      if (read.state !== 'done') return read;
      return read.value.ok
        ? { state: 'done', value: read.value.value }
        : { state: 'failed', error: read.value.error };
    },

    add: (token, process, selectors, arrival) =>
      gate.perform(token, wish('process.rotate'), arrival, (tx, { by }) =>
        workloadActs.add(tx, process, selectors, by),
      ),

    remove: (token, text, arrival) =>
      gate.perform<Workload, WorkloadError>(
        token,
        wish('process.rotate'),
        arrival,
        async (tx, { by }) => {
          const id = parseId<'workload'>(text);
          return id === undefined ? failed({ code: 'not-found' }) : workloadActs.remove(tx, id, by);
        },
      ),
  };
}
