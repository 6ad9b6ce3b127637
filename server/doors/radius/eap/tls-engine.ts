/**
 * TLS without a wire: a peer's bytes go in, what is to be said to it comes out. The engine is Node's own (OpenSSL), over a stream that
 * leads nowhere; EAP brings and takes the bytes.
 *
 *     tls-engine-bare.ts       on what Node's TLS itself stands on
 *     tls-engine-on-socket.ts  on a socket of node:tls, where a Node has nothing of the kind
 */
import type { SecureContext } from 'node:tls';
import { certificateOfSession } from './session-certificate.ts';

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface TlsTurn {
  readonly state: 'handshake' | 'open' | 'failed';
  /** What is to be said to the peer; empty where there is nothing to say. In a fault, an alert. */
  readonly says: Uint8Array;
  /** What the peer said inside the tunnel. */
  readonly heard: Uint8Array;
}

export interface TlsEngine {
  /** Takes what a peer said at once. One at a time: whoever calls waits for the answer. */
  take(message: Uint8Array): TlsTurn | Promise<TlsTurn>;
  /** Says something inside the tunnel, once it is open. */
  say(text: Uint8Array): TlsTurn | Promise<TlsTurn>;
  readonly version: TlsVersion | undefined;
  readonly resumed: boolean;
  /** The peer's own certificate in DER; undefined where it showed none. */
  certificate(): Uint8Array | undefined;
  /** What it showed behind that one, which costs more to know; of a resumed tunnel there is nothing. */
  issuers(): readonly Uint8Array[];
  /** RFC 5705; only of an open tunnel. */
  export(length: number, label: string, context: Uint8Array | undefined): Uint8Array;
  end(): void;
}

export interface TlsEngineOptions {
  readonly secureContext: SecureContext;
  /** Whether the peer is asked for a certificate. What it shows is believed by nobody here: that is for whoever reads it. */
  readonly wantsCertificate: boolean;
}

const NOTHING = new Uint8Array(0);
/** What there is to say to a tunnel that is over. */
export const OVER: TlsTurn = { state: 'failed', says: NOTHING, heard: NOTHING };
/** More certificates than any chain has that is believed here. */
const MOST_CERTIFICATES = 8;

/** Undefined for any that nothing is told by here, and before there is one. */
export function versionOf(protocol: string | null | undefined): TlsVersion | undefined {
  return protocol === 'TLSv1.2' || protocol === 'TLSv1.3' ? protocol : undefined;
}

/** What a session says of the peer; the keys in it are wiped. */
export function shownIn(session: Uint8Array | undefined): Uint8Array | undefined {
  if (session === undefined) return undefined;
  const certificate = certificateOfSession(session);
  session.fill(0);
  return certificate;
}

/** Those behind the first, in DER. */
export function issuersOf<T>(
  first: T | undefined,
  rawOf: (one: T) => Uint8Array,
  issuerOf: (one: T) => T | undefined,
): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate = first;
  while (certificate !== undefined && chain.length < MOST_CERTIFICATES) {
    const raw = rawOf(certificate);
    const before = chain.at(-1);
    // A certificate that issued itself is its own issuer, again and again.
    if (before !== undefined && Buffer.compare(raw, before) === 0) break;
    chain.push(raw);
    certificate = issuerOf(certificate);
  }
  return chain.slice(1);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 0) return NOTHING;
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts); // One is there.
}
