import { isIP, SocketAddress } from 'node:net';
import { numberOfAddress } from '../kernel/narrowest-network.ts';

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
  const hostBits = (1n << BigInt(most - prefix)) - 1n;
  if ((numberOfAddress(address, version) & hostBits) !== 0n) return 'host-bits';
  return prefix === most ? address : `${address}/${prefix}`;
}

export const isNetworkProblem = (read: string): read is NetworkProblem =>
  read === 'malformed' || read === 'host-bits' || read === 'too-wide';
