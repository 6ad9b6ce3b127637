/**
 * A key that was made here and its certificate, in one body (RFC 7030 §4.4.2, RFC 2046 §5.1.3): in bytes that whoever sends them wipes.
 */
import { Buffer } from 'node:buffer';
import { writeBase64Body } from '../../wire/cms/base64-body.ts';
import { writeCertsOnly } from '../../wire/cms/certs-only.ts';

/** Base64 has no hyphens, so no part can hold it. */
const BOUNDARY = 'sallyport-est-key';

export const KEY_ANSWER_TYPE = `multipart/mixed; boundary="${BOUNDARY}"`;

/** `key` is PKCS #8 in DER, and wiped here. */
export function writeKeyAnswer(key: Uint8Array, certificate: Uint8Array): Buffer {
  const written = writeBase64Body(key);
  key.fill(0);
  const whole = Buffer.concat([
    head('application/pkcs8'),
    written,
    head('application/pkcs7-mime; smime-type=certs-only'),
    writeBase64Body(writeCertsOnly([certificate])),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ]);
  written.fill(0);
  return whole;
}

/** The break before a boundary is the boundary's own; what stands before the first is nobody's (RFC 2046 §5.1.1). */
const head = (type: string) =>
  Buffer.from(
    `\r\n--${BOUNDARY}\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
  );
