/** What waits for people's answers on their own pages. */
import type { approvalOperations } from '@sallyport/contract/api/approvals.ts';
import { USUAL_PAGE } from '@sallyport/contract/api/parts.ts';
import type { SeenApproval } from '../../gate/use-cases/approvals/approval-acts.ts';
import type { ApiDeps } from './api-deps.ts';
import type { Cursors } from './cursors.ts';
import type { Handlers } from './handler.ts';
import { answered, never, Told } from './told.ts';
import { time } from './views.ts';

const LIST = 'approvals';

export function approval({ id, kind, person, name, asker, service, ...times }: SeenApproval) {
  return {
    ...{ id, kind, person, askedBy: asker },
    name: name ?? null,
    service: service ?? null,
    askedAt: time(times.createdAt),
    until: time(times.expiresAt),
  };
}

export function approvalHandlers(
  { approvalAdministration }: Pick<ApiDeps, 'approvalAdministration'>,
  cursors: Cursors,
): Handlers<keyof typeof approvalOperations> {
  return {
    async listApprovals({ query: { limit = USUAL_PAGE, cursor } }, { token, arrival }) {
      const begins = cursors.read(LIST, cursor);
      if (begins instanceof Told) return begins;
      return answered(
        await approvalAdministration.list(token, { limit, ...begins }, arrival),
        ({ items, next }) => ({ items: items.map(approval), next: cursors.write(LIST, next) }),
        never,
      );
    },

    async cancelApproval({ params }, { token, arrival }) {
      return answered(
        await approvalAdministration.cancel(token, params.id, arrival),
        () => undefined,
        ({ code }) => new Told(code),
      );
    },
  };
}
