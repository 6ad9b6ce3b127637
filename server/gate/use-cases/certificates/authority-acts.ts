/**
 * What ends with a CA, of ours or of others, or with what its list revokes: in the same transaction all that people came in for with
 * cards of it, at pages, at applications and at network devices; and with one of ours what programs were granted that it certified. Who
 * came onto a network by it is put out by network-sessions.ts.
 */
import { hash } from 'node:crypto';
import type { RevocationReason } from '../../../authority/x509/authority-words.ts';
import { certifiedBy, processesCertifiedBy } from '../../../authority/x509/certificate-table.ts';
import type { RootCare } from '../../../authority/x509/root-care.ts';
import type { Trusted } from '../../../authority/x509/trusted.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId, ProcessId } from '../../../kernel/id.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import { endAllOf } from '../people/ending.ts';
import { openCardHolders } from './card-holder-table.ts';

export interface AuthorityActs {
  /** An issuing CA of ours. */
  revoke(
    tx: Tx,
    id: string,
    reason: RevocationReason,
    by: By,
  ): ReturnType<RootCare['revokeIssuing']>;
  /** A list of a CA of others. */
  importList(tx: Tx, name: string, der: Uint8Array, by: By): ReturnType<Trusted['importList']>;
  /** False where none is trusted under that name. */
  distrust(tx: Tx, name: string, by: By): Promise<boolean>;
}

export interface AuthorityActsDeps {
  readonly authority: {
    readonly trusted: Pick<Trusted, 'importList' | 'remove'>;
    readonly rootCare: Pick<RootCare, 'revokeIssuing'>;
  };
  readonly processes: Pick<Processes, 'raise'>;
  readonly record: Recorder;
  readonly clock: Clock;
}

/** What is known of a card, as far as it is asked here. */
interface Shown {
  readonly authority: string;
  readonly serial: string;
  readonly issuer: string;
}

export function createAuthorityActs(deps: AuthorityActsDeps): AuthorityActs {
  const { authority, processes, clock } = deps;

  /** What they were granted is void, by whichever proof it was: they get it again by the next. */
  async function endGrantsOfProcesses(tx: Tx, ca: string): Promise<void> {
    const now = clock.now();
    for (let after = ''; ; ) {
      const certified = await tx.all(processesCertifiedBy, { ca, now, after });
      for (const { subject_id: id } of certified) await processes.raise(tx, id as ProcessId); // Of a process.
      const last = certified.at(-1);
      if (last === undefined) return;
      after = last.subject_id;
    }
  }

  async function endCards(
    tx: Tx,
    authorityName: string,
    by: By,
    isOf: (subject: PersonId, shown: Shown) => boolean | Promise<boolean>,
  ): Promise<void> {
    const now = clock.now();
    for (let after = ''; ; ) {
      const cards = await tx.all(openCardHolders, { now, after });
      for (const { id, subject_id: subject, detail } of cards) {
        // Written by proofs/card alone.
        const shown = JSON.parse(detail) as Shown;
        if (shown.authority !== authorityName || !(await isOf(subject, shown))) continue;
        await endAllOf(tx, deps, { subject, proof: id }, by);
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
      await endGrantsOfProcesses(tx, id);
      return revoked;
    },

    async importList(tx, name, der, by) {
      const imported = await authority.trusted.importList(tx, name, der, by);
      if (!imported.ok) return imported;
      const lists = imported.value.lists.map(({ list: { issuer, revoked } }) => ({
        issuer: hash('sha256', issuer, 'base64url'),
        revoked,
      }));
      await endCards(tx, name, by, (_subject, { issuer, serial }) =>
        lists.some((list) => list.issuer === issuer && list.revoked.has(serial)),
      );
      return imported;
    },

    async distrust(tx, name, by) {
      if (!(await authority.trusted.remove(tx, name, by))) return false;
      await endCards(tx, name, by, () => true);
      return true;
    },
  };
}
