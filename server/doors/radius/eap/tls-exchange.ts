/**
 * TLS carried in EAP, from the side of the server: puts pieces together before the engine sees them, takes apart what the engine says,
 * and tells what the peer is to hear next. Both EAP-TLS (RFC 5216) and EAP-TTLS (RFC 5281) stand on it.
 */
import {
  createReassembly,
  readTlsFragment,
  splitTls,
  type TlsFragment,
  writeTlsFragment,
} from '../../../wire/eap/eap-tls-fragment.ts';
import type { TlsEngine, TlsTurn } from './tls-engine.ts';

/** More than a chain of four certificates with post-quantum keys. */
export const MOST_MESSAGE = 32 * 1024;

export type Exchanged =
  /** A piece, or an acknowledgement of one. */
  | { readonly step: 'ask'; readonly data: Uint8Array }
  /** The peer heard all that was said, and says nothing itself. */
  | { readonly step: 'heard' }
  | { readonly step: 'turn'; readonly turn: TlsTurn }
  | { readonly step: 'fault' }
  | { readonly step: 'ignore' };

export interface TlsExchange {
  readonly begins: Uint8Array;
  readonly held: number;
  /** Made with the first whole message: what a peer that never finishes one costs is its pieces. */
  readonly engine: TlsEngine | undefined;
  take(data: Uint8Array): Promise<Exchanged>;
  /** The first piece of what is to be said; the others follow as the peer asks for them. */
  saying(message: Uint8Array, most: number): Uint8Array;
  end(): void;
}

const NOTHING = new Uint8Array(0);
const VERSION = 0;

export function createTlsExchange(makeEngine: () => Promise<TlsEngine>): TlsExchange {
  const reassembly = createReassembly(MOST_MESSAGE);
  let engine: TlsEngine | undefined;
  let left: readonly TlsFragment[] = [];
  let ended = false;
  const plain = { more: false, start: false, version: VERSION, data: NOTHING };
  const acknowledges = writeTlsFragment(plain);

  return {
    begins: writeTlsFragment({ ...plain, start: true }),
    get held() {
      return reassembly.held;
    },
    get engine() {
      return engine;
    },
    async take(data) {
      const read = readTlsFragment(data);
      // Only a server starts, and no other version was offered.
      if (!read.ok || read.value.start || read.value.version !== VERSION) return { step: 'fault' };
      const fragment = read.value;
      const empty = fragment.data.length === 0 && !fragment.more;
      if (left.length > 0) {
        // RFC 5216 §2.1.5: whoever sends pieces waits for an empty answer to each.
        if (!empty) return { step: 'fault' };
        const [next, ...others] = left;
        left = others;
        return { step: 'ask', data: writeTlsFragment(next!) }; // There is one left.
      }
      if (empty && reassembly.held === 0) return { step: 'heard' };
      const taken = reassembly.take(fragment);
      if (!taken.ok) return { step: 'fault' };
      if (taken.value === 'more') return { step: 'ask', data: acknowledges };
      engine ??= await makeEngine();
      if (ended) {
        engine.end();
        return { step: 'fault' };
      }
      return { step: 'turn', turn: await engine.take(taken.value) };
    },
    saying(message, most) {
      const [first, ...others] = splitTls(message, most, VERSION);
      left = others;
      return writeTlsFragment(first!); // Even nothing is one piece.
    },
    end() {
      ended = true;
      engine?.end();
    },
  };
}
