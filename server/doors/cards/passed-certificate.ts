/** A certificate as proxies pass it on: in PEM, percent-encoded (nginx, HAProxy), or as RFC 9440 §2.2 writes it. */
import { X509Certificate } from 'node:crypto';
import { fromBase64 } from '../../kernel/bytes.ts';

const LONGEST = 16_384;

/** DER; undefined for what is none, and for what stands there twice: a proxy that adds to what a client sent is no witness. */
export function passedCertificate(
  header: string | readonly string[] | undefined,
): Uint8Array | undefined {
  if (typeof header !== 'string' || header === '' || header.length > LONGEST) return undefined;
  const structured = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(header)?.[1];
  try {
    const text = structured === undefined ? decodeURIComponent(header) : undefined;
    const given = structured === undefined ? text : fromBase64(structured);
    if (given === undefined) return undefined;
    if (
      text !== undefined &&
      !/^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*$/.test(text)
    ) {
      return undefined;
    }
    return new Uint8Array(new X509Certificate(given).raw);
  } catch {
    return undefined;
  }
}
