/** Invitations for applications as they are told to clients. The command line on the machine itself tells the same. */
import type {
  Invitation,
  Invited,
} from '../../gate/use-cases/apps/registration/app-invitations.ts';
import { time } from './views.ts';

export function invitation(shown: Invitation) {
  const { id, state, owner, ownerName, uses, used, open, members, withdrawnAt } = shown;
  return {
    id,
    state,
    owner,
    ownerName: ownerName ?? null,
    uses,
    used,
    open,
    members: [...members],
    createdAt: time(shown.createdAt),
    expiresAt: time(shown.expiresAt),
    withdrawnAt: withdrawnAt === undefined ? null : time(withdrawnAt),
  };
}

export function invited({ id, token, expiresAt }: Invited, endpoint: string | null) {
  return { id, token, expiresAt: time(expiresAt), endpoint };
}
