/** DER written (X.690): each function gives one whole value. What is not to be written is `undefined`, and left out. */
import { Buffer } from 'node:buffer';
import { Fault } from '../../kernel/fault.ts';
import { TAG } from './der-reader.ts';

type Part = Uint8Array | undefined;

export function tagged(tag: number, ...parts: readonly Part[]): Buffer {
  let length = 0;
  for (const part of parts) length += part?.length ?? 0;
  const head = length < 0x80 ? 2 : length < 0x100 ? 3 : length < 0x10000 ? 4 : 5;
  const whole = Buffer.allocUnsafe(head + length);
  whole[0] = tag;
  if (head === 2) whole[1] = length;
  else {
    whole[1] = 0x80 | (head - 2);
    whole.writeUIntBE(length, 2, head - 2);
  }
  let at = head;
  for (const part of parts) {
    if (part === undefined) continue;
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const sequence = (...parts: readonly Part[]) => tagged(TAG.sequence, ...parts);

/** The parts in the order that DER wants (X.690 §11.6). */
export const setOf = (...parts: readonly Uint8Array[]) =>
  tagged(TAG.set, ...parts.toSorted((a, b) => Buffer.compare(a, b)));

export const octets = (...parts: readonly Part[]) => tagged(TAG.octets, ...parts);
export const bits = (bytes: Uint8Array) => tagged(TAG.bits, Buffer.of(0), bytes);
export const nothing = () => tagged(TAG.null);
export const boolean = (value: boolean) => tagged(TAG.boolean, Buffer.of(value ? 0xff : 0));
export const enumerated = (value: number) => tagged(TAG.enumerated, Buffer.of(value));

/** Named bits, without trailing noughts (X.690 §11.2.2). */
export function namedBits(...set: readonly number[]): Buffer {
  const highest = Math.max(-1, ...set);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of set) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return tagged(TAG.bits, Buffer.of(highest < 0 ? 0 : 7 - (highest & 7)), bytes);
}

/** Not negative. */
export function integer(value: number | bigint): Buffer {
  const digits = value.toString(16);
  return unsigned(digits.length % 2 === 0 ? digits : `0${digits}`);
}

/** The same from hexadecimal digits, as serial numbers are kept. */
export function unsigned(digits: string): Buffer {
  const bytes = Buffer.from(digits, 'hex');
  if (bytes.length === 0) throw new Fault('kernel', 'an integer has digits');
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const least = bytes.subarray(from);
  return tagged(TAG.integer, (least[0] ?? 0) >= 0x80 ? Buffer.of(0) : undefined, least);
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc % 128];
    for (let more = Math.floor(arc / 128); more > 0; more = Math.floor(more / 128)) {
      digits.unshift((more % 128) | 0x80);
    }
    bytes.push(...digits);
  }
  return tagged(TAG.oid, Buffer.from(bytes));
}

export const utf8String = (text: string) => tagged(TAG.utf8, Buffer.from(text, 'utf8'));
export const printableString = (text: string) => tagged(TAG.printable, Buffer.from(text, 'latin1'));

/** RFC 5280 §4.1.2.5: two digits of the year until 2049, four from then on. */
export function time(at: number): Buffer {
  const text = digitsOf(at);
  const year = Number(text.slice(0, 4));
  return year >= 1950 && year < 2050
    ? tagged(TAG.utcTime, Buffer.from(text.slice(2), 'latin1'))
    : tagged(TAG.generalizedTime, Buffer.from(text, 'latin1'));
}

export const generalizedTime = (at: number) =>
  tagged(TAG.generalizedTime, Buffer.from(digitsOf(at), 'latin1'));

function digitsOf(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}
