/** The authority of a server elsewhere, by its API. */
import type { Connection } from '../../remote/connection.ts';
import type { AuthorityDesk } from '../authority-desk.ts';

export function serverAuthority({ call }: Connection): AuthorityDesk {
  return {
    show: () => call('showAuthority'),
    revoke: (id, reason) => call('revokeAuthority', { params: { id }, body: { reason } }),
    trusted: () => call('listTrustedAuthorities'),
    trust: ({ for: kinds, listUrls, ...terms }) =>
      call('trustAuthority', { body: { ...terms, for: [...kinds], listUrls: [...listUrls] } }),
    importList: (name, list) => call('importRevocationList', { params: { name }, body: { list } }),
    distrust: (name) => call('distrustAuthority', { params: { name } }),
  };
}
