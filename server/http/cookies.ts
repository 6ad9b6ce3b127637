/**
 * Our cookies, and how strictly they are read. Over HTTPS each has the `__Host-` prefix, so that neither another host of the
 * same domain nor plain HTTP can plant one (RFC 6265bis §4.1.3.2). On plain loopback browsers disagree about `Secure`, so
 * the prefix and the flag are left out and everything else stays.
 */
import { failed, ok, type Result } from '../kernel/result.ts';

export type CookieName = 'session' | 'key' | 'device' | 'flow' | 'site' | 'way';

export interface CookieJar {
  /** The name on the wire, such as `__Host-sallyport-session`. */
  wireName(name: CookieName): string;
  /** A cookie of ours that comes twice was planted by someone: the request is refused as a whole. */
  read(
    header: string | undefined,
  ): Result<ReadonlyMap<CookieName, string>, 'malformed' | 'doubled'>;
  /** A Set-Cookie value; without an age the browser forgets it when it closes. */
  set(name: CookieName, value: string, maxAgeSeconds?: number): string;
  clear(name: CookieName): string;
}

const NAMES: readonly CookieName[] = ['session', 'key', 'device', 'flow', 'site', 'way'];
const MOST_BYTES = 8192;
/** RFC 6265 §4.1.1: cookie-octet. */
const OCTETS = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;

export function createCookieJar(secure: boolean): CookieJar {
  const prefix = secure ? '__Host-sallyport-' : 'sallyport-';
  const flags = `; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  const ours = new Map(NAMES.map((name) => [`${prefix}${name}`, name]));
  return {
    wireName: (name) => `${prefix}${name}`,
    read(header) {
      const found = new Map<CookieName, string>();
      if (header === undefined) return ok(found);
      if (header.length > MOST_BYTES) return failed('malformed');
      for (const pair of header.split(';')) {
        const at = pair.indexOf('=');
        if (at < 0) continue; // Not ours: ours have a name and a value.
        const name = ours.get(trimmed(pair.slice(0, at)));
        if (name === undefined) continue;
        const value = trimmed(pair.slice(at + 1));
        if (!OCTETS.test(value)) return failed('malformed');
        if (found.has(name)) return failed('doubled');
        found.set(name, value);
      }
      return ok(found);
    },
    set(name, value, maxAgeSeconds) {
      if (!OCTETS.test(value))
        throw new TypeError(`the ${name} cookie was given what no cookie can hold`);
      const age = maxAgeSeconds === undefined ? '' : `; Max-Age=${Math.floor(maxAgeSeconds)}`;
      return `${prefix}${name}=${value}${flags}${age}`;
    },
    clear: (name) => `${prefix}${name}=${flags}; Max-Age=0`,
  };
}

/**
 * Blanks and tabs alone. JavaScript's own `trim` takes more for blanks than browsers do, and would read a name that another
 * host planted, with such a character before it, as the one whose prefix forbids planting it.
 */
function trimmed(text: string): string {
  return text.replaceAll(/^[ \t]+|[ \t]+$/g, '');
}
