/** HTTP Basic (RFC 7617): the password alone counts, since a pass tells whose it is. */
import { fromBase64, fromUtf8 } from '../../kernel/bytes.ts';

export interface Basic {
  readonly name: string;
  readonly password: string;
}

const FORM = /^Basic +([A-Za-z0-9+/]{1,1024}={0,2})$/i;

/** Undefined where there is none. One that can't be read is one with nothing in it: somebody meant to say who they are. */
export function readBasic(header: string | undefined): Basic | undefined {
  if (header === undefined) return undefined;
  const bytes = fromBase64(FORM.exec(header)?.[1] ?? '');
  let text = '';
  try {
    text = fromUtf8(bytes ?? new Uint8Array(0));
  } catch {
    // Not UTF-8: an expected outcome.
  }
  const colon = text.indexOf(':');
  return { name: text.slice(0, Math.max(0, colon)), password: text.slice(colon + 1) };
}
