/**
 * Repeats of a kept decision, counted: a session's next page, a token's next check. They are too many to record one by one, so
 * each minute, subject and resource has one event with their number, written when the minute is over and at a stop. A crash
 * loses the counts of the minute that ran; docs/record.md says so.
 */
import type { EventData, SubjectRef } from '@sallyport/contract/events.ts';
import { type Clock, MINUTE } from '../kernel/clock.ts';
import { Fault } from '../kernel/fault.ts';
import type { Later } from '../kernel/later.ts';
import type { Notice } from '../kernel/notice.ts';
import type { Store } from '../store/store.ts';
import type { Recorder } from './record.ts';

export type Repeat =
  | { readonly type: 'session.activity'; readonly subject: SubjectRef; readonly session: string }
  | {
      readonly type: 'decision.counted';
      readonly outcome: 'granted' | 'refused';
      /** Undefined when nobody is known. */
      readonly subject: SubjectRef | undefined;
      readonly door: string;
      readonly action: string;
      readonly resource: EventData<'decision.counted'>['resource'];
    };

export interface Counter {
  /** Cheap, and without I/O. Throws when earlier counts can't be written for long: nothing happens off the record. */
  count(repeat: Repeat): void;
  start(): void;
  /** Writes all counts, those of the running minute too. */
  stop(): Promise<void>;
}

export interface CounterDeps {
  readonly store: Store;
  readonly record: Recorder;
  readonly clock: Clock;
  readonly later: Later;
  readonly notice: Notice;
}

interface Count {
  readonly repeat: Repeat;
  readonly minute: number;
  count: number;
}

/** For how long counts may wait for a database that does not take them. */
const PATIENCE = 5 * MINUTE;
/** More than these in one minute are written before it is over. */
const MOST = 100_000;
const TOGETHER = 256;

export function createCounter({ store, record, clock, later, notice }: CounterDeps): Counter {
  let running = new Map<string, Count>();
  let minute = minuteOf(clock.now());
  /** Counts of minutes that are over, the oldest first. */
  let over: Count[] = [];
  let flushing: Promise<void> | undefined;
  let failingSince: number | undefined;
  let cancelTimer: (() => void) | undefined;

  function turnPage(now: number): void {
    over.push(...running.values());
    running = new Map();
    minute = minuteOf(now);
  }

  async function write(): Promise<void> {
    while (over.length > 0) {
      const some = over.slice(0, TOGETHER);
      await store.write(async (tx) => {
        for (const count of some) await record.append(tx, eventOf(count));
      });
      over = over.slice(some.length);
    }
  }

  /** One at a time: a second call waits for the first. */
  function flush(): Promise<void> {
    flushing ??= write()
      .then(() => {
        failingSince = undefined;
      })
      .catch((cause) => {
        failingSince ??= clock.now();
        notice('error', 'Counts could not be recorded; it will be tried again.', cause);
      })
      .finally(() => {
        flushing = undefined;
      });
    return flushing;
  }

  function wake(): void {
    const now = clock.now();
    cancelTimer = later(minuteOf(now) + MINUTE - now, () => {
      turnPage(clock.now());
      void flush();
      wake();
    });
  }

  return {
    count(repeat) {
      const now = clock.now();
      if (now >= minute + MINUTE || running.size >= MOST) {
        turnPage(now);
        void flush();
      }
      if (failingSince !== undefined && now - failingSince > PATIENCE) {
        throw new Fault('record.event', 'repeats can’t be recorded any more');
      }
      const key = keyOf(repeat);
      const known = running.get(key);
      if (known) known.count += 1;
      else running.set(key, { repeat, minute, count: 1 });
    },
    start: wake,
    async stop() {
      cancelTimer?.();
      turnPage(clock.now());
      await flush();
      // A flush that was under way did not see the last page.
      if (over.length > 0) await flush();
    },
  };
}

const minuteOf = (time: number) => Math.floor(time / MINUTE) * MINUTE;

function keyOf(repeat: Repeat): string {
  if (repeat.type === 'session.activity') return `${repeat.session} ${repeat.subject}`;
  const { subject, outcome, door, action, resource } = repeat;
  return `${subject} ${outcome} ${door} ${action} ${resource.kind} ${resource.id}`;
}

function eventOf({ repeat, minute, count }: Count) {
  if (repeat.type === 'session.activity') {
    const { type, subject, session } = repeat;
    return { type, outcome: 'granted', subject, session, data: { minute, count } } as const;
  }
  const { type, outcome, subject, door, action, resource } = repeat;
  return { type, outcome, subject, door, data: { action, resource, minute, count } } as const;
}
