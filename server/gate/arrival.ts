/** How a request came: what a door knows of it before anyone is judged. */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { By } from '../record/record.ts';
import type { GrantId } from './entry/grant-table.ts';

export interface Arrival {
  readonly door: string;
  /** What the attempt is bound to besides its token: the same text must come with each of its requests. */
  readonly channel: string;
  readonly address: string;
  /** The address of the network device that they came by: `address` may be their own behind it. */
  readonly through?: string | undefined;
  /** What that network device calls whoever is there, and knows them by when it is told of them: what they typed, or said that they are. */
  readonly called?: string | undefined;
  /** By what else it may know them: the station that they call from, as it said (RFC 2865 §5.31). */
  readonly station?: string | undefined;
  /** The network that throttles count: one IPv4 address, one IPv6 /64. */
  readonly network: string;
  /** The network device that they came by, where `network` is that of the device and so of all who come by it. */
  readonly behind?: string | undefined;
  readonly trustedNetwork: boolean;
  readonly userAgent: string | undefined;
  /** Where the person's browser says it is; undefined for doors without origins. */
  readonly origin: string | undefined;
  readonly request: string;
  /** The token that a browser got when it signed in before. */
  readonly device: string | undefined;
  /** Whether it is a page of ours, whose browser can be asked to hold a key. */
  readonly bindable?: boolean;
  /** What its browser was given when it last proved its key (bound-sessions.ts). */
  readonly keyProof?: string | undefined;
  /** Whoever comes with an access token for our own API, instead of a session's own: the grant that it stands for (own-api.ts). */
  readonly grant?: GrantId | undefined;
  /** The kinds of proof that can be carried through this door. */
  readonly carries: readonly ProofKind[];
  /** Those that can be shown in a browser while whoever came by this door waits (network/log-in-approvals.ts). */
  readonly elsewhere?: readonly ProofKind[] | undefined;
}

export function byArrival(arrival: Arrival): By {
  return {
    door: arrival.door,
    request: arrival.request,
    personal: {
      address: arrival.address,
      ...(arrival.userAgent === undefined ? {} : { userAgent: arrival.userAgent.slice(0, 512) }),
    },
  };
}
