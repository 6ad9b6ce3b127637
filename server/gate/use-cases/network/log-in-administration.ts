/** Looking at who is at which network device, having somebody judged again, and putting them out, by those whom policy lets. */
import { type PersonId, parseId } from '../../../kernel/id.ts';
import { failed } from '../../../kernel/result.ts';
import type { Queries } from '../../../store/store.ts';
import type { People } from '../../../subjects/people.ts';
import type { Arrival } from '../../arrival.ts';
import type { Gate, Performed } from '../../gate.ts';
import type { Rejudged } from '../../network/network-rejudging.ts';
import type { NetworkSessionId } from '../../network/network-words.ts';
import type { Wish } from '../../wish.ts';
import { SESSIONS, wishAbout } from '../../wishes.ts';
import type { LogInActs, LogInFilter, SeenLogIn } from './log-in-acts.ts';

export interface LogInAdministration {
  list(
    token: string,
    filter: LogInFilter,
    arrival: Arrival,
  ): Promise<
    Performed<{ readonly items: readonly SeenLogIn[]; readonly next: string | undefined }, never>
  >;
  reauthorize(
    token: string,
    id: string,
    arrival: Arrival,
  ): Promise<Performed<{ readonly outcome: Rejudged }, { readonly code: 'not-found' }>>;
  end(
    token: string,
    id: string,
    arrival: Arrival,
  ): Promise<Performed<void, { readonly code: 'not-found' }>>;
}

export function createLogInAdministration({
  gate,
  people,
  acts,
}: {
  readonly gate: Gate;
  readonly people: People;
  readonly acts: LogInActs;
}): LogInAdministration {
  /** Whether a person may be touched depends on who they are. */
  const wishOf =
    (id: NetworkSessionId | undefined) =>
    async (q: Queries): Promise<Wish> => {
      const subject = id && (await acts.subjectOf(q, id));
      const person = subject && (await people.get(q, subject as PersonId));
      return person === undefined || person === ''
        ? { action: 'session.revoke', resource: SESSIONS }
        : wishAbout(people, 'session.revoke', person.id)(q);
    };

  return {
    list: (token, filter, arrival) =>
      gate.read(token, { action: 'session.read', resource: SESSIONS }, arrival, (q) =>
        acts.list(q, filter),
      ),

    reauthorize: (token, text, arrival) => {
      const id = parseId<'network-session'>(text);
      return gate.perform(token, wishOf(id), arrival, async (tx, { by }) =>
        id === undefined ? failed({ code: 'not-found' }) : acts.reauthorize(tx, id, by),
      );
    },

    end(token, text, arrival) {
      const id = parseId<'network-session'>(text);
      return gate.perform(token, wishOf(id), arrival, async (tx, { by }) =>
        id === undefined ? failed({ code: 'not-found' }) : acts.end(tx, id, by),
      );
    },
  };
}
