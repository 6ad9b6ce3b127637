/** Inviting applications to register themselves. */
import type { invitationOperations } from '@sallyport/contract/api/invitations.ts';
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import { MINUTE } from '../../kernel/clock.ts';
import { parseId } from '../../kernel/id.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { invited, invitation as view } from './invitation-views.ts';
import { answered, never, Told } from './told.ts';

export function invitationHandlers(
  { appInviting: inviting, registration }: Pick<ApiDeps, 'appInviting' | 'registration'>,
  cursors: Cursors,
): Handlers<keyof typeof invitationOperations> {
  return {
    async listAppInvitations({ query: { limit = USUAL_PAGE, cursor } }, { token, arrival }) {
      const list = 'app-invitations';
      const begins = cursors.read(list, cursor);
      if (begins instanceof Told) return begins;
      return answered(
        await inviting.list(token, { limit, ...begins }, arrival),
        ({ items, next }) => ({ items: items.map(view), next: cursors.write(list, next) }),
        never,
      );
    },

    async inviteApps({ body }, { token, arrival, once }) {
      const { owner, lifetimeMinutes, ...terms } = body;
      const person = parseId<'person'>(owner);
      if (person === undefined) return new Told('owner-not-found');
      const wanted = { ...terms, owner: person, lifetime: lifetimeMinutes * MINUTE };
      return answered(
        await inviting.invite(token, wanted, arrival, once),
        (made) => invited(made, registration()),
        ({ code }) => new Told(code),
      );
    },

    async withdrawAppInvitation({ params }, { token, arrival }) {
      return answered(
        await inviting.withdraw(token, params.id, arrival),
        () => undefined,
        ({ code }) => new Told(code),
      );
    },
  };
}
