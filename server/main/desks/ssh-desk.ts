/** Looking after SSH certificates (desk.ts). One for oneself is for `ssh login`, which needs a server and a person. */
import type { AnswerOf } from '../remote/connection.ts';
import type { Done } from './done.ts';

export type SshKind = 'user' | 'host';

export interface HostCertificateTerms {
  readonly device: string;
  readonly names: readonly string[];
  readonly publicKey: string;
  readonly days: number;
}

export interface SshDesk {
  /** The address that people type. */
  readonly origin: string;
  list(): Done<AnswerOf<'listSshCertificates'>>;
  issueHost(terms: HostCertificateTerms): Done<AnswerOf<'issueSshHostCertificate'>>;
  revoke(serial: string): Done<unknown>;
  revokeKey(publicKey: string): Done<unknown>;
  keys(): Done<AnswerOf<'listSshKeys'>>;
  /** The list of what is revoked, as sshd reads it. */
  krl(): Done<Uint8Array>;
  rotate(kind: SshKind, at: 'overlap' | 'once'): Done<AnswerOf<'rotateSshKeys'>>;
}
