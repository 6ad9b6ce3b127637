/**
 * What becomes of certificates that a process got for itself when it is shut out: they are revoked in the transaction that does it,
 * and so lists, OCSP and every door of ours say so at once. One that is let in again asks for another; those that somebody had issued
 * to it are refused here while it is disabled, and good again when it is not.
 */
import type { Authority } from '../../../authority/x509/authority-words.ts';
import type { ProcessId } from '../../../kernel/id.ts';
import type { By } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type { ShutOut } from '../../../subjects/processes.ts';

export interface SvidEnding {
  endSvids(tx: Tx, process: ProcessId, by: By): Promise<void>;
  readonly shutOut: ShutOut;
}

const AT_ONCE = 500;

export function createSvidEnding(
  authority: Pick<Authority, 'list' | 'revoke' | 'revokeAll'>,
): SvidEnding {
  async function endSvids(tx: Tx, subject: ProcessId, by: By): Promise<void> {
    const filter = { subject, profile: 'svid', state: 'good', limit: AT_ONCE } as const;
    let good = await authority.list(tx, filter);
    while (good.length > 0) {
      for (const { serial } of good) {
        await authority.revoke(tx, serial, 'cessation-of-operation', by);
      }
      good = await authority.list(tx, filter);
    }
  }

  return {
    endSvids,
    async shutOut(tx, process, how, by) {
      if (how !== 'removed') return endSvids(tx, process, by);
      await authority.revokeAll(tx, process, 'cessation-of-operation', by);
    },
  };
}
