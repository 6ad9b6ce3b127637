/**
 * An authorization request that comes as a form (OpenID Connect Core §3.1.2.1: by GET and by POST). A form of another site brings none
 * of our cookies (`SameSite=Lax`), so the browser is led on to ask the same by GET, where it shows who is signed in.
 */
import type { Pair } from '../../../http/form.ts';
import { isModest } from './read-params.ts';

/** With it, a request line and what cookies there are stay within what the listener reads of a header. */
const LONGEST = 8 * 1024;

/** Where it is led on to; undefined for what can't be read in one way, or is more than an honest request has. */
export function ledOnTo(address: string, params: readonly Pair[] | undefined): string | undefined {
  // Parameters in the address of a form could say something else than the form (RFC 6749 §3.1).
  if (params === undefined || address.includes('?')) return undefined;
  if (!isModest(params)) return undefined;
  const query = new URLSearchParams();
  for (const [name, value] of params) query.append(name, value);
  const to = `${address}?${query}`;
  return to.length > LONGEST ? undefined : to;
}
