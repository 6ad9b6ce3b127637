/**
 * What ends with a CA, of ours or of others, or with what its list revokes: in the same transaction all that people came in for with
 * cards of it, at pages, at applications and at network devices; and what programs were granted that came by certificates of it, or that
 * ours certified. Who came onto a network by it is put out by network-sessions.ts.
 */
import type { Listed, RevocationReason } from '../../../authority/x509/authority-words.ts';
import { certifiedBy, processesCertifiedBy } from '../../../authority/x509/certificate-table.ts';
import type { RootCare } from '../../../authority/x509/root-care.ts';
import type { Trusted, TrustedView } from '../../../authority/x509/trusted.ts';
import { idOf } from '../../../authority/x509/trusted-path.ts';
import {
  deleteVouchedByTrusted,
  vouchedBySerial,
  vouchedByTrusted,
  vouchedOfIssuer,
} from '../../../authority/x509/vouched-table.ts';
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
    readonly trusted: Pick<Trusted, 'list' | 'importList' | 'remove'>;
    readonly rootCare: Pick<RootCare, 'revokeIssuing'>;
  };
  readonly processes: Pick<Processes, 'raise'>;
  readonly record: Recorder;
  readonly clock: Clock;
}

/** What is known of a card, as far as it is asked here. */
interface Shown {
  readonly authority: string;
  readonly rests?: readonly Listed[];
}

type Subjects = (after: string) => Promise<readonly { readonly subject_id: string }[]>;

export function createAuthorityActs(deps: AuthorityActsDeps): AuthorityActs {
  const { authority, processes, clock } = deps;

  /** What they were granted is void, by whichever proof it was: they get it again by the next. */
  async function endGrantsOf(tx: Tx, some: Subjects): Promise<void> {
    for (let after = ''; ; ) {
      const subjects = await some(after);
      for (const { subject_id: id } of subjects) await processes.raise(tx, id as ProcessId); // Of a process.
      const last = subjects.at(-1);
      if (last === undefined) return;
      after = last.subject_id;
    }
  }

  async function endGrantsBy(tx: Tx, issuer: string, isNew: IsListed): Promise<void> {
    for (let last = ''; ; ) {
      const found = await tx.all(vouchedOfIssuer, { issuer, after: last });
      for (const { serial } of found) {
        if (!isNew({ issuer, serial })) continue;
        await endGrantsOf(tx, (after) => tx.all(vouchedBySerial, { issuer, serial, after }));
      }
      const end = found.at(-1);
      if (end === undefined) return;
      last = end.serial;
    }
  }

  async function endCards(
    tx: Tx,
    by: By,
    isOf: (shown: Shown, subject: PersonId) => boolean | Promise<boolean>,
  ): Promise<void> {
    const now = clock.now();
    for (let after = ''; ; ) {
      const cards = await tx.all(openCardHolders, { now, after });
      for (const { id, subject_id: subject, detail } of cards) {
        // Written by proofs/card alone.
        const shown = JSON.parse(detail) as Shown;
        if (!(await isOf(shown, subject))) continue;
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
        by,
        async ({ authority: of }, subject) =>
          of === 'own' && (await tx.one(certifiedBy, { ca: id, subject })) !== undefined,
      );
      const now = clock.now();
      await endGrantsOf(tx, (after) => tx.all(processesCertifiedBy, { ca: id, now, after }));
      return revoked;
    },

    async importList(tx, name, der, by) {
      const before = await authority.trusted.list(tx);
      const imported = await authority.trusted.importList(tx, name, der, by);
      if (!imported.ok) return imported;
      const revoked = newlyRevoked(before, imported.value);
      // The list of most days revokes nothing that the one before did not, and nobody is looked for.
      if (revoked.size === 0) return imported;
      const isNew: IsListed = ({ issuer, serial }) => revoked.get(issuer)?.has(serial) === true;
      // Under whichever name that CA vouched for it.
      await endCards(tx, by, ({ rests = [] }) => rests.some(isNew));
      for (const issuer of revoked.keys()) await endGrantsBy(tx, issuer, isNew);
      return imported;
    },

    async distrust(tx, name, by) {
      const view = (await authority.trusted.list(tx)).find((each) => each.name === name);
      if (!(await authority.trusted.remove(tx, name, by))) return false;
      await endCards(tx, by, (shown) => shown.authority === name);
      if (view === undefined) return true;
      const trusted = view.id;
      await endGrantsOf(tx, (after) => tx.all(vouchedByTrusted, { trusted, after }));
      await tx.run(deleteVouchedByTrusted, { trusted });
      // By a rule alone, from before it was trusted.
      const ids = new Set(view.certificates.map(idOf));
      for (const other of await authority.trusted.list(tx)) {
        for (const ca of other.certificates) ids.delete(idOf(ca));
      }
      for (const issuer of ids) await endGrantsBy(tx, issuer, () => true);
      return true;
    },
  };
}

type IsListed = (one: Listed) => boolean;

/** By the ids of keys of CAs, the serial numbers that no list of theirs named before, under whatever name. */
function newlyRevoked(
  before: readonly TrustedView[],
  { lists }: TrustedView,
): ReadonlyMap<string, ReadonlySet<string>> {
  const all = new Map<string, ReadonlySet<string>>();
  for (const { issuer, list } of lists) {
    const known = before
      .flatMap((view) => view.lists)
      .filter((each) => each.issuer === issuer)
      .map((each) => each.list.revoked);
    const fresh = [...list.revoked].filter((serial) => !known.some((one) => one.has(serial)));
    if (fresh.length > 0) all.set(issuer, new Set(fresh));
  }
  return all;
}
