import { isIP, SocketAddress } from 'node:net';

/** No device speaks from so many addresses: whoever wrote it meant something else. */
const WIDEST = { 4: 8, 6: 32 } as const;

export type NetworkProblem = 'malformed' | 'host-bits' | 'too-wide';

/**
 * A network or an address from which a device speaks, in its one spelling: `192.0.2.0/24`, `2001:db8::/48`, `192.0.2.7`. With
 * one spelling each, the store can hold that no two devices speak from the same.
 */
export function readNetwork(text: string): string | NetworkProblem {
  const [base = '', bits, ...rest] = text.trim().split('/');
  const version = isIP(base);
  if ((version !== 4 && version !== 6) || rest.length > 0 || base.includes('%')) return 'malformed';
  if (bits !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(bits)) return 'malformed';
  const most = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? most : Number(bits);
  if (prefix > most) return 'malformed';
  if (prefix < WIDEST[version]) return 'too-wide';
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const { address } = new SocketAddress({ address: base, family });
  if ((number(address, version) & ((1n << BigInt(most - prefix)) - 1n)) !== 0n) return 'host-bits';
  return prefix === most ? address : `${address}/${prefix}`;
}

export const isNetworkProblem = (read: string): read is NetworkProblem =>
  read === 'malformed' || read === 'host-bits' || read === 'too-wide';

function number(address: string, version: 4 | 6): bigint {
  if (version === 4) {
    return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  }
  // The last two groups may be written as IPv4 (RFC 5952 §5).
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const plain = dotted
    ? `${dotted[1]}${pair(dotted[2], dotted[3])}:${pair(dotted[4], dotted[5])}`
    : address;
  const [left = '', right] = plain.split('::');
  const groups = (side: string) => (side === '' ? [] : side.split(':'));
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const middle = new Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...middle, ...tail].reduce((sum, g) => sum * 65536n + BigInt(`0x${g}`), 0n);
}

const pair = (high: string | undefined, low: string | undefined) =>
  (Number(high) * 256 + Number(low)).toString(16);
