import { base64url } from 'jose';

const encoder = new TextEncoder();

/** SHA-256 in base64url: what `ath` (RFC 9449 §4.2) and `x5t#S256` (RFC 8705 §3.1) are. */
export async function sha256(bytes: Uint8Array<ArrayBuffer> | string): Promise<string> {
  const input = typeof bytes === 'string' ? encoder.encode(bytes) : bytes;
  return base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', input)));
}
