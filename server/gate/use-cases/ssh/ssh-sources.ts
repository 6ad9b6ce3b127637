/** From where a certificate may be used, where more than one policy says something of it. */
import { isIP } from 'node:net';
import { parseNetworks } from '../../../kernel/networks.ts';
import { HERE } from '../../../policy/ssh-terms.ts';

/** `here` is the address from which the certificate is asked for. */
export function fromHere(sources: readonly string[], address: string): readonly string[] {
  return sources.map((source) => (source === HERE ? address : source));
}

/** The networks that lie in every one of these lists; undefined when none does. No lists at all are no limit. */
export function inAllOf(lists: readonly (readonly string[])[]): readonly string[] | undefined {
  const [first, ...rest] = lists;
  if (first === undefined) return [];
  let common = first;
  for (const list of rest) {
    const inner = [
      ...common.filter((one) => list.some((other) => contains(other, one))),
      ...list.filter((one) => common.some((other) => contains(other, one))),
    ];
    common = [...new Set(inner)];
  }
  return common.length === 0 ? undefined : common;
}

function contains(outer: string, inner: string): boolean {
  const [base = '', bits] = inner.split('/');
  const [outerBase = '', outerBits] = outer.split('/');
  if (isIP(base) !== isIP(outerBase)) return false;
  const most = isIP(base) === 4 ? 32 : 128;
  const networks = parseNetworks([outer]);
  return networks.ok && networks.value(base) && Number(bits ?? most) >= Number(outerBits ?? most);
}
