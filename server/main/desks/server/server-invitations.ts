/** Inviting applications to a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { InvitationsDesk } from '../invitations-desk.ts';
import { wholeMinutes } from '../whole-minutes.ts';
import { serverPages } from './server-pages.ts';

export function serverInvitations({ call }: Connection): InvitationsDesk {
  return {
    list: (filter) =>
      serverPages(filter, (paging) => call('listAppInvitations', { query: paging })),
    async invite({ owner, uses, lifetime, open, members }) {
      const minutes = wholeMinutes('--lifetime', lifetime);
      if (!minutes.ok) return minutes;
      const body = { owner, uses, lifetimeMinutes: minutes.value, open, members: [...members] };
      return call('inviteApps', { body });
    },
    withdraw: (id) => call('withdrawAppInvitation', { params: { id } }),
  };
}
