/** The names that people sign in by. */

/** Bounds what is normalised and hashed for anyone who asks. */
const LONGEST = 256;

/**
 * One form for all ways to type a name (RFC 8265 §3.3, the UsernameCaseMapped profile, as far as signing in needs it):
 * compatibility forms folded, case folded, no spaces around. Undefined for what can be nobody's name.
 */
export function normaliseIdentifier(typed: string): string | undefined {
  if (typed.length > LONGEST) return undefined;
  const name = typed.normalize('NFKC').toLowerCase().trim();
  if (name.length === 0 || name.length > LONGEST) return undefined;
  // Control, format, private-use and unassigned characters, and spaces within, make names that look alike.
  return /[\p{C}\p{Z}]/u.test(name) ? undefined : name;
}

/** The purpose under which identifiers are indexed. User names and mail addresses share one index, so none is both. */
export const IDENTIFIER_INDEX = 'identifier';
