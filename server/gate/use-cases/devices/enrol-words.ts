/** The words in which a certificate for a device is asked for, and answered. */
import type { Reason } from '@sallyport/contract/event-parts.ts';
import type {
  Issued,
  IssueErrorCode,
  JudgedReason,
  ProfileName,
} from '../../../authority/x509/authority-words.ts';
import type { KeyPair } from '../../../authority/x509/made-keys.ts';
import type { DeviceId } from '../../../kernel/id.ts';
import type { Result } from '../../../kernel/result.ts';
import type { Tx } from '../../../store/store.ts';
import type { Arrival } from '../../arrival.ts';

/** A certificate request as a door read it. */
export interface AskedCertificate {
  /** DER (RFC 2986). */
  readonly csr: Uint8Array;
  /** The names of hosts that it asks for. */
  readonly dns: readonly string[];
  /** In place of the request's key, made once it is known who asks; undefined while too many are being made. */
  readonly makeKey?: (() => Promise<MadeKey | undefined>) | undefined;
}

export type MadeKey = Pick<KeyPair, 'publicKey' | 'kind'>;

export type EnrolRefusal =
  | { readonly reason: 'throttled'; readonly retryAt: number }
  /** There is no such pass, or it is good for nothing (any more, from there). */
  | { readonly reason: 'wrong' }
  | { readonly reason: 'certificate'; readonly why: JudgedReason | 'not-a-device' | 'not-active' }
  | { readonly reason: 'not-permitted' }
  | {
      readonly reason: 'request';
      readonly why: IssueErrorCode;
      readonly detail?: string | undefined;
    }
  | { readonly reason: 'unavailable' };

export type Enrolled = Result<Issued, EnrolRefusal>;

/** What a certificate is issued for, and by what it was asked for; for those who found that out by themselves. */
export interface EnrolmentOrder {
  readonly device: DeviceId;
  readonly profile: ProfileName;
  readonly asked: AskedCertificate;
  /** Of the names that were asked for, those that it may have. */
  readonly names: readonly string[];
  readonly with: Shown;
}

export interface Shown {
  readonly with: 'pass' | 'certificate' | 'account';
  readonly pass?: string;
  readonly account?: string;
  readonly serial?: string;
  /** Its key is known to be in hardware. */
  readonly hardwareBound?: boolean;
}

/** What a device brought with its request: the secret of a pass, or a certificate in DER whose key it showed. */
export type ShownByDevice =
  | { readonly by: 'pass'; readonly secret: string }
  | { readonly by: 'certificate'; readonly der: Uint8Array };

export interface Enrolling {
  withPass(secret: string, asked: AskedCertificate, arrival: Arrival): Promise<Enrolled>;
  /** `renew`: for the same names, in place of the one that is shown (RFC 7030 §4.2.2). */
  withCertificate(
    der: Uint8Array,
    asked: AskedCertificate,
    renew: boolean,
    arrival: Arrival,
  ): Promise<Enrolled>;
  /** In a transaction of whoever knows who asks: judged, issued and recorded. An error that is to be undone is for them. */
  issueIn(tx: Tx, order: EnrolmentOrder, arrival: Arrival): Promise<Result<Issued, EnrolRefusal>>;
  /** A key of ours was asked for, and none are made here: told of whoever it was that asked; the pass stays good. */
  noteKeyRefused(shown: ShownByDevice, arrival: Arrival): Promise<EnrolRefusal | undefined>;
  /** Puts a refusal on record, or counts it. */
  note(refusal: NotedRefusal, arrival: Arrival): Promise<void>;
}

export interface NotedRefusal {
  readonly shown: Shown;
  readonly device: DeviceId | undefined;
  readonly because: Reason;
  readonly why?: string | undefined;
  readonly policies?: readonly string[] | undefined;
}
