import { isIP } from 'node:net';

/**
 * Of many networks, the narrowest that an address is in. It is looked for once for each length that there is, and not in each network:
 * whoever sends something from anywhere has it looked for, and there are thousands of network devices in a large house.
 *
 * `networks` are in one spelling each (`192.0.2.0/24`, `2001:db8::/48`, `192.0.2.7`); of what is none, nothing is found.
 */
export function createNarrowest<T>(
  networks: Iterable<readonly [network: string, of: T]>,
): (address: string) => T | undefined {
  const ofVersion: Readonly<Record<4 | 6, Map<number, Map<bigint, T>>>> = {
    4: new Map(),
    6: new Map(),
  };
  for (const [network, of] of networks) {
    const [base = '', bits] = network.split('/');
    const read = readAddress(base);
    if (read === undefined) continue;
    const free = bits === undefined ? 0 : read.written - Number(bits);
    const lengths = ofVersion[read.version];
    const there = lengths.get(free) ?? new Map<bigint, T>();
    lengths.set(free, there.set(read.value >> BigInt(free), of));
  }
  const narrowestFirst = (version: 4 | 6) => [...ofVersion[version]].sort(([a], [b]) => a - b);
  const sorted = { 4: narrowestFirst(4), 6: narrowestFirst(6) };
  return (address) => {
    const read = readAddress(address);
    if (read === undefined) return undefined;
    for (const [free, there] of sorted[read.version]) {
      const found = there.get(read.value >> BigInt(free));
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

interface ReadAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
  /** How many bits it has as it is written. */
  readonly written: 32 | 128;
}

const MAPPED = 0xffffn;

/** One of IPv4 that is written as one of IPv6 (RFC 4291 §2.5.5.2) is the one of IPv4. */
function readAddress(address: string): ReadAddress | undefined {
  const version = isIP(address);
  if (version === 4) return { version, value: numberOfAddress(address, version), written: 32 };
  if (version !== 6 || address.includes('%')) return undefined;
  const value = numberOfAddress(address, version);
  return value >> 32n === MAPPED
    ? { version: 4, value: value & 0xffffffffn, written: 128 }
    : { version, value, written: 128 };
}

export function numberOfAddress(address: string, version: 4 | 6): bigint {
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
