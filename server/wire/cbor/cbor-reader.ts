/**
 * As much of CBOR (RFC 8949) as attestation objects are made of: integers, texts, bytes, lists and maps with texts for keys, each of
 * a length that is said at once. Everything else, and whatever is cut off, doubled or left over, is nothing.
 */
import { fromUtf8 } from '../../kernel/bytes.ts';

export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | CborMap;
export type CborMap = ReadonlyMap<string, CborValue>;

const DEEPEST = 8;
const MOST_ITEMS = 64;

/** Undefined for whatever is not one value, from the first byte to the last. */
export function readCbor(bytes: Uint8Array): CborValue | undefined {
  let at = 0;
  let items = 0;

  function take(length: number): Uint8Array | undefined {
    if (at + length > bytes.length) return undefined;
    at += length;
    return bytes.subarray(at - length, at);
  }

  /** RFC 8949 §4.2.1: in the fewest bytes. */
  function argument(info: number): number | undefined {
    if (info < 24) return info;
    if (info > 26) return undefined; // Nothing here is as long as eight bytes can say, or of a length that is not said.
    const size = 1 << (info - 24);
    const taken = take(size);
    if (taken === undefined) return undefined;
    let value = 0;
    for (const byte of taken) value = value * 256 + byte;
    return value < (info === 24 ? 24 : 256 ** (size / 2)) ? undefined : value;
  }

  function text(length: number): string | undefined {
    const taken = take(length);
    if (taken === undefined) return undefined;
    try {
      return fromUtf8(taken);
    } catch {
      return undefined; // Not UTF-8: an expected outcome.
    }
  }

  function list(length: number, depth: number): readonly CborValue[] | undefined {
    if (length > MOST_ITEMS) return undefined;
    const found: CborValue[] = [];
    for (let each = 0; each < length; each++) {
      const value = next(depth + 1);
      if (value === undefined) return undefined;
      found.push(value);
    }
    return found;
  }

  function map(length: number, depth: number): CborMap | undefined {
    if (length > MOST_ITEMS) return undefined;
    const found = new Map<string, CborValue>();
    for (let each = 0; each < length; each++) {
      const key = next(depth + 1);
      const value = key === undefined ? undefined : next(depth + 1);
      if (typeof key !== 'string' || value === undefined || found.has(key)) return undefined;
      found.set(key, value);
    }
    return found;
  }

  function next(depth: number): CborValue | undefined {
    const [head] = take(1) ?? [];
    items += 1;
    if (head === undefined || depth > DEEPEST || items > MOST_ITEMS) return undefined;
    if (head === 0xf4 || head === 0xf5) return head === 0xf5;
    if (head === 0xf6) return null;
    const value = argument(head & 0x1f);
    if (value === undefined) return undefined;
    switch (head >> 5) {
      case 0:
        return value;
      case 1:
        return -1 - value;
      case 2:
        return take(value);
      case 3:
        return text(value);
      case 4:
        return list(value, depth);
      case 5:
        return map(value, depth);
      default:
        return undefined;
    }
  }

  const value = next(0);
  return at === bytes.length ? value : undefined;
}
