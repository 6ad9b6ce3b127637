/** Which programs are which process. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { workloadOperations } from '@sallyport/contract/api/workloads.ts';
import type { WorkloadId } from '../../subjects/workloads.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { answered, Told } from './told.ts';
import { workload, workloadProblem } from './workload-views.ts';

export function workloadHandlers(
  { workloadAdministration: workloads }: Pick<ApiDeps, 'workloadAdministration'>,
  cursors: Cursors,
): Handlers<keyof typeof workloadOperations> {
  return {
    async listWorkloads({ query }, { token, arrival }) {
      const { limit = USUAL_PAGE, cursor, process } = query;
      const name = `workloads ${process ?? '*'}`;
      const begins = cursors.read(name, cursor);
      if (begins instanceof Told) return begins;
      const after = begins.after as WorkloadId | undefined; // Written by the house.
      return answered(
        await workloads.list(token, { process, limit, after }, arrival),
        ({ items, next }) => ({ items: items.map(workload), next: cursors.write(name, next) }),
        ({ code }) => new Told(code),
      );
    },

    async addWorkload({ body: { process, selectors } }, { token, arrival }) {
      return answered(
        await workloads.add(token, process, selectors, arrival),
        workload,
        workloadProblem,
      );
    },

    async removeWorkload({ params }, { token, arrival }) {
      return answered(await workloads.remove(token, params.id, arrival), workload, workloadProblem);
    },
  };
}
