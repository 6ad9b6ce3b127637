/**
 * Refusals that anyone can cause, as often as they like: those that are to be told are events of their own, all others are counted, so
 * that nobody fills the record with them. Which are told is for seldom.ts or few-a-minute.ts to say; and where nobody known stands
 * behind them, only so many of all networks together, since whoever has many networks would be told of by each.
 */
import type { SallyportEvent } from '@sallyport/contract/events.ts';
import type { Repeat } from '../../record/counter.ts';
import type { GateDeps } from '../gate-deps.ts';
import { createFewAMinute } from './few-a-minute.ts';

type Counted = Omit<Extract<Repeat, { type: 'decision.counted' }>, 'type' | 'outcome'>;

/** Tells `event` where one like it, by `key`, is to be told; else counts what was refused. */
export type TellOrCount = (key: string, event: SallyportEvent, counted: Counted) => Promise<void>;

export function createTellOrCount(
  {
    store,
    record,
    counter,
    clock,
  }: Pick<GateDeps, 'store' | 'record' | 'clock'> & {
    readonly counter: Pick<GateDeps['counter'], 'count'>;
  },
  isToTell: (key: string) => boolean,
): TellOrCount {
  const fewOfStrangers = createFewAMinute(clock);
  return async (key, event, counted) => {
    const isKnown = event.subject !== undefined || event.actor !== undefined;
    if (isToTell(key) && (isKnown || fewOfStrangers(key))) {
      await store.write((tx) => record.append(tx, event));
    } else counter.count({ type: 'decision.counted', outcome: 'refused', ...counted });
  };
}
