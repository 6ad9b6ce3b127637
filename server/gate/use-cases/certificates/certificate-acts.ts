/** What is done with certificates and the authority, whoever may: the command line on the machine itself, and those who are judged. */
import type {
  Authority,
  Certified,
  Issued,
  IssueError,
  PublishedCa,
} from '../../../authority/x509/authority-words.ts';
import { failed, type Result } from '../../../kernel/result.ts';
import type { By } from '../../../record/record.ts';
import type { Queries, Tx } from '../../../store/store.ts';
import { type RevocationList, readRevocationList } from '../../../wire/x509/revocation-list.ts';
import { type CertifiedDeps, findCertified } from './certified.ts';

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
  readonly list: Pick<RevocationList, 'thisUpdate' | 'nextUpdate' | 'revoked'> | undefined;
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
  /** Root and issuing CAs with their lists; not judged, and nothing is made. */
  authorities(): Promise<readonly SeenCa[]>;
}

export interface CertificateActsDeps extends CertifiedDeps {
  readonly authority: Pick<Authority, 'issue' | 'renew' | 'get' | 'published' | 'crl'>;
}

export function createCertificateActs(deps: CertificateActsDeps): CertificateActs {
  const { authority } = deps;

  const subjectOf = (q: Queries, kind: Certified['kind'], named: string) =>
    findCertified(deps, q, kind, named);

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

    async authorities() {
      const seen: SeenCa[] = [];
      for (const ca of await authority.published()) {
        const der = await authority.crl(ca.id);
        seen.push({ ...ca, list: der && readRevocationList(der) });
      }
      return seen;
    },
  };
}
