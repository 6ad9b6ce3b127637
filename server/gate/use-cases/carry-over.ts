/** A session that is stepped up from ends, and another follows: what was begun or given in the one goes on in the other. */
import { carryCertificates } from '../../authority/ssh/ssh-table.ts';
import type { Tx } from '../../store/store.ts';
import type { SessionId } from '../sessions/session-table.ts';
import { carryEnrolmentsOver } from './people/enrolment.ts';

export async function carryOver(tx: Tx, from: SessionId, to: SessionId): Promise<void> {
  await carryEnrolmentsOver(tx, from, to);
  await tx.run(carryCertificates, { from, to });
}
