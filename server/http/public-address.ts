import { BlockList, isIPv4, isIPv6 } from 'node:net';

/**
 * Whether an address is one of the public internet: the rest is somebody's own network, this machine, or a service of the cloud
 * that hands out credentials to whoever asks from inside (SSRF, CWE-918). From the registries of special-purpose addresses (RFC
 * 6890, with what IANA added since).
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !SPECIAL.check(address, 'ipv4');
  // An IPv4 address in the clothes of IPv6, mapped or translated, is not global unicast, and so is refused with the rest.
  return isIPv6(address) && GLOBAL.check(address, 'ipv6') && !SPECIAL.check(address, 'ipv6');
}

const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');

const SPECIAL = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // Shared by carriers; metadata of Alibaba.
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // Azure's own services, on an address that looks like any other.
  ['169.254.0.0', 16], // Link-local; metadata of nearly every cloud.
  ['172.16.0.0', 12],
  ['192.0.0.0', 24], // Metadata of Oracle.
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  SPECIAL.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['2001::', 23], // Teredo, ORCHID, benchmarks.
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: an IPv4 address inside.
  ['3fff::', 20],
] as const) {
  SPECIAL.addSubnet(network, bits, 'ipv6');
}
