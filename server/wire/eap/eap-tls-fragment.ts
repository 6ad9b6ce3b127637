/**
 * How TLS is carried in EAP: flags, a length, and a piece of what one side says at once (RFC 5216 §3.1; EAP-TTLS has the same with a
 * version beside the flags, RFC 5281 §9.1). An empty piece says "go on" (RFC 5216 §2.1.5).
 */
import { failed, ok, type Result } from '../../kernel/result.ts';
import { EAP_WITH_TYPE } from './eap-packet.ts';

const LENGTH_INCLUDED = 0x80;
const MORE = 0x40;
const START = 0x20;
const VERSION = 0x07;

export interface TlsFragment {
  /** Of the whole message, where it is told. */
  readonly length?: number | undefined;
  readonly more: boolean;
  readonly start: boolean;
  /** Of EAP-TTLS, where it is 0; EAP-TLS has nothing there that counts. */
  readonly version: number;
  readonly data: Uint8Array;
}

/**
 * - `short`: no flags, or a length that is cut off;
 * - `length`: it tells a length that is less than what it brings;
 * - `empty`: it says that more follows, and brings nothing.
 */
export type FragmentFault = 'short' | 'length' | 'empty';

/** Reads what follows the type. The data is a view of `bytes`. */
export function readTlsFragment(bytes: Uint8Array): Result<TlsFragment, FragmentFault> {
  if (bytes.length < 1) return failed('short');
  const flags = bytes[0]!; // One octet is there.
  const more = (flags & MORE) !== 0;
  const start = (flags & START) !== 0;
  const version = flags & VERSION;
  if ((flags & LENGTH_INCLUDED) === 0) {
    const data = bytes.subarray(1);
    if (more && data.length === 0) return failed('empty');
    return ok({ more, start, version, data });
  }
  if (bytes.length < 5) return failed('short');
  const length = new DataView(bytes.buffer, bytes.byteOffset + 1, 4).getUint32(0);
  const data = bytes.subarray(5);
  if (data.length > length) return failed('length');
  if (more && data.length === 0) return failed('empty');
  return ok({ length, more, start, version, data });
}

export function writeTlsFragment(fragment: TlsFragment): Uint8Array {
  const { length, data } = fragment;
  const header = length === undefined ? 1 : 5;
  const bytes = new Uint8Array(header + data.length);
  bytes[0] =
    (length === undefined ? 0 : LENGTH_INCLUDED) |
    (fragment.more ? MORE : 0) |
    (fragment.start ? START : 0) |
    (fragment.version & VERSION);
  if (length !== undefined) new DataView(bytes.buffer).setUint32(1, length);
  bytes.set(data, header);
  return bytes;
}

/** What EAP and the flags, with a length, take of a packet. */
const OVERHEAD = EAP_WITH_TYPE + 5;
/** Below it there is no room for anything of use; RFC 3748 §3.1 has links carry 1020 at least. */
export const LEAST_PACKET = 64;

/** Pieces such that no EAP packet with one of them is longer than `most`. The first of several tells the length of all. */
export function splitTls(message: Uint8Array, most: number, version = 0): readonly TlsFragment[] {
  const room = Math.max(LEAST_PACKET, most) - OVERHEAD;
  const start = false;
  if (message.length <= room) return [{ more: false, start, version, data: message }];
  const pieces: TlsFragment[] = [];
  for (let at = 0; at < message.length; at += room) {
    const data = message.subarray(at, at + room);
    const more = at + room < message.length;
    pieces.push(
      at === 0
        ? { length: message.length, more, start, version, data }
        : { more, start, version, data },
    );
  }
  return pieces;
}

/**
 * - `too-long`: more than may be held, announced or brought;
 * - `unannounced`: the first of several pieces tells no length (RFC 5216 §3.1);
 * - `changed`: a later piece tells another length;
 * - `overrun`, `underrun`: the pieces together are more, or less, than was told.
 */
export type ReassemblyFault = 'too-long' | 'unannounced' | 'changed' | 'overrun' | 'underrun';

export interface Reassembly {
  /** What is held now, in octets. */
  held(): number;
  /** The whole message with its last piece; 'more' where pieces are missing. After a fault nothing is held. One that came whole is a view. */
  take(fragment: TlsFragment): Result<Uint8Array | 'more', ReassemblyFault>;
}

/**
 * Puts pieces together. It makes no room for what is only announced: a peer that announces much and brings little costs little. What it
 * keeps are copies, so that a view of a few octets does not keep a datagram.
 */
export function createReassembly(most: number): Reassembly {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let announced: number | undefined;

  function over<T>(result: T): T {
    pieces = [];
    held = 0;
    announced = undefined;
    return result;
  }

  return {
    held: () => held,
    take({ length, more, data }) {
      const first = pieces.length === 0;
      if (first) announced = length;
      else if (length !== undefined && length !== announced) return over(failed('changed'));
      if ((announced ?? 0) > most || held + data.length > most) return over(failed('too-long'));
      if (more && announced === undefined) return over(failed('unannounced'));
      const sum = held + data.length;
      if (announced !== undefined) {
        // A piece that completes the message can't say that more follows.
        if (sum > announced || (more && sum === announced)) return over(failed('overrun'));
        if (!more && sum < announced) return over(failed('underrun'));
      }
      if (!more && first) return over(ok(data));
      pieces.push(data.slice());
      held = sum;
      if (more) return ok('more');
      const whole = new Uint8Array(held);
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      return over(ok(whole));
    },
  };
}
