/** Which programs are which process, in the house of this machine. */
import type { Config } from '../../../config/sections.ts';
import { workload, workloadProblem } from '../../../doors/api/workload-views.ts';
import { workloadSocket } from '../../../doors/spiffe/spiffe-config.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Tx } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { Workload, WorkloadError } from '../../../subjects/workloads.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import { NOT_FOUND } from '../not-found.ts';
import type { WorkloadsDesk } from '../workloads-desk.ts';
import { behindId } from './behind-id.ts';

export function houseWorkloads(
  { store, workloadActs }: House,
  { spiffe, data }: Pick<Config, 'spiffe' | 'data'>,
): WorkloadsDesk {
  const known = (id: string) => parseId<'workload'>(id);

  async function changed(work: (tx: Tx) => Promise<Result<Workload, WorkloadError>>) {
    const done = await writeOrUndo(store, work);
    return done.ok ? ok(workload(done.value)) : failed(workloadProblem(done.error));
  }

  return {
    socket: spiffe.enabled ? workloadSocket(spiffe, data) : null,

    list: behindId(async ({ after: text, ...filter }) => {
      const after = text === undefined ? undefined : known(text);
      const found = await store.read((q) => workloadActs.list(q, { ...filter, after }));
      if (!found.ok) return NOT_FOUND;
      const { items, next } = found.value;
      return ok({ items: items.map(workload), next: next ?? null });
    }),

    add: (process, selectors) =>
      changed((tx) => workloadActs.add(tx, process, selectors, AT_THE_MACHINE)),

    async remove(text) {
      const id = known(text);
      if (id === undefined) return NOT_FOUND;
      return changed((tx) => workloadActs.remove(tx, id, AT_THE_MACHINE));
    },
  };
}
