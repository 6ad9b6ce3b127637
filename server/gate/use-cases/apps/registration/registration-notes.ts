/** What is refused of whoever registers an application or looks after one, on record; and how often a network may ask. */
import { type Clock, MINUTE } from '../../../../kernel/clock.ts';
import type { ResourceId } from '../../../../kernel/id.ts';
import type { Counter } from '../../../../record/counter.ts';
import type { Recorder } from '../../../../record/record.ts';
import type { Store } from '../../../../store/store.ts';
import { type Arrival, byArrival } from '../../../arrival.ts';
import type { Gate } from '../../../gate.ts';
import { createSeldom } from '../../../throttles/seldom.ts';
import { createTellOrCount } from '../../../throttles/tell-or-count.ts';
import type { Welcome } from './app-invitations.ts';
import type { InvitationId } from './registration-table.ts';
import type { NoRegistration } from './registration-words.ts';

export interface RegistrationNotesDeps {
  readonly gate: Pick<Gate, 'placeFor'>;
  readonly store: Store;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
}

export type RegistrationNotes = ReturnType<typeof createRegistrationNotes>;

export function createRegistrationNotes(deps: RegistrationNotesDeps) {
  const tellOrCount = createTellOrCount(deps, createSeldom(deps.clock, MINUTE));

  /** Undefined where there is one. */
  function noPlace(arrival: Arrival): NoRegistration | undefined {
    const retryAt = deps.gate.placeFor('register', arrival);
    return retryAt === undefined ? undefined : { code: 'throttled', retryAt };
  }

  /** The first of a minute has an event of its own; those that follow are counted. */
  async function note(
    reason: Exclude<Welcome, { state: 'good' }>['state'] | 'not-valid' | 'not-permitted',
    about: { invitation?: InvitationId | undefined; app?: ResourceId; field?: string },
    arrival: Arrival,
  ): Promise<void> {
    const { invitation, app, field } = about;
    const { door, network } = arrival;
    await tellOrCount(
      `${reason} ${invitation ?? app} ${field} ${network}`,
      {
        type: 'app.registration-refused',
        outcome: 'refused',
        ...byArrival(arrival),
        reason,
        data: {
          ...(invitation === undefined ? {} : { invitation }),
          ...(app === undefined ? {} : { app }),
          ...(field === undefined ? {} : { field }),
        },
      },
      {
        subject: undefined,
        door,
        action: 'register',
        resource: { kind: 'part', id: 'registration' },
      },
    );
  }

  return { noPlace, note };
}
