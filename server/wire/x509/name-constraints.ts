/**
 * Name constraints (RFC 5280 §4.2.1.10) as their bytes say them: which names the certificates below a CA may have, and which they
 * may not. What they mean for a name is for authority/x509/name-rules.ts.
 */
import { context, type Der, readAscii, readOne, TAG, within } from '../der/der-reader.ts';
import { canonicalName } from './distinguished-name.ts';

export type Subtree =
  /** A host, a mailbox or a domain, in small letters where letters do not matter. '' is each host. */
  | { readonly form: 'dns' | 'email' | 'uri'; readonly base: string }
  | { readonly form: 'ip'; readonly address: Uint8Array; readonly mask: Uint8Array }
  /** Relative names from the top, in the form in which they are compared. */
  | { readonly form: 'directory'; readonly base: readonly string[] }
  /** A form that is not understood: whoever has a name of it is refused. */
  | { readonly form: 'other'; readonly tag: number };

export interface NameConstraints {
  readonly permitted: readonly Subtree[];
  readonly excluded: readonly Subtree[];
}

const [PERMITTED, EXCLUDED] = [context(0), context(1)];
const TEXTS: Readonly<Record<number, 'email' | 'dns' | 'uri'>> = {
  [context(1, false)]: 'email',
  [context(2, false)]: 'dns',
  [context(6, false)]: 'uri',
};

/** The value of the extension; undefined where it is malformed, or limits what nobody limits (a minimum or a maximum). */
export function readNameConstraints(value: Uint8Array): NameConstraints | undefined {
  const parts = within(readOne(value), TAG.sequence);
  // "Conforming CAs MUST NOT issue certificates where name constraints is an empty sequence."
  if (parts === undefined || parts.length === 0 || parts.length > 2) return undefined;
  const tags = parts.map(({ tag }) => tag);
  if (!['160', '161', '160,161'].includes(tags.join())) return undefined;
  const of = (wanted: number) => {
    const part = parts.find(({ tag }) => tag === wanted);
    return part === undefined ? [] : subtreesOf(part);
  };
  const [permitted, excluded] = [of(PERMITTED), of(EXCLUDED)];
  return permitted && excluded ? { permitted, excluded } : undefined;
}

function subtreesOf(part: Der): readonly Subtree[] | undefined {
  const list = within(part, part.tag);
  if (list === undefined || list.length === 0) return undefined;
  const found: Subtree[] = [];
  for (const one of list) {
    // "Within this profile, the minimum and maximum fields are not used": minimum is 0, which DER leaves out.
    const [base, ...more] = within(one, TAG.sequence) ?? [];
    const subtree = base && more.length === 0 ? subtreeOf(base) : undefined;
    if (subtree === undefined) return undefined;
    found.push(subtree);
  }
  return found;
}

function subtreeOf(base: Der): Subtree | undefined {
  const form = TEXTS[base.tag];
  if (form !== undefined) {
    const text = readAscii(base.content);
    return text === undefined ? undefined : { form, base: lowered(form, text) };
  }
  if (base.tag === context(7, false)) return addressesOf(base.content);
  if (base.tag === context(4)) {
    const name = canonicalName(readOne(base.content));
    return name && { form: 'directory', base: name };
  }
  return { form: 'other', tag: base.tag };
}

/** What stands before the @ is the host's own business, small letters or not. */
function lowered(form: 'dns' | 'email' | 'uri', text: string): string {
  const at = form === 'email' ? text.lastIndexOf('@') + 1 : 0;
  return text.slice(0, at) + text.slice(at).toLowerCase();
}

/** An address and its mask, as in RFC 4632: ones, then noughts. */
function addressesOf(bytes: Uint8Array): Subtree | undefined {
  if (bytes.length !== 8 && bytes.length !== 32) return undefined;
  const half = bytes.length / 2;
  const [address, mask] = [bytes.subarray(0, half), bytes.subarray(half)];
  const ones = [...mask].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return /^1*0*$/.test(ones) ? { form: 'ip', address, mask } : undefined;
}
