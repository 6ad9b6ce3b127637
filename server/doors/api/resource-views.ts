/** Resources as they are told to clients, and what can go wrong with them. The command line on the machine itself tells the same. */
import type { KeyReused } from '../../gate/once/once.ts';
import type { EditError } from '../../gate/use-cases/resources/resource-administration.ts';
import type { Resource } from '../../subjects/resource.ts';
import { fieldsOf } from './fields.ts';
import { Told } from './told.ts';
import { time } from './views.ts';

export function resource({
  id,
  name,
  kind,
  groups,
  open,
  members,
  detail,
  createdAt,
  changedAt,
}: Resource) {
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

export function resourceProblem(error: EditError | KeyReused): Told {
  switch (error.code) {
    case 'address-taken':
      return new Told(error.code, { address: error.address });
    case 'address-out-of-reach':
      return new Told(error.code, { address: error.address, says: error.says });
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
