/** The words in which the X.509 authority is asked, and answers. What stands behind them is put together in authority.ts. */

import type { KeyObject } from 'node:crypto';
import type { CertifiedKind, TrustedKind } from '@sallyport/contract/certificates.ts';
import type { DeviceId, PersonId, ProcessId } from '../../kernel/id.ts';
import type { Result } from '../../kernel/result.ts';
import type { By } from '../../record/record.ts';
import type { Queries, Tx } from '../../store/store.ts';
import type { MakeKey } from './made-keys.ts';
import type { ProfileName } from './profiles.ts';
import type { RevocationReason } from './revocation-reason.ts';

export {
  type CertifiedKind,
  certifiedKinds as subjectKinds,
} from '@sallyport/contract/certificates.ts';
export type { ProfileName } from './profiles.ts';
export type { RevocationReason } from './revocation-reason.ts';

/** Whom a certificate is for. A server is Sallyport itself or another that is no subject: its id is its first DNS name. */
export type Certified =
  | { readonly kind: 'device'; readonly id: DeviceId; readonly name: string }
  | { readonly kind: 'process'; readonly id: ProcessId; readonly name: string }
  | { readonly kind: 'person'; readonly id: PersonId; readonly name: string }
  | { readonly kind: 'server'; readonly id: string; readonly name: string };

/** Names beside the subject's own, which whoever asks for the certificate has judged; the profile says which kinds may be. */
export interface AskedNames {
  readonly dns?: readonly string[] | undefined;
  readonly ip?: readonly string[] | undefined;
  readonly uri?: readonly string[] | undefined;
  /** The name by which Windows signs in with a smart card ([MS-PKCA] 3.1.5.2.1.3). */
  readonly upn?: readonly string[] | undefined;
}

export interface IssueRequest {
  readonly profile: ProfileName;
  /** A request in DER (RFC 2986): its signature shows who holds the key; its names and extensions are compared, never taken. */
  readonly csr?: Uint8Array | undefined;
  /**
   * In place of the request's, where the key was shown by other means or made here. Beside a request, that one's own key and signature
   * count for nothing, and all else that it says is compared (RFC 7030 §4.4.1).
   */
  readonly publicKey?: KeyObject | undefined;
  readonly subject: Certified;
  readonly names?: AskedNames | undefined;
  /** For the profile `modbus-role` (Modbus/TCP Security §8.4). */
  readonly role?: string | undefined;
  /** Milliseconds; what the profile says where it is left out, and never more than that profile allows. */
  readonly lifetime?: number | undefined;
}

export const issueErrorCodes = {
  malformed: 'it is no certificate request that can be read',
  'bad-signature': 'the request is not signed with the key that it asks for',
  'weak-signature': 'the request is signed with an algorithm of old',
  'weak-key': 'its key is too weak',
  'key-not-for-profile': 'the profile has no such keys',
  'key-revoked': 'a certificate with this key was revoked',
  'key-of-another': 'a certificate with this key was issued to another subject',
  'asks-for-ca': 'it asks to be a CA',
  'foreign-name': 'it asks for a name that is not its own',
  'not-in-profile': 'it asks for something that the profile has not',
  'key-encryption':
    'it names a key to encrypt the new key with, and there is none such here: leave that attribute out, and TLS alone protects it',
  'name-missing': 'the profile wants a name that was not given',
  'name-not-allowed': 'the profile has no such name, or it is not of the right form',
  'too-long': 'it would live longer than the profile allows',
  'key-missing': 'neither a request nor a key was given',
  'unknown-subject': 'there is no such subject any more',
  'unknown-certificate': 'there is no such certificate',
  revoked: 'the certificate was revoked',
  expired: 'the certificate has expired',
  'authority-over': 'the issuing CA has ended, and the root is not here to make another',
} as const;
export type IssueErrorCode = keyof typeof issueErrorCodes;

export interface IssueError {
  readonly code: IssueErrorCode;
  /** What of it, for people: a name, an algorithm. */
  readonly detail?: string | undefined;
}

export interface Issued {
  /** Hexadecimal, lower case. */
  readonly serial: string;
  /** DER. */
  readonly certificate: Uint8Array;
  /** The issuing CA's, in DER; the root is not among what is sent in a handshake. */
  readonly chain: readonly Uint8Array[];
  readonly notBefore: number;
  readonly notAfter: number;
  /** Two thirds of its life: when it is to be renewed. */
  readonly renewAt: number;
  /** SHA-256 of the whole, in base64url, as RFC 8705 §3.1 has it. */
  readonly fingerprint: string;
}

