/** What is done with certificates and the authority, whoever may: the command line on the machine itself, and those who are judged. */
import type {
  Authority,
  Certified,
  Issued,
  IssueError,
  ListTimes,
  PublishedCa,
} from '../../../authority/x509/authority-words.ts';
import type { RevocationReason } from '../../../authority/x509/revocation-reason.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { PersonId, ProcessId } from '../../../kernel/id.ts';
import { failed, type Result } from '../../../kernel/result.ts';
import type { By, Recorder } from '../../../record/record.ts';
import type { Tx } from '../../../store/store.ts';
import type { Processes } from '../../../subjects/processes.ts';
import { holdShared } from '../../holding-table.ts';
import { endAllOf } from '../people/ending.ts';
import { type CertifiedDeps, type FoundCertified, findCertified } from './certified.ts';

export interface CertificateWish
  extends Omit<Parameters<Authority['issue']>[1], 'subject' | 'publicKey'> {
  readonly kind: Certified['kind'];
  /** By name or id; a server by its host. */
  readonly named: string;
}

export type NoCertificate =
  | IssueError
  | { readonly code: 'not-found' }
  | { readonly code: 'not-active' };

export interface SeenCa extends PublishedCa {
  readonly list: ListTimes | undefined;
}

export interface CertificateActs {
  /** What is refused is on record in the same transaction, and must not be undone with it. */
  issue(tx: Tx, wanted: CertificateWish, by: By): Promise<Result<Issued, NoCertificate>>;
  renew(
    tx: Tx,
    serial: string,
    csr: Uint8Array | undefined,
    by: By,
  ): Promise<Result<Issued, NoCertificate>>;
  /**
   * With one of a person goes all that they may have come in with it for: whoever has the card has the sessions. With one of a process
   * go its tokens: whoever has the key may have got some.
   */
  revoke(tx: Tx, serial: string, reason: RevocationReason, by: By): ReturnType<Authority['revoke']>;
  /** Root and issuing CAs with their lists; not judged, and nothing is made. */
  authorities(): Promise<readonly SeenCa[]>;
}

export interface CertificateActsDeps extends CertifiedDeps {
  readonly authority: Pick<
    Authority,
    'issue' | 'renew' | 'revoke' | 'get' | 'published' | 'listTimes'
  >;
  readonly processes: Pick<Processes, 'find' | 'raise'>;
  readonly record: Recorder;
  readonly clock: Clock;
}

export function createCertificateActs(deps: CertificateActsDeps): CertificateActs {
  const { authority, processes } = deps;

  /** Whoever retires or removes them meanwhile waits, and revokes what they are given here; or was first, and they get nothing. */
  async function subjectOf(
    tx: Tx,
    kind: Certified['kind'],
    named: string,
  ): Promise<FoundCertified> {
    const found = await findCertified(deps, tx, kind, named);
    if (typeof found === 'string' || kind === 'server') return found;
    const { id } = found.subject;
    await tx.one(holdShared, { id });
    return findCertified(deps, tx, kind, id);
  }

  return {
    async issue(tx, { kind, named, ...request }, by) {
      const found = await subjectOf(tx, kind, named);
      if (typeof found === 'string') return failed({ code: found });
      return authority.issue(tx, { ...request, subject: found.subject }, by);
    },

    async renew(tx, serial, csr, by) {
      const old = await authority.get(tx, serial);
      if (old === undefined) return failed({ code: 'unknown-certificate' });
      // Whoever was shut out since gets none, whatever they had before.
      const { kind, id } = old.subject;
      if ((await subjectOf(tx, kind, id)) === 'not-active') return failed({ code: 'not-active' });
      return authority.renew(tx, serial, csr === undefined ? {} : { csr }, by);
    },

    async revoke(tx, serial, reason, by) {
      const revoked = await authority.revoke(tx, serial, reason, by);
      if (!revoked.ok) return revoked;
      const { kind, id } = revoked.value.subject;
      if (kind === 'person') await endAllOf(tx, deps, { subject: id as PersonId }, by); // As its kind says.
      if (kind === 'process') await processes.raise(tx, id as ProcessId); // As its kind says.
      return revoked;
    },

    async authorities() {
      const seen: SeenCa[] = [];
      for (const ca of await authority.published()) {
        seen.push({ ...ca, list: await authority.listTimes(ca.id) });
      }
      return seen;
    },
  };
}
