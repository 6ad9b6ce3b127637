/** Looking after the authority and CAs of others (desk.ts). What is done with its keys is done on its machine alone, and stands apart. */
import type { RevocationReason, TrustedKind } from '@sallyport/contract/certificates.ts';
import type { AnswerOf } from '../remote/connection.ts';
import type { Done } from './done.ts';

export type ShownTrust = AnswerOf<'trustAuthority'>;

export interface TrustTerms {
  readonly name: string;
  readonly for: readonly TrustedKind[];
  /** PEM. */
  readonly certificates: string;
  readonly wantsList: boolean;
  readonly listUrls: readonly string[];
}

export interface AuthorityDesk {
  show(): Done<AnswerOf<'showAuthority'>>;
  /** An issuing CA, by its id. */
  revoke(id: string, reason: RevocationReason): Done<unknown>;
  trusted(): Done<AnswerOf<'listTrustedAuthorities'>>;
  trust(terms: TrustTerms): Done<ShownTrust>;
  /** A list in PEM. */
  importList(name: string, list: string): Done<ShownTrust>;
  distrust(name: string): Done<unknown>;
}
