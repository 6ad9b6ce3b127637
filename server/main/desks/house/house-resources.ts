/** Resources in the house of this machine. */
import { resourceProblem, resource as shown } from '../../../doors/api/resource-views.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok, type Result } from '../../../kernel/result.ts';
import type { Tx } from '../../../store/store.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { Done } from '../done.ts';
import type { ResourcesDesk } from '../resources-desk.ts';
import { behindId } from './behind-id.ts';

type Problem = Parameters<typeof resourceProblem>[0];

export function houseResources({ store, resources, resourceActs }: House): ResourcesDesk {
  async function changed<T, A>(
    work: (tx: Tx) => Promise<Result<T, Problem>>,
    view: (value: T) => A,
  ): Done<A> {
    const done = await writeOrUndo(store, work);
    return done.ok ? ok(view(done.value)) : failed(resourceProblem(done.error));
  }

  return {
    find: (named) =>
      store.read(async (q) => {
        const resource = await resources.find(q, named);
        return ok(resource && shown(resource));
      }),

    list: behindId(async (filter) => {
      const { items, next } = await store.read((q) => resourceActs.list(q, filter));
      return ok({ items: items.map(shown), next: next ?? null });
    }),

    add({ owner, ...resource }) {
      const fresh = { ...resource, owner: owner as PersonId | undefined }; // Found by their name before.
      return changed((tx) => resources.add(tx, fresh, AT_THE_MACHINE), shown);
    },

    change: (id, edit) => changed((tx) => resourceActs.edit(tx, id, edit, AT_THE_MACHINE), shown),
    remove: (id) =>
      changed(
        (tx) => resourceActs.remove(tx, id, AT_THE_MACHINE),
        () => undefined,
      ),
  };
}
