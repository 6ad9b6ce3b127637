import { sha256 } from './bytes.ts';

const PEM = /^\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*$/;

/** The thumbprint of RFC 8705 §3.1 of one certificate, as DER or PEM; undefined for what is neither. */
export async function thumbprintOf(certificate: Uint8Array | string): Promise<string | undefined> {
  if (typeof certificate !== 'string') {
    return certificate.length === 0 ? undefined : await sha256(new Uint8Array(certificate));
  }
  const body = PEM.exec(certificate)?.[1]?.replaceAll(/\s/g, '');
  if (body === undefined) return undefined;
  try {
    return await sha256(Uint8Array.from(atob(body), (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}
