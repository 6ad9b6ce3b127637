/**
 * Alerts: what should make a person look, told by mail and in the log as soon as it is on record. An alert is no more than a
 * pointer; what happened stands in the record, and an alert that could not be sent is tried again, then said in the log.
 *
 * Which events alert follows from their severity in the catalogue: high and critical.
 */
import { catalogue } from '@sallyport/contract/event-catalogue.ts';
import {
  eventSentence,
  type RecordedEvent,
  type SallyportEvent,
} from '@sallyport/contract/events.ts';
import { type Clock, MINUTE, SECOND } from '../kernel/clock.ts';
import type { Later } from '../kernel/later.ts';
import type { Notice } from '../kernel/notice.ts';
import type { EventId, RecordListener } from '../record/record.ts';

export interface Alert {
  readonly subject: string;
  readonly text: string;
}

/** A way on which alerts go out. It throws when one did not. */
export type SendAlert = (alert: Alert) => Promise<void>;

/** One kind of event about one subject alerts once in so long; the record has them all. */
const QUIET = 10 * MINUTE;
const MOST = 30;
const TRIES = [5 * SECOND, MINUTE, 10 * MINUTE];

export interface AlertsDeps {
  readonly clock: Clock;
  readonly later: Later;
  readonly notice: Notice;
  readonly send: SendAlert | undefined;
}

export interface Alerts {
  /** Never throws. */
  readonly seen: RecordListener;
}

export function createAlerts({ clock, later, notice, send }: AlertsDeps): Alerts {
  const latest = new Map<string, number>();

  /** Each kind of event about each subject once in a while, and no more of all together than people read. */
  function worthTelling(key: string, now: number): boolean {
    for (const [known, at] of latest) if (now - at >= QUIET) latest.delete(known);
    if (latest.has(key) || latest.size >= MOST) return false;
    latest.set(key, now);
    return true;
  }

  function attempt(alert: Alert, tries: readonly number[]): void {
    send?.(alert).catch((cause: unknown) => {
      const [wait, ...rest] = tries;
      if (wait === undefined)
        notice('error', `An alert could not be sent: ${alert.subject}`, cause);
      else later(wait, () => attempt(alert, rest));
    });
  }

  return {
    seen(id, event) {
      const { severity } = catalogue[event.type];
      if (severity !== 'high' && severity !== 'critical') return;
      const now = clock.now();
      if (!worthTelling(`${event.type} ${event.subject ?? ''}`, now)) return;
      const alert = compose(id, event, now);
      notice('warn', alert.subject);
      attempt(alert, TRIES);
    },
  };
}

/** Says what happened and where to look; names and addresses stay in the record. */
function compose(id: EventId, event: SallyportEvent, now: number): Alert {
  const { subject, actor, door, reason, outcome, type, data = {} } = event;
  const recorded: RecordedEvent = {
    id,
    at: now,
    type,
    version: catalogue[type].version,
    outcome,
    data,
    ...(subject === undefined ? {} : { subject }),
    ...(actor === undefined ? {} : { actor }),
    ...(door === undefined ? {} : { door }),
    ...(reason === undefined ? {} : { reason }),
  };
  const sentence = eventSentence(recorded);
  return {
    subject: `Sallyport: ${sentence}`,
    text: `${sentence}\n\nAt ${new Date(now).toISOString()}, on record as ${id}.\n\nSee all of it:\n  ./sallyport record search --type ${type}\n`,
  };
}
