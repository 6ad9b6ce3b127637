/** What administrators do about invitations for applications: as about resources, since each becomes one. */
import { parseId } from '../../../../kernel/id.ts';
import { failed } from '../../../../kernel/result.ts';
import type { Action } from '../../../../policy/actions.ts';
import type { Arrival } from '../../../arrival.ts';
import type { Gate, Performed } from '../../../gate.ts';
import { asJson, type KeyReused, type OnceKey } from '../../../once/once.ts';
import type { Wish } from '../../../wish.ts';
import { RESOURCES } from '../../../wishes.ts';
import type { NotFound, Page } from '../../answered.ts';
import type {
  AppInvitations,
  Invitation,
  InvitationError,
  InvitationTerms,
  Invited,
} from './app-invitations.ts';
import type { InvitationFilter } from './registration-table.ts';

export interface AppInviting {
  list(
    token: string,
    filter: InvitationFilter,
    arrival: Arrival,
  ): Promise<Performed<Page<Invitation>, never>>;
  invite(
    token: string,
    terms: InvitationTerms,
    arrival: Arrival,
    once?: OnceKey,
  ): Promise<Performed<Invited, InvitationError | KeyReused>>;
  withdraw(token: string, id: string, arrival: Arrival): Promise<Performed<void, NotFound>>;
}

const wish = (action: Action): Wish => ({ action, resource: RESOURCES });

export function createAppInviting(deps: {
  readonly gate: Gate;
  readonly invitations: AppInvitations;
}): AppInviting {
  const { gate, invitations } = deps;
  return {
    list: (token, filter, arrival) =>
      gate.read(token, wish('resource.read'), arrival, (q) => invitations.list(q, filter)),

    invite: (token, terms, arrival, once) =>
      gate.performOnce(
        token,
        wish('resource.create'),
        arrival,
        asJson<Invited>(once),
        (tx, { by }) => invitations.invite(tx, terms, by),
      ),

    withdraw: (token, id, arrival) =>
      gate.perform(token, wish('resource.remove'), arrival, async (tx, { by }) => {
        const known = parseId<'invitation'>(id);
        return known === undefined
          ? failed<NotFound>({ code: 'not-found' })
          : invitations.withdraw(tx, known, by);
      }),
  };
}
