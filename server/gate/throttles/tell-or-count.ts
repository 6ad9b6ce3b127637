/**
 * Refusals that anyone can cause, as often as they like: those that are to be told are events of their own, all others are counted, so
 * that nobody fills the record with them. Which are told is for seldom.ts or few-a-minute.ts to say.
 */
import type { SallyportEvent } from '@sallyport/contract/events.ts';
import type { Repeat } from '../../record/counter.ts';
import type { GateDeps } from '../gate-deps.ts';

type Counted = Omit<Extract<Repeat, { type: 'decision.counted' }>, 'type' | 'outcome'>;

/** Tells `event` where one like it, by `key`, is to be told; else counts what was refused. */
export type TellOrCount = (key: string, event: SallyportEvent, counted: Counted) => Promise<void>;

export function createTellOrCount(
  {
    store,
    record,
    counter,
  }: Pick<GateDeps, 'store' | 'record'> & { readonly counter: Pick<GateDeps['counter'], 'count'> },
  isToTell: (key: string) => boolean,
): TellOrCount {
  return async (key, event, counted) => {
    if (isToTell(key)) await store.write((tx) => record.append(tx, event));
    else counter.count({ type: 'decision.counted', outcome: 'refused', ...counted });
  };
}
