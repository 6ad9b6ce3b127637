/** As much of protocol buffers' encoding as the Workload API has (https://protobuf.dev/programming-guides/encoding/). */
import { concat, fromUtf8, utf8 } from '../../kernel/bytes.ts';

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const HIGHEST_FIELD = 2 ** 29 - 1;

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  while (left >= 0x80) {
    bytes.push((left % 0x80) + 0x80);
    left = Math.floor(left / 0x80);
  }
  bytes.push(left);
  return Uint8Array.from(bytes);
}

export function bytesField(field: number, value: Uint8Array): Uint8Array {
  return concat(varint(field * 8 + LENGTH_DELIMITED), varint(value.length), value);
}

/** An empty text is the default, and left out. */
export function textField(field: number, value: string): Uint8Array {
  return value === '' ? new Uint8Array() : bytesField(field, utf8(value));
}

/** An enumeration or a flag; here also where it has its default, since a choice is told by being there. */
export function numberField(field: number, value: number): Uint8Array {
  return concat(varint(field * 8 + VARINT), varint(value));
}

export function doubleField(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return concat(varint(field * 8 + FIXED64), bytes);
}

/** A map is a list of messages with a key and a value. */
export function mapField(
  field: number,
  entries: Iterable<readonly [string, Uint8Array]>,
): Uint8Array {
  const written: Uint8Array[] = [];
  for (const [key, value] of entries) {
    written.push(bytesField(field, concat(textField(1, key), bytesField(2, value))));
  }
  return concat(...written);
}

export interface Field {
  readonly field: number;
  /** Undefined for what is a number: no request of the Workload API has one. */
  readonly bytes: Uint8Array | undefined;
}

/** The fields in their order; undefined for what is no message. Fields that nobody knows are told, and skipped by who reads them. */
export function readFields(message: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;

  /** Ten bytes at most; what is above 2^53 is none of our lengths or fields. */
  function number(): number | undefined {
    let value = 0;
    for (let place = 0; place < 10; place++) {
      const byte = message[at++];
      if (byte === undefined) return undefined;
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return value;
    }
    return undefined;
  }

  while (at < message.length) {
    const tag = number();
    if (tag === undefined) return undefined;
    const field = Math.floor(tag / 8);
    if (field === 0 || field > HIGHEST_FIELD) return undefined;
    const type = tag % 8;
    let bytes: Uint8Array | undefined;
    if (type === VARINT) {
      if (number() === undefined) return undefined;
    } else if (type === FIXED64 || type === FIXED32) {
      at += type === FIXED64 ? 8 : 4;
    } else if (type === LENGTH_DELIMITED) {
      const length = number();
      if (length === undefined || length > message.length - at) return undefined;
      bytes = message.subarray(at, at + length);
      at += length;
    } else return undefined;
    if (at > message.length) return undefined;
    fields.push({ field, bytes });
  }
  return fields;
}

/** Undefined for what is not UTF-8, which a text has to be. */
export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}
