/** Values of attributes by the dictionary: made from words and numbers, and read back. */
import { isIPv4, isIPv6 } from 'node:net';
import { concat, utf8 } from '../../kernel/bytes.ts';
import { failed, ok, type Result } from '../../kernel/result.ts';
import { type Entry, entryNamed } from './dictionary.ts';
import { type Attribute, attribute, MOST_VALUE, type Packet, TYPE } from './packet.ts';

/** Of a vendor's own: its number, and one type and length inside (RFC 2865 §5.26). */
const VENDOR_HEADER = 6;

export type ValueFault = 'unknown-name' | 'not-of-its-kind' | 'too-long';

/** An attribute by its name, for what is answered. */
export function named(name: string, value: string | number): Result<Attribute, ValueFault> {
  const entry = entryNamed(name);
  if (entry === undefined) return failed('unknown-name');
  const bytes = write(entry, value);
  if (bytes === undefined) return failed('not-of-its-kind');
  return wrapped(entry, bytes);
}

/** The same for octets that are made elsewhere. */
export function octets(name: string, value: Uint8Array): Result<Attribute, ValueFault> {
  const entry = entryNamed(name);
  return entry === undefined ? failed('unknown-name') : wrapped(entry, value);
}

function wrapped({ vendor, type }: Entry, value: Uint8Array): Result<Attribute, ValueFault> {
  if (vendor === undefined) {
    return value.length > MOST_VALUE ? failed('too-long') : ok({ type, value });
  }
  if (value.length > MOST_VALUE - VENDOR_HEADER) return failed('too-long');
  const header = new Uint8Array(VENDOR_HEADER);
  header.set(integerBytes(vendor));
  header[4] = type;
  header[5] = 2 + value.length;
  return ok({ type: TYPE.vendorSpecific, value: concat(header, value) });
}

function write({ kind, words }: Entry, value: string | number): Uint8Array | undefined {
  switch (kind) {
    case 'text':
      return utf8(String(value));
    case 'tagged-text':
      return utf8(String(value));
    case 'integer':
    case 'time':
    case 'tagged-integer': {
      const number = numberOf(value, words);
      if (number === undefined) return undefined;
      // Of a tagged one the first octet is the tag, and three are left for the value (RFC 2868 §3.1).
      return kind === 'tagged-integer' && number > 0xffffff ? undefined : integerBytes(number);
    }
    case 'address': {
      const text = String(value);
      return isIPv4(text) ? Uint8Array.from(text.split('.'), Number) : undefined;
    }
    case 'address6':
      return isIPv6(String(value)) ? address6Bytes(String(value)) : undefined;
    case 'octets':
      return undefined;
  }
}

function numberOf(value: string | number, words: Entry['words']): number | undefined {
  const number =
    typeof value === 'number'
      ? value
      : (words?.[value] ?? (/^\d{1,10}$/.test(value) ? Number(value) : Number.NaN));
  return Number.isInteger(number) && number >= 0 && number <= 0xffffffff ? number : undefined;
}

const integerBytes = (value: number): Uint8Array =>
  Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);

function address6Bytes(text: string): Uint8Array {
  const canonical = new URL(`http://[${text}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const read = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const before = read(head);
  const after = read(tail ?? '');
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return Uint8Array.from([...before, ...zeros, ...after].flatMap((g) => [g >>> 8, g & 0xff]));
}

/** An integer of four octets; undefined where there is none, or it has another length. */
export function integerOf(packet: Packet, type: number): number | undefined {
  const value = attribute(packet, type);
  if (value?.length !== 4) return undefined;
  // Four octets are there.
  return ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0;
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Text as it came; undefined where there is none, or it is not UTF-8, or holds a control character. */
export function textOf(packet: Packet, type: number): string | undefined {
  const value = attribute(packet, type);
  return value === undefined ? undefined : readText(value);
}

export function readText(value: Uint8Array): string | undefined {
  let text: string;
  try {
    text = decoder.decode(value);
  } catch {
    return undefined;
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return /[\u0000-\u001f\u007f-\u009f]/.test(text) ? undefined : text;
}

/** An address of either kind; undefined where there is none, or it is not as long as one. */
export function addressOf(packet: Packet, type: number): string | undefined {
  const value = attribute(packet, type);
  if (value?.length === 4) return value.join('.');
  if (value?.length !== 16) return undefined;
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((value[2 * i]! << 8) | value[2 * i + 1]!).toString(16),
  ); // Sixteen octets are there.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/**
 * Attributes of one vendor's own (RFC 2865 §5.26), of all that are well formed; what is not is another format of theirs, and says
 * nothing here.
 */
export function ofVendor(packet: Packet, vendor: number): readonly Attribute[] {
  const found: Attribute[] = [];
  for (const { type, value } of packet.attributes) {
    if (type !== TYPE.vendorSpecific || value.length < 4) continue;
    const id = ((value[0]! << 24) | (value[1]! << 16) | (value[2]! << 8) | value[3]!) >>> 0; // Four are there.
    if (id !== vendor) continue;
    const inside: Attribute[] = [];
    let at = 4;
    while (at + 2 <= value.length) {
      const length = value[at + 1]!; // Within the value.
      if (length < 2 || at + length > value.length) break;
      inside.push({ type: value[at]!, value: value.subarray(at + 2, at + length) });
      at += length;
    }
    if (at === value.length) found.push(...inside);
  }
  return found;
}
