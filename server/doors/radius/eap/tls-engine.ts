/**
 * TLS without a wire: a peer's bytes go in, what is to be said to it comes out. The engine is Node's own (OpenSSL), over a stream that
 * leads nowhere; EAP brings and takes the bytes.
 *
 * What it has to say at once comes as several writes, each after the one before is done with. A turn in which none came is its word
 * that it waits for the peer: then the writes together are one message of EAP-TLS (RFC 5216 §2.1.5).
 */
import { Duplex } from 'node:stream';
import { type SecureContext, TLSSocket } from 'node:tls';

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
  take(message: Uint8Array): Promise<TlsTurn>;
  /** Says something inside the tunnel, once it is open. */
  say(text: Uint8Array): Promise<TlsTurn>;
  readonly version: TlsVersion | undefined;
  readonly resumed: boolean;
  /** What the peer showed, in DER, its own certificate first; of a resumed tunnel there is only that. */
  chain(): readonly Uint8Array[];
  /** RFC 5705; only of an open tunnel. */
  export(length: number, label: string, context: Uint8Array | undefined): Uint8Array;
  end(): void;
}

export interface TlsEngineOptions {
  readonly secureContext: SecureContext;
  /** Whether the peer is asked for a certificate. What it shows is believed by nobody here: that is for whoever reads it. */
  readonly wantsCertificate: boolean;
}

/** More certificates than any chain has that is believed here. */
const MOST_CERTIFICATES = 8;
/** Turns of the loop without a word after which the engine waits: what it wrote is done with in the turn after, and then it goes on. */
const QUIET_TURNS = 2;

export function createTlsEngine({ secureContext, wantsCertificate }: TlsEngineOptions): TlsEngine {
  let said: Uint8Array[] = [];
  let heard: Uint8Array[] = [];
  let state: TlsTurn['state'] = 'handshake';

  const nowhere = new Duplex({
    read() {},
    write(chunk: Uint8Array, _encoding, done) {
      said.push(chunk);
      done();
    },
  });
  const socket = new TLSSocket(nowhere, {
    isServer: true,
    secureContext,
    requestCert: wantsCertificate,
    // The tunnel says nothing of who is there. The verdict is the gate's, before any key leaves (RFC 5216 §5.3).
    rejectUnauthorized: false,
  });
  const fail = () => {
    state = 'failed';
  };
  socket.on('secure', () => {
    if (state === 'handshake') state = 'open';
  });
  socket.on('data', (chunk: Uint8Array) => heard.push(chunk));
  socket.on('error', fail);
  socket.on('_tlsError', fail);
  // A peer that closes the tunnel has nothing more to say in it.
  socket.on('end', fail);
  nowhere.on('error', fail);

  async function turn(): Promise<TlsTurn> {
    let count = said.length;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (said.length !== count) {
        count = said.length;
        quiet = -1;
      }
    }
    const done = { state, says: joined(said), heard: joined(heard) };
    said = [];
    heard = [];
    return done;
  }

  return {
    take(message) {
      nowhere.push(message);
      return turn();
    },
    say(text) {
      socket.write(text);
      return turn();
    },
    get version() {
      const protocol = socket.getProtocol();
      return protocol === 'TLSv1.2' || protocol === 'TLSv1.3' ? protocol : undefined;
    },
    get resumed() {
      return socket.isSessionReused();
    },
    chain() {
      const chain: Uint8Array[] = [];
      let certificate = socket.getPeerX509Certificate();
      while (certificate !== undefined && chain.length < MOST_CERTIFICATES) {
        const { raw } = certificate;
        // A certificate that issued itself is its own issuer, again and again.
        if (chain.at(-1) !== undefined && raw.equals(chain.at(-1)!)) break;
        chain.push(raw);
        certificate = certificate.issuerCertificate;
      }
      return chain;
    },
    export(length, label, context) {
      // Node's types want a context; without one, none is made part of it (RFC 5705 §4).
      const made: Uint8Array =
        context === undefined
          ? Reflect.apply(socket.exportKeyingMaterial, socket, [length, label])
          : socket.exportKeyingMaterial(length, label, Buffer.from(context));
      return new Uint8Array(made);
    },
    end() {
      socket.destroy();
      nowhere.destroy();
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts); // One is there.
}
