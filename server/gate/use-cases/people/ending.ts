/**
 * Ends what a person has open, in the transaction of what it ends with: sessions on our pages, what applications may do for them while
 * they are away, logins at network devices. Where a proof is named, only what rests on it.
 */
import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import { endAwayGrants, endAwayGrantsBy } from '../../entry/grant-table.ts';
import { holdAlone } from '../../holding-table.ts';
import { endLogInsOf } from '../../network/log-in-endings.ts';
import { endOtherSessions, endSessionsBy, NO_SESSION } from '../../sessions/session-table.ts';

/** How many sessions there were. */
export async function endAllOf(
  tx: Tx,
  deps: { readonly record: Recorder; readonly clock: Clock },
  whose: { readonly subject: PersonId; readonly proof?: string },
  by: By,
): Promise<number> {
  const { subject, proof } = whose;
  const now = deps.clock.now();
  const rests = `%"${proof}"%`;
  tx.put(holdAlone, { id: subject });
  const sessions = await (proof === undefined
    ? tx.run(endOtherSessions, { subject, except: NO_SESSION, now })
    : tx.run(endSessionsBy, { subject, rests, now }));
  const apps = await (proof === undefined
    ? tx.run(endAwayGrants, { subject, now })
    : tx.run(endAwayGrantsBy, { subject, proof: rests, now }));
  await endLogInsOf(tx, deps, whose, by);
  if (sessions + apps > 0) {
    await deps.record.append(tx, {
      type: 'session.revoked',
      outcome: 'done',
      subject,
      ...by,
      reason: 'administrator',
      data: { sessions, apps },
    });
  }
  return sessions;
}
