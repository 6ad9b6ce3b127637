/** Looking after resources: applications, APIs and sites. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { resourceOperations } from '@sallyport/contract/api/resources.ts';
import type { KeyReused } from '../../gate/use-cases/once/once.ts';
import type {
  EditError,
  ResourceEdit,
} from '../../gate/use-cases/processes/resource-administration.ts';
import { parseId } from '../../kernel/id.ts';
import type { Resource } from '../../subjects/resource.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import { fieldsOf } from './fields.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';
import { time } from './views.ts';

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
        return answered(await resources.add(token, body, arrival, once), view, problem);
      }
      const { owner, ...rest } = body;
      const person = owner === undefined ? undefined : parseId<'person'>(owner);
      // Whatever can come in by itself is answered for from the beginning.
      const provesItself = rest.detail.clientAuth !== 'none';
      if (person === undefined && (owner !== undefined || provesItself)) {
        return new Told('owner-not-found');
      }
      const resource = { ...rest, owner: person };
      return answered(await resources.add(token, resource, arrival, once), view, problem);
    },

    async showResource({ params }, { token, arrival }) {
      const shown = await resources.show(token, params.id, arrival);
      return answered(shown, view, ({ code }) => new Told(code));
    },

    async changeResource({ params, body }, { token, arrival }) {
      const edit = body as ResourceEdit; // What is not there is left out, not undefined.
      return answered(await resources.change(token, params.id, edit, arrival), view, problem);
    },

    async removeResource({ params }, { token, arrival }) {
      return answered(await resources.remove(token, params.id, arrival), nothing, problem);
    },
  };
}

function view({ id, name, kind, groups, open, members, detail, createdAt, changedAt }: Resource) {
  return {
    id,
    name,
    kind,
    groups,
    open,
    members,
    detail: { ...detail },
    createdAt: time(createdAt),
    changedAt: time(changedAt),
  };
}

function problem(error: EditError | KeyReused): Told {
  switch (error.code) {
    case 'address-taken':
      return new Told(error.code, { address: error.address });
    case 'detail-not-valid': {
      const fields = fieldsOf(error.error).map(({ path, must }) => ({
        path: path === '' ? 'detail' : `detail.${path}`,
        must,
      }));
      return new Told('not-valid', { fields });
    }
    default:
      return new Told(error.code);
  }
}
