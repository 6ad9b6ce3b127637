/** Looking after resources: applications, APIs and sites. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { resourceOperations } from '@sallyport/contract/api/resources.ts';
import type { ResourceEdit } from '../../gate/use-cases/resources/resource-administration.ts';
import { parseId } from '../../kernel/id.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { resourceProblem, resource as view } from './resource-views.ts';
import { answered, never, Told } from './told.ts';

const nothing = () => undefined;

export function resourceHandlers(
  { resourceAdministration: resources }: Pick<ApiDeps, 'resourceAdministration'>,
  cursors: Cursors,
): Handlers<keyof typeof resourceOperations> {
  return {
    async listResources({ query: { limit = USUAL_PAGE, cursor, kind } }, { token, arrival }) {
      const list = `resources ${kind ?? '*'}`;
      const begins = cursors.read(list, cursor);
      if (begins instanceof Told) return begins;
      const filter = { limit, ...begins, ...(kind === undefined ? {} : { kind }) };
      return answered(
        await resources.list(token, filter, arrival),
        ({ items, next }) => ({ items: items.map(view), next: cursors.write(list, next) }),
        never,
      );
    },

    async addResource({ body }, { token, arrival, once }) {
      if (body.kind !== 'application') {
        return answered(await resources.add(token, body, arrival, once), view, resourceProblem);
      }
      const { owner, ...rest } = body;
      const person = owner === undefined ? undefined : parseId<'person'>(owner);
      // Whatever can come in by itself is answered for from the beginning.
      const provesItself = rest.detail.clientAuth !== 'none';
      if (person === undefined && (owner !== undefined || provesItself)) {
        return new Told('owner-not-found');
      }
      const resource = { ...rest, owner: person };
      return answered(await resources.add(token, resource, arrival, once), view, resourceProblem);
    },

    async showResource({ params }, { token, arrival }) {
      const shown = await resources.show(token, params.id, arrival);
      return answered(shown, view, ({ code }) => new Told(code));
    },

    async changeResource({ params, body }, { token, arrival }) {
      const edit = body as ResourceEdit; // What is not there is left out, not undefined.
      return answered(
        await resources.change(token, params.id, edit, arrival),
        view,
        resourceProblem,
      );
    },

    async removeResource({ params }, { token, arrival }) {
      return answered(await resources.remove(token, params.id, arrival), nothing, resourceProblem);
    },
  };
}
