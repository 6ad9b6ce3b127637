/**
 * Where we may call when somebody else wrote the address: whoever may write one must not be able to make us call what only we can
 * reach (SSRF, CWE-918). HTTPS alone; the name is looked up here, each address found must be public or of a network that the
 * configuration names, and the connection goes to one of those that were looked at.
 */
import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import type { RequestOptions } from 'node:http';
import { isIP } from 'node:net';
import type { Networks } from '../kernel/networks.ts';
import type { OutOfReach } from '../kernel/out-of-reach.ts';
import { isPublicAddress } from './public-address.ts';

export interface OutsideRule {
  /** In place of the system's own. */
  readonly lookup?: (name: string) => Promise<readonly LookupAddress[]>;
  /** Networks that may be called though they are not public, as the configuration names them. */
  readonly allowed?: Networks | undefined;
  /** Plain HTTP too: for what is proven over it (RFC 8555 §8.3). */
  readonly plain?: boolean;
  /** For tests alone: authorities of the test's own. */
  readonly ca?: string | undefined;
}

const LONGEST_URL = 2048;

/** The address as it may be called, or why it may not. */
export function readOutsideUrl(text: string, { plain = false }: OutsideRule): URL | string {
  if (text.length > LONGEST_URL || !URL.canParse(text)) return 'it is no address';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(plain && url.protocol === 'http:')) return 'it is not https';
  if (url.username !== '' || url.password !== '') return 'it has a name or password in it';
  return url;
}

/** What a host leads to, or why none of it is called. */
export async function outsideAddresses(
  host: string,
  { lookup, allowed }: OutsideRule,
): Promise<readonly LookupAddress[] | string> {
  const literal = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(literal);
  let found: readonly LookupAddress[];
  try {
    if (family !== 0) found = [{ address: literal, family }];
    else found = await (lookup === undefined ? systemLookup(host, { all: true }) : lookup(host));
  } catch {
    return 'its name is not known'; // The resolver tells by throwing what is an expected outcome here.
  }
  if (found.length === 0) return 'its name is not known';
  // One address of our own among others would do for who tries often enough.
  return found.every(({ address }) => mayBeCalled(address, allowed))
    ? found
    : 'it is not on the public internet';
}

const mayBeCalled = (address: string, allowed: Networks | undefined) =>
  isPublicAddress(address) || allowed?.(address) === true;

/** RFC 6761 §6.3: whatever a resolver says. */
const LOCALHOST = /(?:^|\.)localhost\.?$/;

/** The same of addresses that tell by themselves where they lead, told to whoever writes one down. */
export function outOfReach({ allowed }: OutsideRule): OutOfReach {
  return (text) => {
    // The parser has every spelling of an address in one: decimal and octal ones, too.
    const host = URL.parse(text)?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
    const named = LOCALHOST.test(host) ? ['127.0.0.1', '::1'] : isIP(host) === 0 ? [] : [host];
    if (named.length === 0 || named.some((address) => mayBeCalled(address, allowed))) {
      return undefined;
    }
    return `${host} is not on the public internet, so it is never called from here; take another address, or have fetch.networks in the configuration name its network`;
  };
}

/** For a request: asked in place of the resolver, so that the connection goes where we looked. */
export function connectingTo(
  addresses: readonly LookupAddress[],
  { ca }: OutsideRule,
): RequestOptions & { ca?: string } {
  return {
    agent: false,
    maxHeaderSize: 16_384,
    lookup: (_name, { all }, done) => {
      const [first] = addresses;
      if (all) done(null, [...addresses]);
      else if (first !== undefined) done(null, first.address, first.family);
    },
    ...(ca === undefined ? {} : { ca }),
  };
}
