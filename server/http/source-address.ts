/**
 * Where a request came from. Throttles, policy and the record all rest on this answer, so nothing that a client writes
 * about itself counts: the address is the socket's, unless the socket belongs to a proxy that the configuration names.
 */
import { isIP, isIPv4 } from 'node:net';
import type { Networks } from '../kernel/networks.ts';
import { failed, ok, type Result } from '../kernel/result.ts';

export interface SourceAddress {
  /** One canonical text for each address: IPv4-mapped IPv6 is IPv4, IPv6 is lower case and compressed (RFC 5952). */
  readonly address: string;
  /** What throttles count: one IPv4 address, or an IPv6 /64, which is what one subscriber holds. */
  readonly network: string;
  /** The connection is of a proxy of ours: what it passes on is not its own (`isPassedOn`). */
  readonly byProxy?: boolean;
}

/** The canonical text of an address; undefined for anything that is not one. */
export function canonicalAddress(text: string): string | undefined {
  // To look for what an address has to have costs less than all that it may look like: most of what is none has neither.
  if (!text.includes(':')) return text.includes('.') && isIPv4(text) ? text : undefined;
  const zone = text.indexOf('%');
  const bare = zone < 0 ? text : text.slice(0, zone);
  if (isIP(bare) !== 6) return undefined;
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const groups = ipv6Groups(canonical);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped) return canonical;
  // Eight groups by construction: the last two are the IPv4 address.
  const [high, low] = [groups[6]!, groups[7]!];
  return `${high >>> 8}.${high & 0xff}.${low >>> 8}.${low & 0xff}`;
}

export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  const prefix = ipv6Groups(address).slice(0, 4);
  return `${prefix.map((group) => group.toString(16)).join(':')}::/64`;
}

function ipv6Groups(canonical: string): number[] {
  const [head = '', tail] = canonical.split('::');
  const read = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = read(head);
  if (tail === undefined) return before;
  const after = read(tail);
  return [...before, ...new Array(8 - before.length - after.length).fill(0), ...after];
}

/** Whether sources are in these networks. Sources are the same object while they are the same address: each is looked up once. */
export function sourcesIn(networks: Networks): (source: SourceAddress) => boolean {
  const known = new WeakMap<SourceAddress, boolean>();
  return (source) => {
    let within = known.get(source);
    if (within === undefined) {
      within = networks(source.address);
      known.set(source, within);
    }
    return within;
  };
}

const MOST_HOPS = 16;

/**
 * The rightmost address that is not one of our proxies. Each proxy appends the address it was called from, so what stands
 * to the left of that is hearsay and is not read. An entry that has to be read and is no address is an error, not a guess.
 */
export function sourceAddress(
  socketAddress: string | undefined,
  forwardedFor: string | undefined,
  trusted: Networks,
): Result<SourceAddress, 'no-address' | 'malformed-forwarded-for'> {
  let address = canonicalAddress(socketAddress ?? '');
  if (address === undefined) return failed('no-address');
  const byProxy = trusted(address);
  if (byProxy && forwardedFor !== undefined) {
    const hops = forwardedFor.split(',');
    if (hops.length > MOST_HOPS) return failed('malformed-forwarded-for');
    while (hops.length > 0 && trusted(address)) {
      const hop = canonicalAddress((hops.pop() ?? '').trim());
      if (hop === undefined) return failed('malformed-forwarded-for');
      address = hop;
    }
  }
  const network = networkOf(address);
  return ok(byProxy ? { address, network, byProxy } : { address, network });
}
