/** The authority, and CAs of others that are trusted. */
import type { authorityOperations } from '@sallyport/contract/api/authority.ts';
import type { ApiDeps } from './api-deps.ts';
import {
  certificatesIn,
  listIn,
  notTrusted,
  shownAuthority,
  trustedCa,
} from './authority-views.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';

const nothing = () => undefined;

export function authorityHandlers({
  authorityAdministration: authority,
}: Pick<ApiDeps, 'authorityAdministration'>): Handlers<keyof typeof authorityOperations> {
  return {
    async showAuthority(_, { token, arrival }) {
      return answered(
        await authority.show(token, arrival),
        (all) => shownAuthority(authority.address(), all),
        never,
      );
    },

    async revokeAuthority({ params, body }, { token, arrival }) {
      return answered(
        await authority.revoke(token, params.id, body.reason, arrival),
        nothing,
        ({ code }) => new Told(code === 'revoked' ? 'certificate-revoked' : code),
      );
    },

    async listTrustedAuthorities(_, { token, arrival }) {
      return answered(
        await authority.trusted(token, arrival),
        (all) => ({ trusted: all.map(trustedCa) }),
        never,
      );
    },

    async trustAuthority({ body }, { token, arrival }) {
      const { name, for: trustedFor, certificates, wantsList, listUrls } = body;
      const found = certificatesIn(certificates);
      const trust = { name, trustedFor, certificates: found, wantsList, listUrls };
      return answered(await authority.trust(token, trust, arrival), trustedCa, notTrusted);
    },

    async importRevocationList({ params, body }, { token, arrival }) {
      return answered(
        await authority.importList(token, params.name, listIn(body.list), arrival),
        trustedCa,
        notTrusted,
      );
    },

    async distrustAuthority({ params }, { token, arrival }) {
      return answered(
        await authority.distrust(token, params.name, arrival),
        nothing,
        ({ code }) => new Told(code),
      );
    },
  };
}
