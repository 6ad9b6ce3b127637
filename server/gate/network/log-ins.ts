/** What a granted attempt at a network device becomes: a session there, and the event that tells of it. No session of ours. */
import { Fault } from '../../kernel/fault.ts';
import type { Reply } from '../../policy/reply.ts';
import type { Tx } from '../../store/store.ts';
import type { Person } from '../../subjects/person.ts';
import type { Box } from '../../vault/vault.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { Attempt } from '../attempts/attempts.ts';
import type { GateDeps } from '../gate-deps.ts';
import { bounded, createWriteShown, endOf, forRecord, type ShownAt } from '../shown.ts';
import type { LogInWish } from '../wish.ts';
import { contradiction } from './admit.ts';
import { lastsFor } from './lasts-for.ts';
import type { NetworkSessions } from './network-sessions.ts';
import type { LoggedIn } from './network-words.ts';

export interface LogIns {
  grant(
    tx: Tx,
    granted: {
      readonly person: Person;
      readonly attempt: Attempt;
      readonly login: LogInWish;
      readonly shown: readonly ShownAt[];
      readonly box: Box;
      /** The version of the policies, and which of them. */
      readonly version: number;
      readonly policies: readonly string[];
      /** Undefined when the policies contradict one another. */
      readonly reply: Reply | undefined;
    },
    arrival: Arrival,
  ): Promise<LoggedIn>;
}

export function createLogIns(
  { record, people, clock, limits }: Pick<GateDeps, 'record' | 'people' | 'clock' | 'limits'>,
  sessions: NetworkSessions,
): LogIns {
  const writeShown = createWriteShown();
  return {
    async grant(tx, { person, attempt, login, shown, box, version, policies, reply }, arrival) {
      if (reply === undefined) throw new Fault('gate', contradiction(policies));
      // The network device knows them by what they typed. To open their profile is left to where it doesn't tell.
      const name = arrival.called ?? (await people.profile(tx, person))?.identifier ?? '';
      const now = clock.now();
      const until = Math.min(now + lastsFor(reply, limits.sessions.absolute), endOf(shown));
      const session = sessions.begin(
        tx,
        {
          subject: person,
          name,
          client: { device: login.client, epoch: login.epoch },
          policies: version,
          service: login.service,
          shown: writeShown(shown),
          reply,
          box,
          until,
        },
        arrival,
      );
      await record.append(tx, {
        type: 'login.granted',
        outcome: 'granted',
        ...byArrival(arrival),
        subject: person.id,
        attempt: attempt.id,
        data: {
          login: session,
          client: login.client,
          service: login.service,
          proofs: forRecord(shown, now),
          policies: bounded(policies),
          until,
        },
      });
      const { groups, roles } = person;
      return { session, subject: person.id, name, groups, roles, until, attributes: reply };
    },
  };
}
