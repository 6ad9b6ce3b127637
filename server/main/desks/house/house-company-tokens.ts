/** What people are called at an upstream server, in the house of this machine. */
import { companyToken, companyTokenProblem } from '../../../doors/api/company-tokens.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { CompanyTokensDesk } from '../company-tokens-desk.ts';

export function houseCompanyTokens({ store, companyTokens }: House): CompanyTokensDesk {
  return {
    async assign(person, account) {
      const id = parseId<'person'>(person);
      if (id === undefined) return failed({ code: 'not-found', members: {} });
      const done = await writeOrUndo(store, (tx) =>
        companyTokens.assignIn(tx, id, account, AT_THE_MACHINE),
      );
      return done.ok ? ok(companyToken(done.value)) : failed(companyTokenProblem(done.error));
    },
  };
}
