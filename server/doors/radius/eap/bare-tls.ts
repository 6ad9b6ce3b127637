/**
 * What Node's own TLS stands on: its engine (OpenSSL, with the two buffers that bytes go in and out by) and a stream that calls back for
 * each write. `node:tls` puts sockets around them, several streams and a dozen turns of the loop, which here would carry the bytes from
 * one array to another: a fifth of what a handshake takes of the processor.
 *
 * They are no part of Node's interface (DEP0111), and Node is brought along in one version. Another one that has them no more, or has
 * them otherwise, gets the engine on `node:tls` (tls-engine-on-socket.ts), which does the same.
 */
import type { SecureContext } from 'node:tls';

/** Of a stream that leads nowhere. */
export interface Wire {
  isClosing: () => boolean;
  onreadstart: () => number;
  onreadstop: () => number;
  onshutdown: () => number;
  /** The pieces are copies. 0: it will be finished, but not before this has returned. */
  onwrite: (request: object, pieces: readonly Uint8Array[]) => number;
  readBuffer(bytes: Uint8Array): void;
  finishWrite(request: object, status: number): void;
}

export interface BareCertificate {
  raw(): Uint8Array;
  getIssuerCert(): BareCertificate | undefined;
}

export interface BareEngine {
  onhandshakedone: () => void;
  onerror: () => void;
  /** Without bytes: the peer closed it, or it failed. */
  onread: (bytes: ArrayBuffer | undefined) => void;
  setVerifyMode(asksForCertificate: boolean, refuses: boolean): void;
  writeBuffer(request: object, bytes: Uint8Array): number;
  getProtocol(): string;
  isSessionReused(): boolean;
  getSession(): Uint8Array | undefined;
  getPeerX509Certificate(): BareCertificate | undefined;
  exportKeyingMaterial(length: number, label: string, context?: Uint8Array): Uint8Array;
  destroySSL(): void;
}

export interface BareTls {
  wire(): Wire;
  wrap(wire: Wire, context: SecureContext): BareEngine;
  /** What a write is known by. */
  request(): object;
}

interface Bindings {
  readonly js_stream: { readonly JSStream: new () => Wire };
  readonly stream_wrap: { readonly WriteWrap: new () => { oncomplete: () => void } };
  readonly tls_wrap: {
    wrap(wire: Wire, context: unknown, isServer: boolean, hasWrites: boolean): BareEngine;
  };
}

const WIRES = ['readBuffer', 'finishWrite'] as const;
const ENGINES = [
  'setVerifyMode',
  'writeBuffer',
  'getProtocol',
  'isSessionReused',
  'getSession',
  'getPeerX509Certificate',
  'exportKeyingMaterial',
  'destroySSL',
] as const;

/** Undefined where this Node is not one that they are known of. */
export function findBareTls(version: string = process.versions.node): BareTls | undefined {
  if (!version.startsWith('24.')) return undefined;
  try {
    const binding: unknown = Reflect.get(process, 'binding');
    if (typeof binding !== 'function') return undefined;
    const of = <K extends keyof Bindings>(name: K): Bindings[K] => binding.call(process, name); // Looked at below.
    const { JSStream } = of('js_stream');
    const { WriteWrap } = of('stream_wrap');
    const { wrap } = of('tls_wrap');
    const { TLSWrap } = of('tls_wrap') as unknown as { TLSWrap: { prototype: object } }; // As above.
    const has = (one: object, name: string) => typeof Reflect.get(one, name) === 'function';
    if (!WIRES.every((name) => has(JSStream.prototype, name))) return undefined;
    if (!ENGINES.every((name) => has(TLSWrap.prototype, name))) return undefined;
    if (typeof wrap !== 'function') return undefined;
    return {
      wire: () => new JSStream(),
      wrap: (wire, context) => wrap(wire, context.context, true, false),
      request() {
        const request = new WriteWrap();
        request.oncomplete = () => {};
        return request;
      },
    };
  } catch {
    // Whatever is not as it was is not there.
    return undefined;
  }
}
