/** Looking after certificates that were issued here (desk.ts). */
import type {
  CertificateProfile,
  CertifiedKind,
  RevocationReason,
} from '@sallyport/contract/certificates.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done, Page } from './done.ts';

export type ShownCertificate = AnswerOf<'readCertificate'>;
export type IssuedCertificate = AnswerOf<'issueCertificate'>;

export interface CertificateFilter {
  /** By its id; a server by its host. */
  readonly subject?: string;
  readonly profile?: CertificateProfile;
  readonly state?: ShownCertificate['state'];
  readonly after?: string;
  readonly limit: number;
}

export interface CertificateTerms {
  /** A request in PEM. */
  readonly request: string;
  readonly profile: CertificateProfile;
  /** By name or id; a server by its host. */
  readonly subject: { readonly kind: CertifiedKind; readonly id: string };
  readonly names: Readonly<Record<'dns' | 'ip' | 'uri' | 'upn', readonly string[]>>;
  readonly role: string | null;
  /** Milliseconds; what the profile says where it is null. */
  readonly lifetime: number | null;
}

export interface CertificatesDesk {
  list(filter: CertificateFilter): Done<Page<ShownCertificate>>;
  show(serial: string): Done<ShownCertificate>;
  issue(terms: CertificateTerms): Done<IssuedCertificate>;
  /** `request`: one in PEM with a new key; the same key where it is null. */
  renew(serial: string, request: string | null): Done<IssuedCertificate>;
  revoke(serial: string, reason: RevocationReason): Done<ShownCertificate>;
}
