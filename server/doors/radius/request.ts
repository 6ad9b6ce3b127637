/** What a request says of whoever stands at the network device: said by a device that we know, and believed as far as that goes. */
import type { Arrival } from '../../gate/arrival.ts';
import { isNamed } from '../../gate/network/is-named.ts';
import type { NetworkArrivals } from '../../gate/network/network-arrival.ts';
import type { NetworkClient } from '../../gate/network/network-words.ts';
import { canonicalAddress } from '../../http/source-address.ts';
import { fromUtf8 } from '../../kernel/bytes.ts';
import { attribute, type Packet, TYPE } from '../../wire/radius/packet.ts';
import type { SharedSecret } from '../../wire/radius/shared-secret.ts';
import { integerOf, textOf } from '../../wire/radius/values.ts';

/** RFC 2865 §5.6 and §5.41. */
const SERVICE_TYPE = 6;
export const NAS_PORT_TYPE = 61;
const CALLING_STATION = 31;
const NAS_IDENTIFIER = 32;

const ADMINISTRATIVE = 6;
const NAS_PROMPT = 7;
export const CALL_CHECK = 10;

/** A request that came from a network device, and was signed as it has to be. */
export interface Asked {
  readonly packet: Packet;
  readonly client: NetworkClient;
  /** The network device's own address. */
  readonly address: string;
  readonly arrival: Arrival;
  readonly service: string;
  readonly serviceType: number | undefined;
  readonly station: string | undefined;
  /** Whether whoever sent it still waits for its answer. */
  readonly wanted: () => boolean;
  /** Whether the network device can't be answered with a question. */
  readonly asksOnce: boolean;
  /** Whether a code is typed right behind the password, though a question could be asked: inside a tunnel. */
  readonly oneField?: boolean;
}

export interface Reading {
  readonly arrivals: NetworkArrivals;
  /** Names and groups of network devices that can't ask twice. */
  readonly asksOnce: ReadonlySet<string>;
}

export function readAsked(
  { arrivals, asksOnce }: Reading,
  packet: Packet,
  client: NetworkClient,
  address: string,
): Asked {
  const station = textOf(packet, CALLING_STATION);
  // VPN gateways tell the address that somebody comes from; of others nobody knows it, and what many share is not theirs.
  const own = station === undefined ? undefined : canonicalAddress(station);
  const serviceType = integerOf(packet, SERVICE_TYPE);
  return {
    packet,
    client,
    address,
    service: serviceOf(packet, client, serviceType),
    serviceType,
    station,
    wanted: () => true,
    asksOnce: isNamed(client, asksOnce),
    arrival: {
      ...arrivals({ client, address, own }),
      called: textOf(packet, TYPE.userName) ?? '',
      station,
    },
  };
}

/** What was typed as a password; undefined for what is no text. */
export function typedIn({ packet }: Asked, secret: SharedSecret): string | undefined {
  const hidden = attribute(packet, TYPE.userPassword);
  const shown = hidden && secret.showPassword(hidden, packet.authenticator);
  if (shown === undefined) return undefined;
  try {
    return fromUtf8(shown);
  } catch {
    return undefined;
  }
}

/** What they want, in words that policies can be written with. */
function serviceOf(packet: Packet, client: NetworkClient, type: number | undefined): string {
  if (type === ADMINISTRATIVE || type === NAS_PROMPT) return 'admin';
  // pam_radius names the program that asks.
  if (textOf(packet, NAS_IDENTIFIER) === 'sshd') return 'ssh';
  switch (integerOf(packet, NAS_PORT_TYPE)) {
    case 15:
      return 'wired';
    case 18:
    case 19:
      return 'wifi';
  }
  if (client.kind === 'vpn' || client.kind === 'firewall') return 'vpn';
  // 802.1X at a switch that doesn't say which kind of port it is.
  if (client.kind === 'switch' && attribute(packet, TYPE.eapMessage) !== undefined) return 'wired';
  return client.kind === 'access-point' ? 'wifi' : 'login';
}