/** A certificate as it is listed. Names of people are here only while their key is. */
export interface ListedCertificate extends Omit<Issued, 'chain' | 'certificate'> {
  readonly certificate: Uint8Array | undefined;
  readonly profile: ProfileName;
  readonly subject: { readonly kind: CertifiedKind; readonly id: string };
  readonly subjectName: string | undefined;
  /** Those that were asked for. */
  readonly names: AskedNames | undefined;
  readonly issuedAt: number;
  readonly renews: string | undefined;
  readonly revokedAt: number | undefined;
  readonly reason: RevocationReason | undefined;
  /** To ten minutes; and the door. */
  readonly lastShownAt: number | undefined;
  readonly lastShownBy: string | undefined;
}

export const judgedReasons = {
  malformed: 'it is no certificate that can be read',
  'unknown-authority': 'no authority that is trusted here issued it',
  'not-yet': 'it is not good yet',
  expired: 'it has expired',
  revoked: 'it was revoked',
  /** The CA publishes a list, and the newest that is here is too old to say. Closed on fault. */
  'revocation-unknown': 'whether it was revoked is not known',
  'not-for-this': 'it may not be used for this',
  weak: 'its key or its signature is too weak',
} as const;
export type JudgedReason = keyof typeof judgedReasons;

export interface Sans {
  readonly dns: readonly string[];
  readonly ip: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  readonly upn: readonly string[];
}

export interface GoodCertificate {
  readonly ok: true;
  /** 'own', or the name of the trusted authority. */
  readonly issuer: string;
  /** What certificates of that authority are trusted for: everything where it is our own. */
  readonly trustedFor: readonly TrustedKind[];
  readonly serial: string;
  /** Of our own certificates, as their row says it; of others it is for whoever asks to find out whose they are. */
  readonly profile?: ProfileName | undefined;
  readonly subject?: { readonly kind: CertifiedKind; readonly id: string } | undefined;
  /** The common name. */
  readonly subjectName: string;
  /** The whole distinguished names, as DER: what a mapping by issuer and subject compares. */
  readonly issuerDer: Uint8Array;
  readonly subjectDer: Uint8Array;
  readonly sans: Sans;
  /** Object identifiers of its certificate policies (RFC 5280 §4.2.1.4), of others as far as their whole path promises them. */
  readonly policies: readonly string[];
  /** Of others, what it rests on; of our own, its row tells. */
  readonly rests: readonly Listed[];
  /** The role of Modbus/TCP Security, where it has one. */
  readonly role?: string | undefined;
  readonly notAfter: number;
  readonly fingerprint: string;
}

export type ShownCertificate = Pick<GoodCertificate, 'issuer' | 'serial'>;

export interface LastShown {
  /** Of others there is no row: what they are held by says when that was used (device-proofs.ts). */
  isToNote(shown: ShownCertificate): boolean;
  /** Nobody waits for it. Of two nodes at once one writes. */
  noteShown(tx: Tx, shown: ShownCertificate, door: string): void;
}

export type Judged = GoodCertificate | RefusedCertificate;

export interface RefusedCertificate {
  readonly ok: false;
  readonly reason: JudgedReason;
  /** Of one of ours, to the last bit: which it is, and whose. */
  readonly own?:
    | { readonly serial: string; readonly subject: NonNullable<GoodCertificate['subject']> }
    | undefined;
}

