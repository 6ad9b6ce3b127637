import type { DeviceKind } from '@sallyport/contract/devices.ts';
import type { DeviceId, Id, PersonId } from '../../kernel/id.ts';
import type { Reply } from '../../policy/reply.ts';

export type NetworkSessionId = Id<'network-session'>;

/** A network device that asks. */
export interface NetworkClient {
  readonly device: DeviceId;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly zone: string;
  readonly groups: readonly string[];
  /** Undefined where it shows a certificate instead. */
  readonly secret: Uint8Array | undefined;
  readonly exceptions: { readonly withoutMessageAuthenticator: boolean };
}

/** Somebody who was let in there. */
export interface LoggedIn {
  readonly session: NetworkSessionId;
  readonly subject: PersonId | DeviceId;
  /** What it is called: of a person, as they said it. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  readonly until: number;
  /** What policy tells the network device to do with them. */
  readonly attributes: Reply;
}
