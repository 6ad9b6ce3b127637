/** The words in which the SSH authority is asked, and answers. */
import type { DeviceId, PersonId } from '../../kernel/id.ts';
import type { CertificateKind } from '../../wire/ssh/certificate.ts';
import type { SshPublicKey } from '../../wire/ssh/public-key.ts';

export type { CertificateKind } from '../../wire/ssh/certificate.ts';

/** What policies may allow beyond running what one came for. The words are ours, short for OpenSSH's. */
export const allowances = {
  pty: 'permit-pty',
  'agent-forwarding': 'permit-agent-forwarding',
  'port-forwarding': 'permit-port-forwarding',
  'x11-forwarding': 'permit-X11-forwarding',
  'user-rc': 'permit-user-rc',
} as const;
export type Allowance = keyof typeof allowances;

/** What a certificate of a person is good for, as the gate granted it. */
export interface UserTerms {
  /** An account on the host. */
  readonly account: string;
  /** Milliseconds. */
  readonly lifetime: number;
  /** Networks from which it may be used; none for all. */
  readonly sources: readonly string[];
  /** What is run whatever is asked for. */
  readonly command: string | undefined;
  readonly allow: readonly Allowance[];
}

export interface UserRequest {
  readonly person: { readonly id: PersonId; readonly epoch: number };
  readonly session: string;
  /** The name of the host. */
  readonly host: string;
  readonly key: SshPublicKey;
  readonly terms: UserTerms;
  /** In words that tell of nobody, for the record: `self` for the person's own name, `here` for where they are. */
  readonly said: { readonly account: string; readonly sources: readonly string[] };
}

export interface HostRequest {
  readonly device: { readonly id: DeviceId; readonly epoch: number; readonly name: string };
  readonly key: SshPublicKey;
  /** Beside the device's own name: what people type. */
  readonly names: readonly string[];
  readonly lifetime: number;
  /** The serial of the one that it was asked for with. */
  readonly replaces?: number;
}

export const keyProblems = {
  'not-a-key': 'it is no public key that can be read',
  'weak-key': 'an RSA key must have 3072 bits or more',
  'key-revoked': 'this key was revoked',
  'authority-key': 'it is the key of an authority',
} as const;
export type KeyProblem = keyof typeof keyProblems;

export interface IssuedSsh {
  readonly serial: number;
  readonly kind: CertificateKind;
  readonly keyId: string;
  readonly principals: readonly string[];
  /** The line of a `-cert.pub` file. */
  readonly line: string;
  readonly fingerprint: string;
  readonly validAfter: number;
  readonly expiresAt: number;
}

export interface ListedSsh {
  readonly serial: number;
  readonly kind: CertificateKind;
  readonly subject: string;
  readonly host: string;
  /** Accounts or names, as the record tells them. */
  readonly principals: readonly string[];
  readonly fingerprint: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | undefined;
  /** Not revoked, and what it rests on stands: hosts take it. */
  readonly good: boolean;
}

/** Whom a certificate names: what sshd writes into its log, and what tells of nobody once they are erased. */
export const keyIdOf = (kind: CertificateKind, id: string) =>
  `${kind === 'user' ? 'person' : 'device'}:${id}`;

/** An account on one host: elsewhere the certificate is good for nothing, whoever trusts the same authority. */
export const principalAt = (account: string, host: string) => `${account}@${host}`;
