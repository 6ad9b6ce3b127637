/**
 * The certificate that a client showed in the handshake with us, where it was asked for one (RFC 8705 §2). That of a proxy says who the
 * proxy is, and nothing of whose request it passes on.
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { isPassedOn } from './passed-on.ts';
import type { SourceAddress } from './source-address.ts';

/** In DER. Whose it is, and whether anybody trusts it, is for the gate to say; that its key was shown TLS has seen to. */
export function clientCertificate({
  raw,
  source,
}: {
  readonly raw: IncomingMessage;
  readonly source: SourceAddress;
}): Uint8Array | undefined {
  if (source.byProxy === true && isPassedOn(raw.headers)) return undefined;
  const socket = raw.socket as Partial<TLSSocket>; // Of a plain connection it has no such method.
  if (socket.getPeerX509Certificate === undefined) return undefined;
  return socket.getPeerX509Certificate()?.raw;
}

/** RFC 8705 §3.1. */
export function thumbprintOf(der: Uint8Array): string {
  return hash('sha256', der, 'base64url');
}
