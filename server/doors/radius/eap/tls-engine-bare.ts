/**
 * TLS without a wire on the bare engine: all that comes of a peer's bytes comes within the call that brings them.
 *
 * What the engine has to say at once comes as several writes, each after the one before is done with. Once none is under way, it waits
 * for the peer: then the writes together are one message of EAP-TLS (RFC 5216 §2.1.5).
 */
import { Fault } from '../../../kernel/fault.ts';
import type { BareTls } from './bare-tls.ts';
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

const no = () => false;
const zero = () => 0;
const nothing = () => {};

export function createBareTlsEngine(
  bare: BareTls,
  { secureContext, wantsCertificate }: TlsEngineOptions,
): TlsEngine {
  let said: Uint8Array[] = [];
  let heard: Uint8Array[] = [];
  let state: TlsTurn['state'] = 'handshake';
  let ended = false;
  /** The write that is under way: the engine goes on once it is finished. */
  let writing: object | undefined;

  const wire = bare.wire();
  wire.isClosing = no;
  wire.onreadstart = zero;
  wire.onreadstop = zero;
  wire.onshutdown = zero;
  wire.onwrite = (request, pieces) => {
    said.push(...pieces);
    writing = request;
    return 0;
  };
  const engine = bare.wrap(wire, secureContext);
  // The tunnel says nothing of who is there. The verdict is the gate's, before any key leaves (RFC 5216 §5.3).
  engine.setVerifyMode(wantsCertificate, false);
  engine.onhandshakedone = () => {
    if (state === 'handshake') state = 'open';
  };
  engine.onerror = () => {
    state = 'failed';
  };
  engine.onread = (bytes) => {
    if (bytes !== undefined) heard.push(new Uint8Array(bytes));
    // A peer that closes the tunnel has nothing more to say in it.
    else state = 'failed';
  };

  function turn(): TlsTurn {
    while (writing !== undefined) {
      const done = writing;
      writing = undefined;
      wire.finishWrite(done, 0);
    }
    const done = { state, says: joined(said), heard: joined(heard) };
    said = [];
    heard = [];
    return done;
  }

  return {
    take(message) {
      if (ended || state === 'failed') return OVER;
      wire.readBuffer(message);
      return turn();
    },
    say(text) {
      if (ended || state !== 'open') return OVER;
      if (engine.writeBuffer(bare.request(), text) !== 0) state = 'failed';
      return turn();
    },
    get version() {
      return ended ? undefined : versionOf(engine.getProtocol());
    },
    get resumed() {
      return !ended && engine.isSessionReused();
    },
    certificate() {
      if (ended) return undefined;
      return shownIn(engine.getSession()) ?? engine.getPeerX509Certificate()?.raw();
    },
    issuers() {
      if (ended) return [];
      return issuersOf(
        engine.getPeerX509Certificate(),
        (one) => one.raw(),
        (one) => one.getIssuerCert(),
      );
    },
    export(length, label, context) {
      if (ended || state !== 'open') throw new Fault('door', 'keys of a tunnel that is not open');
      // Without a context, none is made part of it (RFC 5705 §4).
      return context === undefined
        ? engine.exportKeyingMaterial(length, label)
        : engine.exportKeyingMaterial(length, label, context);
    },
    end() {
      if (ended) return;
      ended = true;
      engine.destroySSL();
      // What the runtime holds of the two outlives a few collections, and would keep all that is in here for as long.
      wire.onwrite = zero;
      engine.onhandshakedone = nothing;
      engine.onerror = nothing;
      engine.onread = nothing;
    },
  };
}
