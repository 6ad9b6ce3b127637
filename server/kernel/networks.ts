import { BlockList, isIP, isIPv4 } from 'node:net';
import { Fault } from './fault.ts';
import { failed, ok, type Result } from './result.ts';

/** Whether an address lies in one of some networks. */
export type Networks = (address: string) => boolean;

/** Reads networks such as `10.0.0.0/8`, `2001:db8::/32` or one address; the error is the entry that is none. */
export function parseNetworks(entries: readonly string[]): Result<Networks, string> {
  const list = new BlockList();
  for (const entry of entries) {
    const [base = '', bits, ...rest] = entry.split('/');
    const version = isIP(base);
    const most = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    const sound =
      version !== 0 &&
      rest.length === 0 &&
      (bits === undefined || /^(?:0|[1-9]\d{0,2})$/.test(bits));
    if (!sound || prefix > most) return failed(entry);
    list.addSubnet(base, prefix, version === 4 ? 'ipv4' : 'ipv6');
  }
  /** Asked about with every request, of which many in a row come from one address. */
  let last: { readonly address: string; readonly inside: boolean } | undefined;
  return ok((address) => {
    if (last?.address !== address) {
      const inside = isIP(address) !== 0 && list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
      last = { address, inside };
    }
    return last.inside;
  });
}

/** Networks that were checked where they came in, as the configuration's are: what is none by now is a fault of ours. */
export function checkedNetworks(entries: readonly string[]): Networks {
  const read = parseNetworks(entries);
  if (!read.ok) throw new Fault('kernel', `${read.error} is no network`);
  return read.value;
}
