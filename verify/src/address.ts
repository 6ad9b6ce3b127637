/**
 * `htu` against the address of a request: RFC 9449 §4.3 compares after the normalisation of RFC 3986 §6.2.2 and §6.2.3, without
 * query and fragment. Dot segments are not resolved but refused: two readers may resolve them differently.
 */
const DOTS = /^(?:\.|%2e){1,2}$/i;
const ABSOLUTE = /^https?:\/\/[^/?#]*/i;

/** The address in its one form; undefined if it has none. */
export function normalAddress(address: string): string | undefined {
  // What a URL parser would quietly mend (spaces, control characters, backslashes) is no address (RFC 3986 §2).
  if (!/^https?:\/\/[^/?#@]+(?:[/?#]|$)/i.test(address)) return undefined;
  if (/[^\x21-\x7e]|[\\<>"^`{|}]/.test(address)) return undefined;
  const path = address.replace(ABSOLUTE, '').replace(/[?#].*$/s, '');
  if (path.split('/').some((segment) => DOTS.test(segment))) return undefined;
  if (/%(?![0-9a-f]{2})/i.test(path) || !URL.canParse(address)) return undefined;
  // Scheme and host in lower case, and no default port, are the URL parser's work.
  return new URL(address).origin + (normalEscapes(path) || '/');
}

/** RFC 3986 §6.2.2.1 and §6.2.2.2: escapes in upper case, and none for what needs none. */
function normalEscapes(path: string): string {
  return path.replaceAll(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : escaped.toUpperCase();
  });
}

/** The addresses that a request may have been sent to: its path under each public origin, whatever its Host header says. */
export function requestAddresses(url: string, origins: readonly string[]): readonly string[] {
  const path = ABSOLUTE.test(url) ? url.replace(ABSOLUTE, '') : url;
  if (path !== '' && !/^[/?]/.test(path)) return [];
  return origins.flatMap((origin) => normalAddress(origin + path) ?? []);
}

/** A public origin as it is configured: scheme and authority and nothing more. */
export function originOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { origin, protocol } = new URL(address);
  return protocol === 'https:' || protocol === 'http:' ? origin : undefined;
}
