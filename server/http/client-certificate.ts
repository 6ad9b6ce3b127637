/** The certificate that a client showed in the handshake with us, where it was asked for one (RFC 8705 §2). */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** In DER. Whose it is, and whether anybody trusts it, is for the gate to say; that its key was shown TLS has seen to. */
export function clientCertificate({
  raw,
}: {
  readonly raw: IncomingMessage;
}): Uint8Array | undefined {
  const socket = raw.socket as Partial<TLSSocket>; // Of a plain connection it has no such method.
  if (socket.getPeerX509Certificate === undefined) return undefined;
  return socket.getPeerX509Certificate()?.raw;
}

/** RFC 8705 §3.1. */
export function thumbprintOf(der: Uint8Array): string {
  return hash('sha256', der, 'base64url');
}
