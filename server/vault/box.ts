import { createSecretKey, type KeyObject } from 'node:crypto';
import { hex } from '../kernel/bytes.ts';
import { equal } from '../kernel/equal.ts';
import { Fault } from '../kernel/fault.ts';
import type { Random } from '../kernel/random.ts';
import { createXaes, DERIVING, NONCE_BYTES, TAG_BYTES, TOGETHER } from './xaes.ts';

/** Where a sealed value stands. It is bound into the seal: a value moved to another place does not open. */
export interface Place {
  readonly table: string;
  readonly column: string;
  readonly row: string;
}

/** Seals and opens under one key. Synchronous. A value that does not open throws a Fault: it was damaged or moved. */
export interface Box {
  seal(place: Place, plain: Uint8Array): Uint8Array;
  open(place: Place, sealed: Uint8Array): Uint8Array;
}

/*
 * A sealed value: format (1 byte) ‖ key id (16) ‖ nonce (24) ‖ ciphertext ‖ tag (16).
 * Bound with it: format ‖ key id ‖ table ‖ column ‖ row, the last three each with its length before it (2 bytes, big-endian),
 * so that no two places are written alike.
 */
const FORMAT = 1;
export const KEY_ID_BYTES = 16;
const HEADER = 1 + KEY_ID_BYTES;
const OVERHEAD = HEADER + NONCE_BYTES + TAG_BYTES;
const LONGEST_PART = 0xffff;

export const KEY_BYTES = 32;

/** Takes the bytes of a key over: they are wiped, and live on in OpenSSL's memory only. */
export function keyFrom(bytes: Uint8Array): KeyObject {
  if (bytes.length !== KEY_BYTES) throw new Fault('vault.key', 'a key has 32 bytes');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

/** The id of the key that a sealed value says it is under, in hex. Empty for what is no sealed value. */
export function sealedUnder(sealed: Uint8Array): string {
  return sealed[0] === FORMAT ? hex(sealed.subarray(1, HEADER)) : '';
}

/** A UUID's bytes, as the id of a key. */
export function keyIdOf(uuid: string): Uint8Array {
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}

export function createBox(keyId: Uint8Array, key: KeyObject, random: Random): Box {
  if (keyId.length !== KEY_ID_BYTES) throw new Fault('vault.key', 'the id of a key has 16 bytes');
  const header = new Uint8Array(HEADER);
  header[0] = FORMAT;
  header.set(keyId, 1);
  const xaes = createXaes(key);
  /** The first half of the nonces of some messages (xaes.ts). */
  let half = new Uint8Array(0);
  let left = 0;

  function nextNonce(): Uint8Array {
    if (left > 0) {
      left -= 1;
      const nonce = new Uint8Array(NONCE_BYTES);
      nonce.set(half);
      nonce.set(random.bytes(NONCE_BYTES - DERIVING), DERIVING);
      return nonce;
    }
    const nonce = random.bytes(NONCE_BYTES);
    half = nonce.slice(0, DERIVING);
    left = TOGETHER - 1;
    return nonce;
  }

  return {
    seal(place, plain) {
      const nonce = nextNonce();
      const { text, tag } = xaes.seal(nonce, plain, bound(header, place));
      const sealed = new Uint8Array(OVERHEAD + text.length);
      sealed.set(header);
      sealed.set(nonce, HEADER);
      sealed.set(text, HEADER + NONCE_BYTES);
      sealed.set(tag, sealed.length - TAG_BYTES);
      return sealed;
    },
    open(place, sealed) {
      if (sealed.length < OVERHEAD) throw unopened(place, 'it is too short to be a sealed value');
      if (sealed[0] !== FORMAT) throw unopened(place, `its format ${sealed[0]} is not known`);
      const id = sealed.subarray(1, HEADER);
      if (!equal(id, keyId)) throw unopened(place, `it names the key ${hex(id)}`);
      const end = sealed.length - TAG_BYTES;
      const plain = xaes.open(
        sealed.subarray(HEADER, HEADER + NONCE_BYTES),
        sealed.subarray(HEADER + NONCE_BYTES, end),
        sealed.subarray(end),
        bound(header, place),
      );
      if (plain === undefined) throw unopened(place, 'it was changed, or sealed for another place');
      return plain;
    },
  };
}

function unopened(place: Place, why: string): Fault {
  const { table, column, row } = place;
  return new Fault('vault.sealed', `${table}.${column} of ${row} does not open: ${why}`);
}

function bound(header: Uint8Array, { table, column, row }: Place): Uint8Array {
  // Room for the longest UTF-8 form of each; the rest is cut off.
  const bytes = Buffer.allocUnsafe(HEADER + 6 + 3 * (table.length + column.length + row.length));
  bytes.set(header);
  let at = part(bytes, HEADER, table);
  at = part(bytes, at, column);
  at = part(bytes, at, row);
  return bytes.subarray(0, at);
}

function part(bytes: Buffer, at: number, text: string): number {
  const length = ascii(bytes, at + 2, text) ?? bytes.write(text, at + 2);
  if (length > LONGEST_PART) throw new Fault('vault.sealed', 'a place has too long a name');
  bytes.writeUInt16BE(length, at);
  return at + 2 + length;
}

/** Its length; undefined where it is more than ASCII. In the runtime's own function a call costs more than the few letters of a name. */
function ascii(bytes: Buffer, at: number, text: string): number | undefined {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return undefined;
    bytes[at + i] = code;
  }
  return text.length;
}
