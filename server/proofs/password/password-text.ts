/**
 * What a password is as text: RFC 8265 §4.2 (OpaqueString), so that the same password typed on a telephone and on a
 * terminal is the same bytes. Characters are Unicode code points after normalisation.
 */
const MOST_CHARACTERS = 256;
/** Normalisation can shorten a text, never by more than this allows; what is longer is not even looked at. */
const MOST_UNITS = MOST_CHARACTERS * 4;

export type PasswordText =
  | { readonly ok: true; readonly text: string; readonly length: number }
  | { readonly ok: false; readonly why: 'malformed' | 'too-long' };

export function passwordText(typed: string): PasswordText {
  if (typed.length > MOST_UNITS) return { ok: false, why: 'too-long' };
  if (!typed.isWellFormed()) return { ok: false, why: 'malformed' };
  // Additional mapping rule: non-ASCII spaces become U+0020. Normalisation rule: NFC.
  const text = typed.replaceAll(/\p{Zs}/gu, ' ').normalize('NFC');
  // The FreeformClass (RFC 8264 §4.3) has no control characters and nothing unassigned.
  if (text === '' || /[\p{Cc}\p{Cn}]/u.test(text)) return { ok: false, why: 'malformed' };
  let length = 0;
  for (const _ of text) length++;
  return length > MOST_CHARACTERS ? { ok: false, why: 'too-long' } : { ok: true, text, length };
}

/** Names shorter than this are found in too many words. */
const SHORTEST_NAME = 3;
/** Letters and digits that a password needs besides what others know of its owner. */
const OWN_CHARACTERS = 4;

/**
 * Whether hardly anything is left of a password without the names of its owner and of the house: whoever guesses puts those
 * together first, in every order, and an estimate by dictionaries knows little of orders.
 */
export function hardlyMoreThanNames(text: string, names: readonly string[]): boolean {
  const words = names
    .flatMap((name) => [name, ...name.split(/[^\p{L}\p{N}]+/u)])
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= SHORTEST_NAME)
    .sort((a, b) => b.length - a.length);
  let rest = text.toLowerCase();
  for (const word of words) rest = rest.replaceAll(word, ' ');
  const own = rest.match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  return rest !== text.toLowerCase() && own < OWN_CHARACTERS;
}
