/**
 * The path of a request as the rules of a site see it. Between the proxy, these rules and the application stand three readers;
 * a path that two of them could read differently is refused, because a rule that guards `/admin` guards nothing if
 * `/x/..;/admin` leads there too. Nothing is mended (RFC 3986 §6): what mending would change, is refused.
 */
import { failed, ok, type Result } from '../kernel/result.ts';

export interface SitePath {
  /** Decoded. */
  readonly path: string;
  /**
   * As a reader sees it who takes upper and lower case, full and half width, and a last slash or none for the same. Where
   * another rule answers for it than for `path`, it is open which one is meant.
   */
  readonly folded: string;
}

export type PathFault =
  | 'not-a-path'
  | 'too-long'
  | 'odd-character'
  | 'oddly-encoded'
  | 'empty-segment'
  | 'dot-segment';

const LONGEST = 4096;
/** RFC 3986 §3.3 without `;`, at which Tomcat and its kin cut a segment, and others don't. */
const PLAIN = /^[A-Za-z0-9\-._~!$&'()*+,=:@/]*$/;
const ENCODED = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-Fa-f]{2})*$/;
/** What has to be encoded, and means nothing but itself to anyone: a blank, quotation marks, brackets, and all that is not ASCII. */
const FAIR = new Set([0x20, 0x22, 0x3c, 0x3e, 0x5b, 0x5d, 0x5e, 0x60, 0x7b, 0x7c, 0x7d]);

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads what stands before the query of a request target. */
export function readSitePath(text: string): Result<SitePath, PathFault> {
  if (!text.startsWith('/')) return failed('not-a-path');
  if (text.length > LONGEST) return failed('too-long');
  if (PLAIN.test(text)) return sound(text);
  if (!ENCODED.test(text)) return failed('odd-character');
  const path = decoded(text);
  return path === undefined ? failed('oddly-encoded') : sound(path);
}

function sound(path: string): Result<SitePath, PathFault> {
  const folded = fold(path);
  // Folding can bring forth what was not there: a full-width slash, dot or semicolon.
  const fault = faultOf(path) ?? (folded === path ? undefined : faultOf(folded));
  return fault === undefined ? ok({ path, folded }) : failed(fault);
}

/** Undefined for what had no reason to be encoded, and for overlong, cut or surrogate UTF-8 (RFC 3629 §10). */
function decoded(text: string): string | undefined {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let at = 0; at < text.length; at++) {
    let byte = text.charCodeAt(at);
    if (byte === 0x25) {
      byte = Number.parseInt(text.slice(at + 1, at + 3), 16);
      at += 2;
      if (byte < 0x80 && !FAIR.has(byte)) return undefined;
    }
    bytes[length++] = byte;
  }
  try {
    return decoder.decode(bytes.subarray(0, length));
  } catch {
    return undefined; // It tells by throwing what is an expected outcome here.
  }
}

/** How the most careless reader would take a path: for names of rules, too. */
export function fold(path: string): string {
  const small = PLAIN.test(path) ? path.toLowerCase() : path.normalize('NFKC').toLowerCase();
  return small.length > 1 && small.endsWith('/') ? small.slice(0, -1) : small;
}

/** Windows drops dots and blanks at the end of a name, and reads what follows `::` as a stream of the same file. */
const DOTTED = /[. ](?:\/|$)/;

function faultOf(path: string): PathFault | undefined {
  if (path.includes('//')) return 'empty-segment';
  if (DOTTED.test(path) || path.includes('::')) return 'dot-segment';
  return /[;\\?#%\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(path) ? 'odd-character' : undefined;
}
