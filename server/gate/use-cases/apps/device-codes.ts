/**
 * Codes of devices that people type (RFC 8628): so many in a minute, since whoever tries enough of them comes upon somebody's (§5.1);
 * and on record is who typed one that was none. How many tries there were is counted by each node for itself and in memory.
 */
import type { Clock } from '../../../kernel/clock.ts';
import { MINUTE } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import { type Arrival, byArrival } from '../../arrival.ts';
import type { Gate } from '../../gate.ts';
import { createBuckets } from '../../throttles/buckets.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import { createTellOrCount } from '../../throttles/tell-or-count.ts';
import { READ_SELF } from '../../wish.ts';

export interface DeviceCodes {
  /** Takes a place for a code that is typed; where there is none, gives the time at which there is one. */
  typed(session: string, arrival: Arrival): Promise<number | undefined>;
  /** Notes that a code was none that is good. */
  wrong(session: string, why: 'wrong' | 'expired' | 'used', arrival: Arrival): Promise<void>;
}

/** In a minute, of each person and of all. A device takes two: the code, and the answer to what it is for. */
const TRIES = { each: 20, all: 2000 };

export function createDeviceCodes(deps: {
  readonly gate: Pick<Gate, 'read'>;
  readonly store: Store;
  readonly record: Recorder;
  readonly counter: Pick<Counter, 'count'>;
  readonly clock: Clock;
}): DeviceCodes {
  const { gate, clock } = deps;
  const tries = createBuckets(clock, TRIES);
  const tellOrCount = createTellOrCount(deps, createSeldom(clock, MINUTE));

  async function whoIs(session: string, arrival: Arrival): Promise<PersonId | undefined> {
    const who = await gate.read(session, READ_SELF, arrival, async (_q, { subject }) => subject);
    return who.state === 'done' ? who.value : undefined;
  }

  async function refused(
    subject: PersonId | undefined,
    reason: 'wrong' | 'expired' | 'used' | 'throttled',
    arrival: Arrival,
  ): Promise<void> {
    await tellOrCount(
      `${subject} ${reason}`,
      {
        type: 'app.device-code-refused',
        outcome: 'refused',
        ...(subject === undefined ? {} : { subject }),
        ...byArrival(arrival),
        reason,
        data: {},
      },
      { subject, door: arrival.door, action: 'enter', resource: { kind: 'part', id: 'portal' } },
    );
  }

  return {
    async typed(session, arrival) {
      const subject = await whoIs(session, arrival);
      const retryAt = tries.take(subject ?? arrival.network);
      if (retryAt !== undefined) await refused(subject, 'throttled', arrival);
      return retryAt;
    },

    async wrong(session, why, arrival) {
      await refused(await whoIs(session, arrival), why, arrival);
    },
  };
}
