/**
 * How somebody came by a network device, for whichever protocol it speaks: one reading of where they are.
 *
 * A network device that is asked at tells, at best, where whoever stands there comes from (Calling-Station-Id, `rem_addr`). Where that
 * is an address, they are there: for throttles, the record and policies. Where it is none, all that is known is the network device,
 * and what many share is not theirs: they are never in a trusted network by standing at a device that is in one, and throttles count
 * them one by one behind it, by what each is called.
 */
import type { ProofKind } from '@sallyport/contract/proofs.ts';
import type { Ids } from '../../kernel/id.ts';
import type { Networks } from '../../kernel/networks.ts';
import type { Arrival } from '../arrival.ts';
import type { NetworkClient, NetworkProtocol } from './network-words.ts';

export interface CameBy {
  /** Undefined for whoever is no network device of ours. */
  readonly client: Pick<NetworkClient, 'device'> | undefined;
  /** Of the network device. */
  readonly address: string;
  /** Where whoever stands there is, if the network device told an address; in its one spelling. */
  readonly own?: string | undefined;
}

export type NetworkArrivals = (came: CameBy) => Arrival;

export interface NetworkArrivalDeps {
  readonly ids: Ids;
  readonly trustedNetwork: Networks;
  /** The network that throttles count an address in. */
  readonly networkOf: (address: string) => string;
}

export function createNetworkArrivals(
  { ids, trustedNetwork, networkOf }: NetworkArrivalDeps,
  door: NetworkProtocol,
  carries: readonly ProofKind[],
): NetworkArrivals {
  return ({ client, address, own }) => ({
    door,
    // What was begun at one network device is carried on at no other.
    channel: client?.device ?? 'nobody',
    through: address,
    address: own ?? address,
    network: networkOf(own ?? address),
    behind: own === undefined ? client?.device : undefined,
    trustedNetwork: own !== undefined && trustedNetwork(own),
    userAgent: undefined,
    origin: undefined,
    request: ids.next(),
    device: undefined,
    carries,
  });
}
