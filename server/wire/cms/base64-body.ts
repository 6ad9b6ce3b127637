/**
 * Bodies of EST are base64 (RFC 8951 §3.1, RFC 4648 §4), broken into lines or not; the header that would say so is not looked at.
 */
import { Buffer } from 'node:buffer';
import { fromBase64, fromUtf8 } from '../../kernel/bytes.ts';

const DIGITS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const PAD = 0x3d;
const NEW_LINE = 0x0a;
/** Digits of a line, of four for every three bytes. */
const LINE = 64;

/** Into bytes and by no string on the way: what is written may be a key, and strings can't be wiped. */
export function writeBase64Body(bytes: Uint8Array): Buffer {
  const digits = Math.ceil(bytes.length / 3) * 4;
  const written = Buffer.alloc(digits + Math.max(1, Math.ceil(digits / LINE)), NEW_LINE);
  let at = 0;
  for (let from = 0; from < bytes.length; from += 3) {
    const [first = 0, second, third] = bytes.subarray(from, from + 3);
    const group = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    written[at] = DIGITS[group >> 18]!; // Six bits each: there are 64 digits.
    written[at + 1] = DIGITS[(group >> 12) & 63]!;
    written[at + 2] = second === undefined ? PAD : DIGITS[(group >> 6) & 63]!;
    written[at + 3] = third === undefined ? PAD : DIGITS[group & 63]!;
    at += 4;
    if (at % (LINE + 1) === LINE) at += 1;
  }
  return written;
}

/** Undefined unless it is base64, whole, with nothing but line breaks and blanks between. */
export function readBase64Body(body: Uint8Array): Uint8Array | undefined {
  let text: string;
  try {
    text = fromUtf8(body);
  } catch {
    return undefined; // Bytes of strangers: an expected outcome.
  }
  const bytes = fromBase64(text.replace(/[ \t\r\n]+/g, ''));
  return bytes === undefined || bytes.length === 0 ? undefined : bytes;
}
