/** Writes the data types of RFC 4251 §5. Each gives bytes, to be put together with `concat`. */
import { concat, utf8 } from '../../kernel/bytes.ts';

export function byte(value: number): Uint8Array {
  return Uint8Array.of(value);
}

export function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function uint64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

export function string(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  return concat(uint32(bytes.length), bytes);
}

/** A positive number from its bytes, most significant first. */
export function mpint(value: Uint8Array): Uint8Array {
  const from = value.findIndex((each) => each !== 0);
  if (from === -1) return uint32(0);
  const plain = value.subarray(from);
  return string((plain[0] ?? 0) >= 0x80 ? concat(byte(0), plain) : plain);
}

/** A string that holds others. */
export function nested(...parts: readonly Uint8Array[]): Uint8Array {
  return string(concat(...parts));
}
