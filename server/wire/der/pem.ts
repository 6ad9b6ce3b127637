/** DER as text (RFC 7468), in lines of 64. */
import { Buffer } from 'node:buffer';

/** A certificate. */
export const pemOf = (der: Uint8Array): string => writePem('CERTIFICATE', der);

/** Everything with these labels, in its order. What is no base64 is left out. */
export function readPem(text: string, labels: readonly string[]): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const [, label = '', body = ''] of text.matchAll(
    /-----BEGIN ([A-Z0-9 ]{1,64})-----([A-Za-z0-9+/=\s]*)-----END \1-----/g,
  )) {
    if (labels.includes(label)) found.push(new Uint8Array(Buffer.from(body, 'base64')));
  }
  return found;
}

export function writePem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
