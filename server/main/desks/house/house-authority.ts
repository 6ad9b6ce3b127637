/** The authority of the house of this machine. */
import {
  certificatesIn,
  listIn,
  notTrusted,
  shownAuthority,
  trustedCa,
} from '../../../doors/api/authority-views.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { AuthorityDesk } from '../authority-desk.ts';
import { NOT_FOUND } from '../not-found.ts';

export function houseAuthority({
  store,
  authority,
  authorityActs,
  certificateActs,
}: House): AuthorityDesk {
  const { trusted } = authority;
  return {
    async show() {
      return ok(shownAuthority(authority.address(), await certificateActs.authorities()));
    },

    async revoke(id, reason) {
      const revoked = await writeOrUndo(store, (tx) =>
        authorityActs.revoke(tx, id, reason, AT_THE_MACHINE),
      );
      if (revoked.ok) return revoked;
      return revoked.error === 'revoked'
        ? failed({ code: 'certificate-revoked', members: {} })
        : NOT_FOUND;
    },

    trusted: async () => ok({ trusted: (await store.read(trusted.list)).map(trustedCa) }),

    async trust({ for: trustedFor, certificates, ...terms }) {
      const trust = { ...terms, trustedFor, certificates: certificatesIn(certificates) };
      const added = await writeOrUndo(store, (tx) => trusted.add(tx, trust, AT_THE_MACHINE));
      return added.ok ? ok(trustedCa(added.value)) : failed(notTrusted(added.error));
    },

    async importList(name, list) {
      const imported = await writeOrUndo(store, (tx) =>
        authorityActs.importList(tx, name, listIn(list), AT_THE_MACHINE),
      );
      return imported.ok ? ok(trustedCa(imported.value)) : failed(notTrusted(imported.error));
    },

    async distrust(name) {
      const removed = await store.write((tx) => authorityActs.distrust(tx, name, AT_THE_MACHINE));
      return removed ? ok(undefined) : NOT_FOUND;
    },
  };
}
