/** Tokens for scripts in the house of this machine. */
import { issuedToken, tokenProblem } from '../../../doors/api/token-views.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { TokensDesk } from '../tokens-desk.ts';

export function houseTokens({ store, tokens }: House): TokensDesk {
  return {
    async issue({ owner, ...terms }) {
      const wanted = { ...terms, owner: owner as PersonId }; // Found by their name before.
      const issued = await writeOrUndo(store, (tx) => tokens.issue(tx, wanted, AT_THE_MACHINE));
      return issued.ok ? ok(issuedToken(issued.value)) : failed(tokenProblem(issued.error));
    },
  };
}
