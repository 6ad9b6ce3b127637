/** What waits for people's answers, by the API of a server elsewhere. */
import type { Connection } from '../../remote/connection.ts';
import type { ApprovalsDesk } from '../approvals-desk.ts';
import { serverPages } from './server-pages.ts';

export function serverApprovals({ call }: Connection): ApprovalsDesk {
  return {
    list: (filter) => serverPages(filter, (query) => call('listApprovals', { query })),
    cancel: (id) => call('cancelApproval', { params: { id } }),
  };
}
