/**
 * TLS without a wire on a socket of `node:tls`: what the runtime promises, and slower than the bare engine.
 *
 * What the engine has to say at once comes as several writes, each after the one before is done with. A turn in which none came is its
 * word that it waits for the peer: then the writes together are one message of EAP-TLS (RFC 5216 §2.1.5).
 */
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import {
  issuersOf,
  joined,
  OVER,
  shownIn,
  type TlsEngine,
  type TlsEngineOptions,
  type TlsTurn,
  versionOf,
} from './tls-engine.ts';

/** Turns of the loop without a word after which the engine waits: what it wrote is done with in the turn after, and then it goes on. */
const QUIET_TURNS = 2;

export function createTlsEngineOnSocket({
  secureContext,
  wantsCertificate,
}: TlsEngineOptions): TlsEngine {
  let said: Uint8Array[] = [];
  let heard: Uint8Array[] = [];
  let state: TlsTurn['state'] = 'handshake';
  let ended = false;

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
      if (ended || state === 'failed') return OVER;
      nowhere.push(message);
      return turn();
    },
    say(text) {
      if (ended || state !== 'open') return OVER;
      socket.write(text);
      return turn();
    },
    get version() {
      return versionOf(socket.getProtocol());
    },
    get resumed() {
      return socket.isSessionReused();
    },
    certificate() {
      if (ended) return undefined;
      return shownIn(socket.getSession()) ?? socket.getPeerX509Certificate()?.raw;
    },
    issuers() {
      if (ended) return [];
      return issuersOf(
        socket.getPeerX509Certificate(),
        (one) => one.raw,
        (one) => one.issuerCertificate,
      );
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
      ended = true;
      socket.destroy();
      nowhere.destroy();
    },
  };
}
