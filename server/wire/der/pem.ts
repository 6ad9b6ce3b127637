/** DER as text (RFC 7468), in lines of 64. */
import { Buffer } from 'node:buffer';

/** A certificate. */
export const pemOf = (der: Uint8Array): string => writePem('CERTIFICATE', der);

export function writePem(label: string, der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
