/** Who is at which network device, by the API of a server elsewhere. */
import type { Connection } from '../../remote/connection.ts';
import type { LogInsDesk } from '../log-ins-desk.ts';
import { serverPages } from './server-pages.ts';

export function serverLogIns({ call }: Connection): LogInsDesk {
  return {
    list: (filter) => serverPages(filter, (query) => call('listLogIns', { query })),
    reauthorize: (id) => call('reauthorizeLogIn', { params: { id } }),
    end: (id) => call('endLogIn', { params: { id } }),
  };
}
