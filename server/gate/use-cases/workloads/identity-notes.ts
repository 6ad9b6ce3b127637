/** What is on record of programs that ask who they are: in full what is new, counted what repeats. */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import { type Clock, MINUTE } from '../../../kernel/clock.ts';
import type { Counter } from '../../../record/counter.ts';
import type { Recorder } from '../../../record/record.ts';
import type { Store } from '../../../store/store.ts';
import type { Workload } from '../../../subjects/workloads.ts';
import { createFewOfEach } from '../../throttles/few-a-minute.ts';
import { createSeldom } from '../../throttles/seldom.ts';
import type { Caller } from './caller.ts';

/** How it came: the door, and its number for the request. */
export interface Call {
  readonly door: string;
  readonly request: string;
}

const MOST_TOLD = 120;

/** `every`: who was told of something is on record once within so long; what they are told again meanwhile is counted. */
export function createIdentityNotes(
  deps: {
    readonly store: Store;
    readonly record: Recorder;
    readonly counter: Pick<Counter, 'count'>;
    readonly clock: Clock;
  },
  every: number,
) {
  const { store, record, counter, clock } = deps;
  const firstTold = createSeldom(clock, every);
  const firstRefused = createSeldom(clock, MINUTE);
  /** A program that thinks of ever new audiences is not to fill the record: so many in a minute, and counted from then on. */
  const fewOf = createFewOfEach(clock, MOST_TOLD);

  async function refuse(
    caller: { readonly uid: number; readonly pid: number } | undefined,
    what: string,
    reason: Reason,
    { door, request }: Call,
  ): Promise<void> {
    if (!firstRefused(`${caller?.uid} ${what} ${reason}`)) {
      counter.count({
        type: 'decision.counted',
        outcome: 'refused',
        subject: undefined,
        door,
        action: 'recognise',
        resource: { kind: 'part', id: 'portal' },
      });
      return;
    }
    const { uid, pid } = caller ?? {};
    await store.write((tx) =>
      record.append(tx, {
        type: 'workload.refused',
        outcome: 'refused',
        door,
        request,
        reason,
        data: {
          what,
          ...(uid === undefined ? {} : { uid }),
          ...(pid === undefined ? {} : { pid }),
        },
      }),
    );
  }

  async function tell(
    workload: Workload,
    caller: Caller,
    { door, request }: Call,
    told: { what: 'x509-svid' | 'jwt-svid'; until: number; serial?: string; audience?: string },
  ): Promise<void> {
    const { process } = workload;
    const { uid, pid, instance } = caller;
    const key = [process.id, uid, instance, told.what, told.serial, told.audience].join(' ');
    if (!firstTold(key) || !fewOf(process.id)) {
      counter.count({
        type: 'decision.counted',
        outcome: 'granted',
        subject: process.id,
        door,
        action: 'recognise',
        resource: { kind: 'part', id: 'portal' },
      });
      return;
    }
    await store.write((tx) =>
      record.append(tx, {
        type: 'workload.attested',
        outcome: 'granted',
        subject: process.id,
        door,
        request,
        data: { workload: workload.id, name: process.name, uid, pid, ...told },
      }),
    );
  }

  return { refuse, tell };
}
