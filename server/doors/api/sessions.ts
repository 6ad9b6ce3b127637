/** Everyone’s sessions, and tokens for scripts, which are sessions of their own kind. */
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { sessionOperations } from '@sallyport/contract/api/sessions.ts';
import type { tokenOperations } from '@sallyport/contract/api/tokens.ts';
import { MINUTE } from '../../kernel/clock.ts';
import { parseId } from '../../kernel/id.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { issuedToken, tokenProblem } from './token-views.ts';
import { answered, never, Told } from './told.ts';
import { session } from './views.ts';

const LIST = 'sessions';

export function sessionHandlers(
  { administration }: Pick<ApiDeps, 'administration'>,
  cursors: Cursors,
): Handlers<keyof typeof sessionOperations | keyof typeof tokenOperations> {
  return {
    async listSessions({ query: { limit = USUAL_PAGE, cursor } }, { token, arrival }) {
      const begins = cursors.read(LIST, cursor);
      if (begins instanceof Told) return begins;
      return answered(
        await administration.listSessions(token, { limit, ...begins }, arrival),
        ({ items, next }) => ({
          items: items.map(session),
          next: cursors.write(LIST, next),
        }),
        never,
      );
    },

    async revokeSession({ params }, { token, arrival }) {
      const revoked = await administration.revokeSession(token, params.id, arrival);
      return answered(
        revoked,
        () => undefined,
        ({ code }) => new Told(code),
      );
    },

    async issueToken({ body: { owner, scope, lifetimeMinutes } }, { token, arrival, once }) {
      const id = parseId<'person'>(owner);
      if (id === undefined) return new Told('not-found');
      const terms = { owner: id, scope, lifetime: lifetimeMinutes * MINUTE };
      return answered(
        await administration.issueToken(token, terms, arrival, once),
        issuedToken,
        tokenProblem,
      );
    },
  };
}
