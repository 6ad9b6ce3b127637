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
import type { MethodAnswer } from './eap-method.ts';
import type { TlsEngine, TlsTurn } from './tls-engine.ts';

/** More than a chain of four certificates with post-quantum keys. */
const MOST_MESSAGE = 32 * 1024;

export const FAILED: MethodAnswer = { do: 'reject', because: 'tunnel' };
export const MALFORMED: MethodAnswer = { do: 'reject', because: 'malformed' };

export type Exchanged =
  /** A piece, an acknowledgement of one, or an end: whatever is inside has no part in it. */
  | { readonly step: 'answer'; readonly answer: MethodAnswer }
  /** The peer heard all that was said, and says nothing itself. */
  | { readonly step: 'heard' }
  | { readonly step: 'turn'; readonly engine: TlsEngine; readonly turn: TlsTurn };

export interface TlsExchange {
  readonly begins: Uint8Array;
  held(): number;
  /** Made with the first whole message: what a peer that never finishes one costs is its pieces. */
  engine(): TlsEngine | undefined;
  /** At once, unless an engine is to be made, or takes its time. */
  take(data: Uint8Array): Exchanged | Promise<Exchanged>;
  /** What the engine says in a turn of which nothing else came. */
  goOn(turn: TlsTurn, most: number): MethodAnswer;
  /** The first piece of what is to be said; the others follow as the peer asks for them. */
  saying(message: Uint8Array, most: number): Uint8Array;
  end(): void;
}

const NOTHING = new Uint8Array(0);
const NO: Exchanged = { step: 'answer', answer: MALFORMED };
const VERSION = 0;

export function createTlsExchange(makeEngine: () => Promise<TlsEngine>): TlsExchange {
  const reassembly = createReassembly(MOST_MESSAGE);
  let engine: TlsEngine | undefined;
  let left: readonly TlsFragment[] = [];
  let ended = false;
  /** A fault was told of; what the peer says to it changes nothing (RFC 5216 §2.1.3). */
  let failing = false;
  const plain = { more: false, start: false, version: VERSION, data: NOTHING };
  const acknowledges = writeTlsFragment(plain);

  function saying(message: Uint8Array, most: number): Uint8Array {
    const [first, ...others] = splitTls(message, most, VERSION);
    left = others;
    return writeTlsFragment(first!); // Even nothing is one piece.
  }

  async function begun(message: Uint8Array): Promise<Exchanged> {
    engine = await makeEngine();
    if (!ended) return turned(engine, message);
    engine.end();
    return NO;
  }

  function turned(engine: TlsEngine, message: Uint8Array): Exchanged | Promise<Exchanged> {
    const turn = engine.take(message);
    return turn instanceof Promise
      ? turn.then((done) => ({ step: 'turn', engine, turn: done }))
      : { step: 'turn', engine, turn };
  }

  return {
    begins: writeTlsFragment({ ...plain, start: true }),
    held: reassembly.held,
    engine: () => engine,
    take(data) {
      if (failing) return { step: 'answer', answer: FAILED };
      const read = readTlsFragment(data);
      // Only a server starts, and no other version was offered.
      if (!read.ok || read.value.start || read.value.version !== VERSION) return NO;
      const fragment = read.value;
      const empty = fragment.data.length === 0 && !fragment.more;
      if (left.length > 0) {
        // RFC 5216 §2.1.5: whoever sends pieces waits for an empty answer to each.
        if (!empty) return NO;
        const [next, ...others] = left;
        left = others;
        return asking(writeTlsFragment(next!)); // There is one left.
      }
      if (empty && reassembly.held() === 0) return { step: 'heard' };
      const taken = reassembly.take(fragment);
      if (!taken.ok) return NO;
      if (taken.value === 'more') return asking(acknowledges);
      return engine === undefined ? begun(taken.value) : turned(engine, taken.value);
    },
    goOn({ state, says }, most) {
      if (state === 'failed') {
        failing = true;
        if (says.length === 0) return FAILED;
      }
      return { do: 'ask', data: saying(says, most) };
    },
    saying,
    end() {
      ended = true;
      engine?.end();
    },
  };
}

const asking = (data: Uint8Array): Exchanged => ({ step: 'answer', answer: { do: 'ask', data } });
