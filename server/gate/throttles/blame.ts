/** A failure that is counted, and on record where somebody is slowed down by it. */
import type { SubjectId } from '../../kernel/id.ts';
import type { Recorder } from '../../record/record.ts';
import type { Tx } from '../../store/store.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import type { Guess, Throttle } from './throttle.ts';

/** `whose`: of whom it is told that an account is slowed down. */
export async function blame(
  tx: Tx,
  { throttle, record }: { readonly throttle: Throttle; readonly record: Recorder },
  guess: Guess,
  arrival: Arrival,
  whose?: SubjectId,
): Promise<void> {
  for (const { scope, failures, until } of await throttle.blame(tx, guess)) {
    await record.append(tx, {
      type: 'throttle.engaged',
      outcome: 'refused',
      ...byArrival(arrival),
      subject: scope === 'account' ? whose : undefined,
      data: { scope, failures, until },
    });
  }
}
