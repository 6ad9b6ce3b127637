/** Processes in the house of this machine. */
import {
  addedProof,
  processProblem,
  processProofProblem,
  process as shown,
} from '../../../doors/api/process-views.ts';
import { type PersonId, type ProcessId, parseId, type ResourceId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Tx } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { Process } from '../../../subjects/process.ts';
import type { ProcessChange, ProcessError } from '../../../subjects/processes.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { Done } from '../done.ts';
import { NOT_FOUND } from '../not-found.ts';
import type { Entry, ProcessesDesk, ShownProcess } from '../processes-desk.ts';
import { behindId } from './behind-id.ts';

export function houseProcesses({ store, processes, processActs }: House): ProcessesDesk {
  /** What is no id of ours is nobody's. */
  const known = (id: string) => parseId<'process'>(id);

  const listed = (entries: readonly Entry[]) =>
    entries.map(({ resource, scopes }) => ({ resource: resource as ResourceId, scopes })); // Found by its name before.

  async function changed(
    work: (tx: Tx) => Promise<Result<Process, ProcessError>>,
  ): Done<ShownProcess> {
    const done = await writeOrUndo(store, async (tx) => {
      const process = await work(tx);
      return process.ok ? ok(await processActs.see(tx, process.value)) : process;
    });
    return done.ok ? ok(shown(done.value)) : failed(processProblem(done.error));
  }

  async function on(
    id: string,
    work: (tx: Tx, id: ProcessId) => Promise<Result<Process, ProcessError>>,
  ): Done<ShownProcess> {
    const process = known(id);
    return process === undefined ? NOT_FOUND : changed((tx) => work(tx, process));
  }

  return {
    find: (named) =>
      store.read(async (q) => {
        const process = await processes.find(q, named);
        return ok(process && shown(await processActs.see(q, process)));
      }),

    list: behindId(async ({ owner, resource, ...filter }) => {
      const { items, next } = await store.read((q) =>
        processActs.list(q, {
          ...filter,
          ...(owner === undefined ? {} : { owner: owner as PersonId }), // Found by their name before, as below.
          ...(resource === undefined ? {} : { resource: resource as ResourceId }),
        }),
      );
      return ok({ items: items.map(shown), next: next ?? null });
    }),

    add({ owner, entries, ...process }) {
      const fresh = { ...process, owner: owner as PersonId, entries: listed(entries) }; // Found by their name before.
      return changed((tx) => processes.add(tx, fresh, AT_THE_MACHINE));
    },

    change: (id, { owner, entries, ...rest }) =>
      on(id, (tx, process) => {
        const change: ProcessChange = {
          ...rest,
          ...(owner === undefined ? {} : { owner: owner as PersonId }), // Found by their name before.
          ...(entries === undefined ? {} : { entries: listed(entries) }),
        };
        return processes.change(tx, process, change, AT_THE_MACHINE);
      }),

    disable: (id) => on(id, (tx, process) => processes.disable(tx, process, AT_THE_MACHINE)),
    enable: (id) => on(id, (tx, process) => processes.enable(tx, process, AT_THE_MACHINE)),

    async addProof(id, proof) {
      const process = known(id);
      if (process === undefined) return NOT_FOUND;
      const added = await writeOrUndo(store, (tx) =>
        processActs.addProof(tx, process, proof, AT_THE_MACHINE),
      );
      return added.ok ? ok(addedProof(added.value)) : failed(processProofProblem(added.error));
    },

    async rotate(id, rotation) {
      const process = known(id);
      const proof = parseId<'proof'>(rotation.proof);
      if (process === undefined || proof === undefined) return NOT_FOUND;
      const added = await writeOrUndo(store, (tx) =>
        processActs.rotate(tx, process, { ...rotation, proof }, AT_THE_MACHINE),
      );
      return added.ok ? ok(addedProof(added.value)) : failed(processProofProblem(added.error));
    },

    async removeProof(id, text) {
      const process = known(id);
      const proof = parseId<'proof'>(text);
      if (process === undefined || proof === undefined) return NOT_FOUND;
      const removed = await writeOrUndo(store, (tx) =>
        processActs.removeProof(tx, process, proof, AT_THE_MACHINE),
      );
      return removed.ok ? removed : NOT_FOUND;
    },
  };
}
