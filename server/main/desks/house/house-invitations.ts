/** Inviting applications to the house of this machine. */
import type { Config } from '../../../config/sections.ts';
import { invitation, invited } from '../../../doors/api/invitation-views.ts';
import { registrationAt } from '../../../doors/oidc/own/registration-endpoint.ts';
import type { PersonId } from '../../../kernel/id.ts';
import { parseId } from '../../../kernel/id.ts';
import { failed, ok } from '../../../kernel/result.ts';
import { writeOrUndo } from '../../../store/undo.ts';
import type { House } from '../../house.ts';
import type { Refused } from '../../remote/connection.ts';
import { AT_THE_MACHINE } from '../at-the-machine.ts';
import type { InvitationsDesk } from '../invitations-desk.ts';
import { behindId } from './behind-id.ts';

const refused = (code: Refused['code']) => failed<Refused>({ code, members: {} });

export function houseInvitations(
  { store, appInvitations }: House,
  origin: string,
  { oidc }: Config,
): InvitationsDesk {
  const endpoint = oidc.registration ? registrationAt(`${origin}/oidc`) : null;
  return {
    list: behindId(async (filter) => {
      const { items, next } = await store.read((q) => appInvitations.list(q, filter));
      return ok({ items: items.map(invitation), next: next ?? null });
    }),

    async invite({ owner, ...terms }) {
      const wanted = { ...terms, owner: owner as PersonId }; // Found by their name before.
      const made = await writeOrUndo(store, (tx) =>
        appInvitations.invite(tx, wanted, AT_THE_MACHINE),
      );
      return made.ok ? ok(invited(made.value, endpoint)) : refused(made.error.code);
    },

    async withdraw(typed) {
      const id = parseId<'invitation'>(typed);
      const done =
        id && (await writeOrUndo(store, (tx) => appInvitations.withdraw(tx, id, AT_THE_MACHINE)));
      return done?.ok ? ok(undefined) : refused('not-found');
    },
  };
}
