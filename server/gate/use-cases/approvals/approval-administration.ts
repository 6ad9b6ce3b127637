/** Looking at what waits for people's answers, and refusing it for them, by those whom policy lets. */
import { parseId } from '../../../kernel/id.ts';
import { failed } from '../../../kernel/result.ts';
import type { Queries } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { ApprovalId } from '../../approvals/approval-table.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Wish } from '../../wish.ts';
import { SESSIONS, wishAbout } from '../../wishes.ts';
import type { NotFound } from '../answered.ts';
import type { ApprovalActs, ApprovalFilter, SeenApproval } from './approval-acts.ts';

export interface ApprovalAdministration {
  list(
    token: string,
    filter: ApprovalFilter,
    arrival: Arrival,
  ): Promise<
    Performed<{ readonly items: readonly SeenApproval[]; readonly next: string | undefined }, never>
  >;
  cancel(token: string, id: string, arrival: Arrival): Promise<Performed<void, NotFound>>;
}

export function createApprovalAdministration({
  gate,
  people,
  acts,
}: {
  readonly gate: Pick<Gate, 'read' | 'perform'>;
  readonly people: People;
  readonly acts: ApprovalActs;
}): ApprovalAdministration {
  /** Whether a person may be touched depends on who they are. */
  const wishOf =
    (id: ApprovalId | undefined) =>
    async (q: Queries): Promise<Wish> => {
      const person = id && (await acts.personOf(q, id));
      return person === undefined
        ? { action: 'session.revoke', resource: SESSIONS }
        : wishAbout(people, 'session.revoke', person)(q);
    };

  return {
    list: (token, filter, arrival) =>
      gate.read(token, { action: 'session.read', resource: SESSIONS }, arrival, (q) =>
        acts.list(q, filter),
      ),

    cancel(token, text, arrival) {
      const id = parseId<'approval'>(text);
      return gate.perform(token, wishOf(id), arrival, async (tx, { by }) =>
        id === undefined ? failed({ code: 'not-found' }) : acts.cancel(tx, id, by),
      );
    },
  };
}
