/** Resources at a server elsewhere, by its API. */

import type { Operations } from '@sallyport/contract/api/operations.ts';
import type { Connection, Sent } from '../../remote/connection.ts';
import type { ResourceEdit, ResourcesDesk } from '../resources-desk.ts';
import { serverNamed } from './server-named.ts';
import { serverPages } from './server-pages.ts';

type NewBody = NonNullable<Sent<Operations['addResource']>['body']>;

export function serverResources({ call }: Connection): ResourcesDesk {
  function bodyOf({ groups, members, detail, ...rest }: ResourceEdit) {
    return {
      ...rest,
      ...(groups === undefined ? {} : { groups: [...groups] }),
      ...(members === undefined ? {} : { members: [...members] }),
      ...(detail === undefined ? {} : { detail: { ...detail } }),
    };
  }

  return {
    find: (named) => serverNamed(named, (sent) => call('showResource', sent)),
    list: ({ after, limit, ...filter }) =>
      serverPages({ after, limit }, (paging) =>
        call('listResources', { query: { ...filter, ...paging } }),
      ),
    add({ owner, ...resource }) {
      const body = { ...resource, ...(owner === undefined ? {} : { owner }) };
      // Its detail was read by the schema of its kind, which the server reads it by too.
      return call('addResource', { body: body as NewBody });
    },
    change: (id, edit) => call('changeResource', { params: { id }, body: bodyOf(edit) }),
    remove: (id) => call('removeResource', { params: { id } }),
  };
}
