/** What people are called at an upstream server, said by administrators. */
import type { companyTokenOperations } from '@sallyport/contract/api/company-tokens.ts';
import type { CompanyTokenProblem } from '../../gate/use-cases/people/company-tokens.ts';
import { parseId } from '../../kernel/id.ts';
import type { ApiDeps } from './api-deps.ts';
import { card as shown } from './card-views.ts';
import type { Handlers } from './handler.ts';
import { answered, Told } from './told.ts';

export const companyToken = shown;

export function companyTokenProblem({ code }: CompanyTokenProblem): Told {
  return new Told(code === 'not-found' ? code : 'company-token-refused');
}

export function companyTokenHandlers({
  companyTokens,
}: Pick<ApiDeps, 'companyTokens'>): Handlers<keyof typeof companyTokenOperations> {
  return {
    async assignCompanyToken({ params, body }, { token, arrival }) {
      const id = parseId<'person'>(params.id);
      if (id === undefined) return new Told('not-found');
      const done = await companyTokens.assign(token, id, body.account, arrival);
      return answered(done, companyToken, companyTokenProblem);
    },
  };
}
