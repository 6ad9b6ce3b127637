/**
 * A network device tells of a session that is over. Access points keep the keys that came of a login (PMKSA caching), and whoever has one
 * comes back without asking us: where they had gone by that device's own word, the session goes on, and is judged again. Who was put out
 * is still there, so the device is asked again to put them out.
 */
import { type Clock, MINUTE } from '../../kernel/clock.ts';
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { Recorder } from '../../record/record.ts';
import type { Tx } from '../../store/store.ts';
import { type Arrival, byArrival } from '../arrival.ts';
import { holdShared } from '../holding-table.ts';
import { askAgainToEnd, resumeNetworkSession } from './network-session-table.ts';
import type { NetworkSessionId } from './network-words.ts';

export type ComeBack = (
  tx: Tx,
  session: { readonly id: NetworkSessionId; readonly subject: PersonId | DeviceId },
  client: DeviceId,
  /** What the device calls it now. */
  deviceSession: string,
  arrival: Arrival,
) => Promise<void>;

/** One that can't be told to put anybody out tells of them each minute, perhaps. */
const ASK_AGAIN = 5 * MINUTE;

export function createComeBack({
  record,
  clock,
  tellAll,
  report,
}: {
  readonly record: Recorder;
  readonly clock: Clock;
  readonly tellAll: () => Promise<void>;
  readonly report: (fault: unknown) => void;
}): ComeBack {
  return async (tx, { id, subject }, client, deviceSession, arrival) => {
    const now = clock.now();
    tx.put(holdShared, { id: subject });
    if ((await tx.run(resumeNetworkSession, { id, client, deviceSession, now })) === 1) {
      await record.append(tx, {
        type: 'login.resumed',
        outcome: 'done',
        ...byArrival(arrival),
        subject,
        data: { login: id, client },
      });
      return;
    }
    const again = { id, client, deviceSession, now, before: now - ASK_AGAIN };
    if ((await tx.run(askAgainToEnd, again)) !== 1) return;
    tx.afterCommit(() => void tellAll().catch(report));
  };
}
