/**
 * Ends what a person has open at network devices, or waits for there, in the transaction of what it ends with: a proof that was taken away, trouble that
 * was reported, an administrator who ends all of theirs. The devices are told once that is durable (network-settling.ts).
 */
import type { Clock } from '../../kernel/clock.ts';
import type { PersonId } from '../../kernel/id.ts';
import type { By, Recorder } from '../../record/record.ts';
import type { Tx } from '../../store/store.ts';
import { withdrawLogInsOf } from '../approvals/approval-table.ts';
import { TOLD } from './network-session-row.ts';
import {
  barNetworkSessions,
  endNetworkSession,
  openNetworkSessionsOf,
} from './network-session-table.ts';

export async function endLogInsOf(
  tx: Tx,
  { record, clock }: { readonly record: Recorder; readonly clock: Clock },
  {
    subject,
    proof,
  }: { readonly subject: PersonId /** Only what rests on it. */; readonly proof?: string },
  by: By,
): Promise<void> {
  const now = clock.now();
  // What is about to be let in as well.
  tx.put(withdrawLogInsOf, { subject });
  const rests = proof === undefined ? '%' : `%"${proof}"%`;
  // Whoever is off the air for a moment would come back by a key that an access point kept (coming-back.ts).
  tx.put(barNetworkSessions, { subject, rests, now });
  for (const row of await tx.all(openNetworkSessionsOf, { subject, rests, now })) {
    if ((await tx.run(endNetworkSession, { id: row.id, now, told: TOLD.notItsEnd })) !== 1)
      continue;
    await record.append(tx, {
      type: 'login.ended',
      outcome: 'done',
      subject,
      ...by,
      data: { login: row.id, client: row.client_id, why: 'revoked' },
    });
  }
}
