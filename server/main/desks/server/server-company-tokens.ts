/** What people are called at an upstream server, by the API of a server elsewhere. */
import type { Connection } from '../../remote/connection.ts';
import type { CompanyTokensDesk } from '../company-tokens-desk.ts';

export function serverCompanyTokens({ call }: Connection): CompanyTokensDesk {
  return {
    assign: (id, account) => call('assignCompanyToken', { params: { id }, body: { account } }),
  };
}
