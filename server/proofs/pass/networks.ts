import { BlockList, isIP } from 'node:net';

/** A list of networks in CIDR form, or of single addresses. */
export interface Networks {
  has(address: string): boolean;
}

/** Undefined unless every text is an address or a network. */
export function parseNetworks(texts: readonly string[]): Networks | undefined {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', length, ...rest] = text.split('/');
    const family = isIP(address);
    if (family === 0 || rest.length > 0) return undefined;
    const bits = family === 4 ? 32 : 128;
    if (length !== undefined && !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return undefined;
    const prefix = length === undefined ? bits : Number(length);
    if (prefix > bits) return undefined;
    list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    has(address) {
      const family = isIP(address);
      return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
    },
  };
}
