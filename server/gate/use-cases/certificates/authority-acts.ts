/**
 * What ends with a CA, of ours or of others: in the transaction of its end all that people came in for with cards of it, at pages, at
 * applications and at network devices. Who came onto a network by it is put out by network-sessions.ts.
 */
import type { RevocationReason } from '../../../authority/x509/authority-words.ts';
import type { RootCare } from '../../../authority/x509/root-care.ts';
import type { Trusted } from '../../../authority/x509/trusted.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId } from '../../../kernel/id.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import { endAwayGrantsBy } from '../../entry/grant-table.ts';
import { holdAlone } from '../../holding-table.ts';
import { endLogInsOf } from '../../network/log-in-endings.ts';
import { endSessionsBy } from '../../sessions/session-table.ts';
import { certifiedBy, openCardHolders } from './card-holder-table.ts';

export interface AuthorityActs {
  /** An issuing CA of ours. */
  revoke(
    tx: Tx,
    id: string,
    reason: RevocationReason,
    by: By,
  ): ReturnType<RootCare['revokeIssuing']>;
  /** False where none is trusted under that name. */
  distrust(tx: Tx, name: string, by: By): Promise<boolean>;
}

export interface AuthorityActsDeps {
  readonly authority: {
    readonly trusted: Pick<Trusted, 'remove'>;
    readonly rootCare: Pick<RootCare, 'revokeIssuing'>;
  };
  readonly record: Recorder;
  readonly clock: Clock;
}

export function createAuthorityActs(deps: AuthorityActsDeps): AuthorityActs {
  const { authority, record, clock } = deps;

  async function endBy(tx: Tx, subject: PersonId, proof: string, by: By): Promise<void> {
    const now = clock.now();
    const rests = `%"${proof}"%`;
    tx.put(holdAlone, { id: subject });
    const sessions = await tx.run(endSessionsBy, { subject, rests, now });
    const apps = await tx.run(endAwayGrantsBy, { subject, proof: rests, now });
    await endLogInsOf(tx, deps, { subject, proof }, by);
    if (sessions + apps === 0) return;
    await record.append(tx, {
      type: 'session.revoked',
      outcome: 'done',
      subject,
      ...by,
      reason: 'administrator',
      data: { sessions, apps },
    });
  }

  async function endCards(
    tx: Tx,
    authorityName: string,
    by: By,
    isOf: (subject: PersonId) => Promise<boolean>,
  ): Promise<void> {
    const now = clock.now();
    for (let after = ''; ; ) {
      const cards = await tx.all(openCardHolders, { now, after });
      for (const { id, subject_id: subject, detail } of cards) {
        // Written by proofs/card alone.
        const { authority: of } = JSON.parse(detail) as { readonly authority: string };
        if (of === authorityName && (await isOf(subject))) await endBy(tx, subject, id, by);
      }
      const last = cards.at(-1);
      if (last === undefined) return;
      after = last.id;
    }
  }

  return {
    async revoke(tx, id, reason, by) {
      const revoked = await authority.rootCare.revokeIssuing(tx, id, reason, by);
      if (!revoked.ok) return revoked;
      await endCards(
        tx,
        'own',
        by,
        async (subject) => (await tx.one(certifiedBy, { ca: id, subject })) !== undefined,
      );
      return revoked;
    },

    async distrust(tx, name, by) {
      if (!(await authority.trusted.remove(tx, name, by))) return false;
      await endCards(tx, name, by, async () => true);
      return true;
    },
  };
}
