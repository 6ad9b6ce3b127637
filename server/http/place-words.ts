import { isIPv4 } from 'node:net';
import { checkedNetworks } from '../kernel/networks.ts';

export type Place = 'this-computer' | 'private-network' | 'unknown-place';

/** RFC 1918, RFC 6598 (carrier-grade NAT is left out: it is the provider's, not the person's), RFC 3927, RFC 4193, RFC 4291. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
];
const LOOPBACK = ['127.0.0.0/8', '::1'];

const isPrivate = checkedNetworks(PRIVATE);
const isLoopback = checkedNetworks(LOOPBACK);

export function isLoopbackAddress(address: string): boolean {
  return isLoopback(address);
}

/** What can be said of a place from an address alone. A city is not guessed: a wrong one frightens or reassures falsely. */
export function placeOf(address: string): Place {
  if (!isIPv4(address) && !address.includes(':')) return 'unknown-place';
  if (isLoopback(address)) return 'this-computer';
  return isPrivate(address) ? 'private-network' : 'unknown-place';
}
