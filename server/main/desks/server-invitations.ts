/** Inviting applications to a server elsewhere, by its API. */
import { MINUTE } from '../../kernel/clock.ts';
import { failed } from '../../kernel/result.ts';
import type { Connection, Refused } from '../remote/connection.ts';
import type { InvitationsDesk } from './invitations-desk.ts';
import { serverPages } from './server-pages.ts';

export function serverInvitations({ call }: Connection): InvitationsDesk {
  return {
    list: (filter) =>
      serverPages(filter, (paging) => call('listAppInvitations', { query: paging })),
    async invite({ owner, uses, lifetime, open, members }) {
      // Rounded, it would be good for longer or shorter than was said.
      if (lifetime % MINUTE !== 0) {
        const fields = [{ path: '--lifetime', must: 'be whole minutes' }];
        return failed<Refused>({ code: 'not-valid', members: { fields } });
      }
      const lifetimeMinutes = lifetime / MINUTE;
      const body = { owner, uses, lifetimeMinutes, open, members: [...members] };
      return call('inviteApps', { body });
    },
    withdraw: (id) => call('withdrawAppInvitation', { params: { id } }),
  };
}
