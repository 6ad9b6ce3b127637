/**
 * Bodies of EST are base64 (RFC 8951 §3.1, RFC 4648 §4), broken into lines or not; the header that would say so is not looked at.
 */
import { base64, fromBase64, fromUtf8 } from '../../kernel/bytes.ts';

const LINE = /.{1,64}/g;

export function writeBase64Body(bytes: Uint8Array): string {
  return `${(base64(bytes).match(LINE) ?? []).join('\n')}\n`;
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
