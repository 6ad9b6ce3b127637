/** Which programs are which process at a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { WorkloadsDesk } from '../workloads-desk.ts';
import { serverPages } from './server-pages.ts';

export function serverWorkloads({ call }: Connection): WorkloadsDesk {
  return {
    socket: undefined,
    list: ({ after, limit, ...filter }) =>
      serverPages({ after, limit }, (paging) =>
        call('listWorkloads', { query: { ...filter, ...paging } }),
      ),
    add: (process, selectors) =>
      call('addWorkload', { body: { process, selectors: [...selectors] } }),
    remove: (id) => call('removeWorkload', { params: { id } }),
  };
}
