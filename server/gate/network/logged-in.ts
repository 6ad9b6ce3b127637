import type { DeviceKind } from '@sallyport/contract/devices.ts';
import type { ShownCertificate } from '../../authority/x509/authority-words.ts';
import type { DeviceId, Id, PersonId } from '../../kernel/id.ts';
import type { Reply } from '../../policy/reply.ts';
import type { DeviceProofId } from '../../subjects/device-proof.ts';

export type NetworkSessionId = Id<'network-session'>;

/** A network device that asks. */
export interface NetworkClient {
  readonly device: DeviceId;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly zone: string;
  readonly groups: readonly string[];
  /** As of which all of this was read: with each change of it comes another. */
  readonly epoch: number;
  /** Undefined where it shows a certificate instead. */
  readonly secret: Uint8Array | undefined;
  /** Which one that is, or by which proof its certificate is its own, if others issued it. */
  readonly proof?: DeviceProofId | undefined;
  /** By which it spoke, if by one. */
  readonly shown?: ShownCertificate | undefined;
  /** While the secret before is taken beside it: the same network device, as far as it speaks with that one. */
  readonly before?: NetworkClient | undefined;
  /** Of the two: whether it is the one that is to end. */
  readonly overlap?: 'new' | 'old' | undefined;
  readonly exceptions: { readonly withoutMessageAuthenticator: boolean };
}

/** Somebody who was let in there. */
export interface LoggedIn {
  readonly session: NetworkSessionId;
  readonly subject: PersonId | DeviceId;
  /** What the network device calls them: of a person, as they said it. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly until: number;
  /** What policy tells the network device to do with them. */
  readonly attributes: Reply;
}