/** What TLS of ours is served with. */
export interface ServerCredentials {
  /** PEM: the certificate, then the issuing CA's. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly notAfter: number;
  readonly renewAt: number;
  readonly serial: string;
}

export type CertificateError = 'unknown-certificate' | 'revoked';

/** How somebody else vouches for a certificate: a rule of a process. */
export interface VouchedElsewhere {
  /** The CA that is trusted for it, in DER. */
  readonly issuer?: Uint8Array | undefined;
  /** Whether it has to be known that it was not revoked: what nothing is known of is withdrawn then. */
  readonly known: boolean;
}

/** A certificate as the list of its CA names it. */
export interface Listed {
  /** The id of that CA's key. */
  readonly issuer: string;
  readonly serial: string;
}

/** On what it rested that a certificate of a CA of others was good. */
export interface RestsOn {
  readonly certificates: readonly Listed[];
  /** The id of the CA that is trusted; empty where a rule alone vouches for it. */
  readonly trusted: string;
  /** Of everything that was trusted then (standing.ts). */
  readonly mark: string;
  /** When the certificate is over. */
  readonly until: number;
}

export interface Vouching {
  /** For whom it was good; false where that is to be judged anew, since what is trusted, or a list of it, changed meanwhile. */
  noteVouched(tx: Tx, process: ProcessId, by: RestsOn): Promise<boolean>;
}

export interface Authority extends LastShown, Vouching {
  /** Extensions by profile, never from the request. Its event is in the same transaction, and so is a refusal's. */
  issue(tx: Tx, request: IssueRequest, by: By): Promise<Result<Issued, IssueError>>;
  /** A key pair for whoever can make none, of the kind of the request's own, where the profile has it. */
  makeKey: MakeKey;
  /** For the same subject, with the names that the old one has. `key` left out: the same key. The old one stays good. */
  renew(
    tx: Tx,
    serial: string,
    key: { readonly csr?: Uint8Array; readonly publicKey?: KeyObject },
    by: By,
  ): Promise<Result<Issued, IssueError>>;
  revoke(
    tx: Tx,
    serial: string,
    reason: RevocationReason,
    by: By,
  ): Promise<Result<ListedCertificate, CertificateError>>;
  /** Everything that is good of a subject: for one that is disabled, retired or erased. How many there were. */
  revokeAll(tx: Tx, subject: string, reason: RevocationReason, by: By): Promise<number>;
  get(q: Queries, serial: string): Promise<ListedCertificate | undefined>;
  list(q: Queries, filter: CertificateFilter): Promise<readonly ListedCertificate[]>;
  /** Closed on fault: what can't be told to be good is refused. `chain` is DER, the leaf first, as a peer sent it. */
  judge(
    q: Queries,
    chain: readonly Uint8Array[],
    use: 'client' | 'server',
    issuers?: (() => readonly Uint8Array[]) | undefined,
  ): Promise<Judged>;
  /** On what one rests that fits a rule of somebody’s, unless it was revoked since, as far as is known here; of our own its row says so. */
  vouched(
    q: Queries,
    der: Uint8Array,
    vouched: VouchedElsewhere,
  ): Promise<Result<RestsOn | undefined, 'withdrawn'>>;
  /** Whether a CA of others, in DER, was trusted and is not any more, or the one above it. */
  distrusted(q: Queries, ca: Uint8Array): Promise<boolean>;
  /** Another one after each revocation, and with each CA. */
  revision(q: Queries): Promise<string>;
  /** The issuing CA, then the root: DER. Made where there is none. */
  chain(): Promise<readonly Uint8Array[]>;
  /** What there is, without making anything: the root and the issuing CAs, the one in use first. */
  published(): Promise<readonly PublishedCa[]>;
  /** Made and renewed by us, under the names that the configuration gives the house; the key is sealed in the database. */
  serverCredentials(profile: 'server' | 'radius-server'): Promise<ServerCredentials>;
  /** The list of the active issuing CA (RFC 5280 §5), or of the CA with that key id in hexadecimal, the root's included. */
  crl(keyId?: string): Promise<Uint8Array | undefined>;
  /** How long the list of a CA of ours is good, and how much is on it. */
  listTimes(keyId: string): Promise<ListTimes | undefined>;
  /** RFC 6960: an answer in DER to a request in DER, whatever that is. */
  ocsp(request: Uint8Array): Promise<OcspAnswer>;
}

export interface PublishedCa {
  /** Its key id, in hexadecimal. */
  readonly id: string;
  readonly role: 'root' | 'issuing';
  readonly inUse: boolean;
  /** Whether its key is here. */
  readonly hasKey: boolean;
  readonly certificate: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly revokedAt: number | undefined;
}

export interface ListTimes {
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  readonly revoked: number;
}

export interface OcspAnswer {
  readonly response: Uint8Array;
  /** Until when it can be kept by caches: none with a nonce in it, and no refusal. */
  readonly until: number | undefined;
}

export interface CertificateFilter {
  readonly subject?: string | undefined;
  readonly profile?: ProfileName | undefined;
  readonly state?: 'good' | 'revoked' | 'expired' | undefined;
  /** Serials ascend by time of issue only within `before`, which is an earlier page's last `issuedAt`. */
  readonly before?: { readonly issuedAt: number; readonly serial: string } | undefined;
  readonly limit: number;
}
